"""Rows side by side: speedups divide the baseline's time by this one's, and nothing is made up."""

import pytest
from conftest import a_row, a_workload, bad_row
from gpu_rows import on_gpu

from lstmbench.analysis import summary
from lstmbench.analysis.summary import Speedup, backends_of, groups_of, lines_of, overall, wins
from lstmbench.running.rounds import merge


def rows_of(workload, **seconds):
    return [a_row(workload, backend=name, seconds=time) for name, time in seconds.items()]


def line_of(**seconds):
    (line,) = lines_of(rows_of(a_workload(), **seconds))
    return line


# --- one line


def test_a_speedup_is_the_baselines_time_over_this_time():
    line = line_of(base=0.006, fast=0.002)

    assert line.speedup("fast", "base").value == pytest.approx(3.0)
    assert line.speedup("base", "fast").value == pytest.approx(1 / 3)
    assert line.speedup("base", "base").value == 1.0


def test_a_speedup_is_at_least_and_at_most_what_the_intervals_allow():
    line = line_of(base=0.006, fast=0.002)

    # Samples of the helper: the interval of the median goes from 0.97 to 1.05 of it.
    speedup = line.speedup("fast", "base")
    assert speedup.low == pytest.approx(3.0 * 0.97 / 1.05)
    assert speedup.high == pytest.approx(3.0 * 1.05 / 0.97)


def test_many_rounds_are_compared_round_by_round():
    drift = (1.0, 1.1, 1.4, 0.9, 2.0, 1.2, 1.05)
    base = in_rounds("numpy", [0.004 * each for each in drift])
    this = in_rounds("fake", [0.002 * each for each in drift[:-1]] + [0.01])
    (line,) = lines_of([base, this])

    speedup = line.speedup("fake", "numpy")

    # One round of seven was disturbed: the median of the medians is not what it was twice.
    assert speedup.value == pytest.approx(2.0)
    assert speedup.low < 2.0 == pytest.approx(speedup.high)
    assert Speedup.of(base, in_rounds("fake", [0.002] * 5)).value == pytest.approx(
        base.time_s.median / 0.002
    )


def in_rounds(backend, medians):
    """A row of several processes."""
    return merge([a_row(seconds=each, backend=backend) for each in medians])


@pytest.mark.parametrize("missing", ["this", "base", "both"])
def test_without_a_time_on_both_sides_there_is_no_speedup(missing):
    rows = {
        "this": [a_row(backend="base"), bad_row("failed", backend="this")],
        "base": [bad_row("failed", backend="base"), a_row(backend="this")],
        "both": [],
    }[missing]
    lines = lines_of([*rows, a_row(backend="other")])

    assert lines[0].speedup("this", "base") is None


def test_the_fastest_has_the_least_median_and_is_ahead_of_the_second():
    line = line_of(a=0.004, b=0.001, c=0.003)

    assert line.fastest == "b"
    assert line.lead.margin.value == pytest.approx(3.0)


def test_alone_nobody_is_ahead():
    line = line_of(a=0.004)

    assert (line.fastest, line.lead) == ("a", None)


def test_where_nothing_was_timed_nobody_is_fastest():
    (line,) = lines_of([bad_row("failed")])

    assert (line.fastest, line.lead, line.timed()) == (None, None, {})


# --- many lines


def test_lines_and_backends_come_in_the_order_of_the_rows():
    late, early = a_workload(seq_len=9), a_workload(seq_len=1)
    rows = [*rows_of(late, z=1.0, a=1.0), *rows_of(early, z=1.0, m=1.0)]

    assert [line.workload for line in lines_of(rows)] == [late, early]
    assert backends_of(rows) == ["z", "a", "m"]


def test_other_threads_or_other_data_are_other_lines():
    random, real = (a_workload(input_size=1, data=data) for data in ("random", "sunspots"))
    rows = [a_row(random), a_row(random, threads=2), a_row(real)]

    assert [(line.workload.data, line.threads) for line in lines_of(rows)] == [
        ("random", 1),
        ("random", 2),
        ("sunspots", 1),
    ]


@pytest.mark.parametrize("together", [{"seq_len": 9}, {"batch_size": 9}])
def test_a_group_differs_in_sequence_length_and_batch_size(together):
    lines = lines_of([a_row(), a_row(a_workload(**together))])

    assert [len(group.lines) for group in groups_of(lines)] == [2]


@pytest.mark.parametrize(
    "apart",
    [
        {"cell": "gru"},
        {"mode": "train"},
        {"bidirectional": True},
        {"input_size": 1},
        {"hidden_size": 9},
        {"num_layers": 2},
        {"bias": False},
        {"dtype": "float64"},
        {"input_size": 1, "data": "sunspots"},
    ],
)
def test_a_group_differs_in_nothing_else(apart):
    lines = lines_of([a_row(), a_row(a_workload(**apart))])

    assert [len(group.lines) for group in groups_of(lines)] == [1, 1]


def test_other_threads_are_another_group():
    groups = groups_of(lines_of([a_row(), a_row(threads=2)]))

    assert [group.threads for group in groups] == [1, 2]


# --- own kernels and peers


def test_own_is_the_fastest_of_the_backends_in_numba():
    line = line_of(**{"numba-cpu": 0.003, "numba-cuda": 0.002, "torch-cpu": 0.001})

    assert summary.own(line) == "numba-cuda"
    assert summary.own(line_of(numba=0.001, torch=0.001)) is None


def test_peers_are_neither_own_nor_numpy_nor_without_a_time():
    rows = rows_of(a_workload(), numpy=0.004, **{"numba-cpu": 0.001, "torch-cpu": 0.002, "x": 1.0})
    (line,) = lines_of([*rows, bad_row("failed", backend="jax-cpu")])

    assert summary.peers(line) == ["torch-cpu", "x"]


# --- overall


def test_the_overall_speedup_is_the_geometric_mean_over_rows_of_a_mode():
    rows = [
        *rows_of(a_workload(seq_len=1), base=0.002, fast=0.001),
        *rows_of(a_workload(seq_len=2), base=0.008, fast=0.001),
        *rows_of(a_workload(mode="train"), base=0.003, fast=0.001),
    ]

    infer, train = overall(lines_of(rows), "base")

    assert (infer.mode, infer.backend, infer.rows) == ("infer", "fast", 2)
    assert infer.speedup == pytest.approx(4.0)
    assert infer.best[0].value == pytest.approx(8.0)
    assert infer.worst[0].value == pytest.approx(2.0)
    assert infer.best[1].workload.seq_len == 2
    assert (train.mode, train.rows, train.speedup) == ("train", 1, pytest.approx(3.0))


def test_only_rows_that_both_have_count():
    rows = [
        *rows_of(a_workload(seq_len=1), base=0.002, fast=0.001),
        bad_row("failed", workload=a_workload(seq_len=2), backend="base"),
        a_row(a_workload(seq_len=2), backend="fast", seconds=1e-9),
    ]

    (only,) = overall(lines_of(rows), "base")

    assert (only.rows, only.speedup) == (1, pytest.approx(2.0))


def test_the_baseline_is_not_compared_with_itself_nor_with_what_was_not_timed():
    rows = [a_row(backend="base"), bad_row("unavailable", backend="gone")]

    assert list(overall(lines_of(rows), "base")) == []


def test_the_most_steps_are_those_of_the_row_with_the_greatest_throughput():
    rows = [
        *rows_of(a_workload(seq_len=10), base=1.0, fast=0.1),
        *rows_of(a_workload(seq_len=1000), base=1.0, fast=0.5),
    ]

    (only,) = overall(lines_of(rows), "base")

    assert only.most_steps.seq_len == 1000


def test_wins_are_counted_where_there_was_a_contest():
    rows = [
        *rows_of(a_workload(seq_len=1), a=0.001, b=0.002),
        *rows_of(a_workload(seq_len=2), a=0.003, b=0.002),
        *rows_of(a_workload(seq_len=3), a=0.003, b=0.002),
        *rows_of(a_workload(seq_len=4), a=0.001),
        bad_row("failed", workload=a_workload(seq_len=5), backend="a"),
    ]

    assert list(wins(lines_of(rows)).items()) == [("b", 2), ("a", 1)]


def test_rows_beside_busy_processes_are_disturbed_and_a_little_is_not():
    quiet, unknown, busy = a_row(), a_row(), a_row()
    quiet = quiet.model_copy(update={"other_load": 0.02})
    busy = busy.model_copy(update={"other_load": 0.6})
    assert summary.disturbed([quiet, unknown, busy]) == [busy]


# --- rows on a GPU


def test_rows_on_a_gpu_and_others_are_kept_apart():
    both, cpu_only = a_workload(seq_len=1), a_workload(seq_len=2)
    lines = lines_of([a_row(both), on_gpu(both), a_row(cpu_only)])

    def backends(on):
        found = summary.on_gpu(lines, on)
        return [(line.workload.seq_len, list(line.rows)) for line in found]

    assert backends(True) == [(1, ["numba-cuda"])]
    assert backends(False) == [(1, ["fake"]), (2, ["fake"])]
