"""The choice of how threads share a network, and that no choice leaves a thread without work."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmbench_kernels import LSTM
from lstmbench_kernels.cpu import workspace
from lstmbench_kernels.cpu.network import CpuNetwork
from lstmbench_kernels.cpu.schedule import ALONE, Schedule, choose_schedule, forward_seconds
from lstmbench_kernels.cpu.team import SLOW_WAITS, TEAM
from lstmbench_kernels.cpu.workspace import LONGEST_REST, address_of
from lstmbench_kernels.spec import CELLS, GRU, Shape, parameter_shapes
from lstmbench_kernels.spec import LSTM as LSTM_SPEC

shapes = st.builds(
    Shape,
    seq_len=st.integers(1, 600),
    batch_size=st.integers(1, 300),
    input_size=st.integers(1, 1200),
    hidden_size=st.integers(1, 1200),
    num_layers=st.integers(1, 3),
    bidirectional=st.booleans(),
)


def choose(shape: Shape, threads: int = 2) -> Schedule:
    return choose_schedule(LSTM_SPEC, shape, 4, threads, training=False)


def test_tiny_work_stays_on_one_thread() -> None:
    assert choose(Shape(1, 1, 1, 1)) == ALONE
    assert choose(Shape(10, 1, 32, 32), threads=16) == ALONE


def test_a_batch_is_shared_without_meetings() -> None:
    assert choose(Shape(128, 32, 64, 64)) == Schedule(2, 1, 2, 1)
    assert choose(Shape(128, 64, 64, 64), threads=8).unit_groups == 1


def test_a_single_sequence_is_shared_by_hidden_units() -> None:
    assert choose(Shape(100, 1, 512, 512)) == Schedule(2, 1, 1, 2)


def test_two_directions_run_side_by_side() -> None:
    assert choose(Shape(512, 1, 64, 64, bidirectional=True)) == Schedule(2, 2, 1, 1)


def test_two_directions_run_in_turn_where_the_last_cache_holds_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    last_cache = "lstmbench_kernels.cpu.schedule.last_cache_bytes"
    monkeypatch.setattr(last_cache, lambda: 32 << 20)
    shape = Shape(25, 1, 1024, 1024, bidirectional=True)
    assert choose(shape) == Schedule(2, 1, 1, 2)
    monkeypatch.setattr(last_cache, lambda: 64 << 20)
    assert choose(shape) == Schedule(2, 2, 1, 1)


def test_layers_of_one_sequence_overlap_in_inference_only() -> None:
    stack = Shape(512, 1, 64, 64, num_layers=2)
    assert choose(stack) == Schedule(2, 1, 1, 1, layer_groups=2)
    assert choose_schedule(LSTM_SPEC, stack, 4, 2, training=True).layer_groups == 1


@given(
    shapes,
    st.sampled_from(sorted(CELLS)),
    st.integers(1, 16),
    st.sampled_from([4, 8]),
    st.booleans(),
)
def test_every_choice_fits_its_shape_and_pays(
    shape: Shape, cell: str, threads: int, itemsize: int, training: bool
) -> None:
    best = choose_schedule(CELLS[cell], shape, itemsize, threads, training)
    groups = best.direction_groups, best.row_groups, best.unit_groups, best.layer_groups
    assert best.threads == np.prod(groups) <= threads
    assert best.direction_groups <= shape.num_directions
    assert best.row_groups <= shape.batch_size
    assert best.unit_groups <= shape.hidden_size
    alone = forward_seconds(CELLS[cell], shape, itemsize, ALONE)
    assert forward_seconds(CELLS[cell], shape, itemsize, best) <= alone


@pytest.mark.parametrize("schedule", [Schedule(3, 1, 1, 3), Schedule(4, 2, 2, 1)], ids=str)
def test_shares_cover_everything_once(schedule: Schedule, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace, "choose_schedule", lambda *_: schedule)
    shape = Shape(5, 7, 3, 150, bidirectional=True)
    net = CpuNetwork(GRU, shape, "float32", 1)
    parameters = parameter_shapes(GRU, shape)
    zeros = {name: np.zeros(dims, "float32") for name, dims in parameters.items()}
    net.load(zeros)
    work = net._workspace(5, 7, False)
    shares, blocks = work.shares, work.geometries[0].blocks
    seen = np.zeros((2, 7, blocks), int)
    for share in shares:
        seen[
            share["direction_first"] : share["direction_end"],
            share["b_first"] : share["b_end"],
            share["block_first"] : share["block_end"],
        ] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize("seq_len", [3, 40])
@pytest.mark.parametrize(
    "schedule",
    [Schedule(3, 1, 1, 3), Schedule(4, 1, 4, 1), Schedule(4, 2, 2, 1), Schedule(4, 2, 1, 2)],
    ids=str,
)
def test_a_thread_that_must_wait_too_long_goes_on_with_fewer(
    seq_len: int, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its patience used up beforehand: the same bits, now and with all of them again."""
    monkeypatch.setattr(workspace, "choose_schedule", lambda *_: schedule)
    monkeypatch.setattr(workspace, "clock", lambda: 0)
    monkeypatch.setattr(workspace, "TRIALS", ())
    net = LSTM(20, 70, 2, bidirectional=schedule.direction_groups == 2, num_threads=1)
    rng = np.random.default_rng(0)
    B = schedule.row_groups  # one row for each group: it begins sums ahead
    x = rng.normal(size=(seq_len, B, 20)).astype("float32")
    dy = rng.normal(size=(seq_len, B, 70 * schedule.direction_groups)).astype("float32")

    def run(before_each) -> list:
        before_each()
        y, states = net.forward(x, training=True)
        before_each()
        return [y, *states, *net.backward(dy).values()]

    def impatient() -> None:
        work.shares["slow_waits"], work.shares["waited"] = SLOW_WAITS + 1, work.patience + 1

    def resting() -> None:
        work.rest = 1

    expected = run(lambda: None)
    (work,) = net._network._workspaces.values()
    results = [run(impatient), run(impatient), run(resting)]
    rest_of_each = iter([1, 0])  # forward with fewer, backward with all of them
    results.append(run(lambda: setattr(work, "rest", next(rest_of_each))))
    for result in results:
        for array, other in zip(expected, result, strict=True):
            np.testing.assert_array_equal(other, array)


def test_a_thread_whose_units_were_taken_over_leaves_a_ragged_batch_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It runs on by itself: what it wrote many steps late, others would take for theirs."""
    monkeypatch.setattr(workspace, "choose_schedule", lambda *_: Schedule(2, 1, 1, 2))
    net = LSTM(5, 40, bidirectional=True, num_threads=1)
    net.forward(np.ones((4, 2, 5), "float32"), lengths=[2, 4])
    (work,) = net._network._workspaces.values()
    for ring in work.rings:
        ring[...] = 7
    late = work.fresh_shares[1:].copy()
    late["thread"], late["threads"], late["group_size"] = 0, 1, 1
    late["block_first"] = late["block_end"] = 0

    entry = net._network.compile("forward", True)
    TEAM.run(entry, work.jobs_address, address_of(late), 1)

    assert len(work.rings) == 2
    assert all((ring == 7).all() for ring in work.rings)


class TimedTeam:
    """Two threads that take what ``takes`` says, where one takes 100 ns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.takes = 60
        self._now, self._teams = 0, []
        monkeypatch.setattr(workspace, "choose_schedule", lambda *_: Schedule(2, 1, 2, 1))
        monkeypatch.setattr(workspace, "clock", lambda: self._now)
        monkeypatch.setattr(workspace.TEAM, "run", self._run)
        net = CpuNetwork(GRU, Shape(5, 4, 3, 20), "float32", 2)
        shapes = parameter_shapes(GRU, net.shape)
        net.load({name: np.zeros(dims, "float32") for name, dims in shapes.items()})
        self._work = net._workspace(5, 4, False)

    def _run(self, *call: int) -> None:
        self._teams.append(call[-1])
        self._now += 100 if call[-1] == 1 else self.takes

    def of(self, calls: int) -> list[int]:
        """How many threads run each of the next calls."""
        self._teams.clear()
        for _ in range(calls):
            self._work.run(entry=1)
        return list(self._teams)


@pytest.fixture
def team(monkeypatch: pytest.MonkeyPatch) -> TimedTeam:
    """One that knows how long one thread takes."""
    team = TimedTeam(monkeypatch)
    assert team.of(6) == [2, 1, 1, 2, 2, 2]
    return team


def test_a_team_that_stays_late_rests_for_twice_as_long_each_time(team: TimedTeam) -> None:
    team.takes = 600
    assert team.of(1) == [2]
    team.takes = 60
    assert team.of(1) == [2]  # once is chance
    team.takes = 600  # late by as long as five calls of one thread take
    for rests in (5, 10, 20, 40, 80, LONGEST_REST, LONGEST_REST):
        # The first call after a rest wakes the threads and is not judged; the second is.
        assert team.of(2 + rests) == [2, 2, *[1] * rests]
    team.takes = 60
    assert team.of(5) == [2, 2, 2, 2, 2]
    team.takes = 600
    assert team.of(2 + 5) == [2, 2, *[1] * 5]  # the count began anew


@pytest.mark.parametrize(("takes", "rests"), [(100, 0), (199, 0), (200, 1), (450, 3), (10**6, 128)])
def test_a_rest_is_at_first_no_longer_than_what_was_lost(
    team: TimedTeam, takes: int, rests: int
) -> None:
    team.takes = takes

    assert team.of(2 + rests) == [2, 2, *[1] * rests]
    assert team.of(1) == [2]


def test_a_team_that_always_takes_a_little_longer_rests_for_long_in_the_end(
    team: TimedTeam,
) -> None:
    team.takes = 105

    assert team.of(1000).count(1) > 800
