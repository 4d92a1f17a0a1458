"""The loop asks each backend for each row in the order of the plan, and keeps what came of it."""

import pytest
from conftest import a_plan, a_row, a_workload, bad_row, ok_outcome
from inline import InlineWorker, Recorder, missing_backend

from lstmbench.errors import BackendUnavailable, Exit, OutputError, WorkerError
from lstmbench.records import Settings
from lstmbench.running import run as runs
from lstmbench.running.process import Installation
from lstmbench.timing.measure import Target
from lstmbench.workload import memory_bytes

SHORT, LONG = a_workload(seq_len=2), a_workload(seq_len=4)
SETTINGS = Settings(budget_s=0.01)


class Workshop:
    """Makes the workers of a run, one kind at a time, and remembers them."""

    def __init__(self, **unavailable):
        self.unavailable = unavailable
        self.made = {}

    def __call__(self, backend, threads):
        assert (backend, threads) not in self.made
        error = self.unavailable.get(backend.replace("-", "_"))
        self.made[backend, threads] = InlineWorker(unavailable=error)
        return self.made[backend, threads]


def run(plan, workshop=None, keep=lambda _row: None, observer=None, **given):
    return runs.run(
        plan,
        SETTINGS,
        keep,
        observer or Recorder(),
        make_worker=workshop or Workshop(),
        **given,
    )


# --- order


def test_backends_take_turns_row_by_row_and_threads_within_a_workload():
    plan = a_plan(SHORT, LONG, backends=("numpy", "fake"), threads=(1, 2))

    rows = run(plan)

    assert [(row.seq_len, row.threads, row.backend) for row in rows] == [
        (2, 1, "numpy"),
        (2, 1, "fake"),
        (2, 2, "numpy"),
        (2, 2, "fake"),
        (4, 1, "numpy"),
        (4, 1, "fake"),
        (4, 2, "numpy"),
        (4, 2, "fake"),
    ]


def test_each_backend_and_number_of_threads_has_one_worker_for_all_rows():
    workshop = Workshop()

    run(a_plan(SHORT, LONG, threads=(1, 2)), workshop)

    assert {kind: worker.asked for kind, worker in workshop.made.items()} == {
        ("fake", 1): [SHORT, LONG],
        ("fake", 2): [SHORT, LONG],
    }


def test_a_row_is_kept_and_then_shown_as_soon_as_it_is_finished():
    events = []

    def keep(row):
        events.append(("kept", row.seq_len))

    observer = Recorder()
    observer.started = lambda job: events.append(("started", job.workload.seq_len))
    observer.phase = lambda phase: events.append((phase,))
    observer.finished = lambda row: events.append(("shown", row.seq_len))

    run(
        a_plan(SHORT, LONG),
        keep=lambda row: events.append(("kept", row.seq_len)),
        observer=observer,
    )

    assert events == [
        ("started", 2),
        ("verifying",),
        ("measuring",),
        ("kept", 2),
        ("shown", 2),
        ("started", 4),
        ("verifying",),
        ("measuring",),
        ("kept", 4),
        ("shown", 4),
    ]


def test_a_row_says_what_it_was_made_with():
    (row,) = run(a_plan(SHORT, threads=(3,)))

    assert (row.id, row.backend, row.backend_version) == (SHORT.id, "fake", "1")
    assert (row.device, row.threads, row.status) == ("none", 3, "ok")


def test_settings_reach_the_worker(monkeypatch):
    seen = []

    def perform(_self, _workload, target, limit, _tell):
        seen.append((target, limit))
        return ok_outcome()

    monkeypatch.setattr(InlineWorker, "perform", perform)
    settings = Settings(budget_s=0.25, precision=0.5, timeout_s=9.0)

    runs.run(a_plan(), settings, lambda _row: None, Recorder(), make_worker=Workshop())

    assert seen == [(Target(0.25, 0.5), 9.0)]


def test_a_run_that_only_verifies_times_nothing():
    (row,) = run(a_plan(), measured=False)

    assert (row.status, row.time_s) == ("skipped", None)


# --- resuming


def test_rows_that_are_done_are_not_measured_again():
    plan = a_plan(SHORT, LONG, backends=("numpy", "fake"))
    done = [a_row(SHORT, seconds=123.0, backend="numpy"), bad_row("failed", workload=SHORT)]
    workshop, kept = Workshop(), []

    rows = run(plan, workshop, kept.append, done=done)

    assert rows[:2] == done
    assert [(row.seq_len, row.backend) for row in kept] == [(4, "numpy"), (4, "fake")]
    assert rows[2:] == kept


def test_a_run_with_nothing_left_starts_no_worker():
    workshop = Workshop()

    assert run(a_plan(SHORT), workshop, done=[a_row(SHORT)]) == [a_row(SHORT)]
    assert workshop.made == {}


def test_the_same_sizes_on_other_data_are_another_row():
    random = a_workload(input_size=1)
    sunspots = a_workload(input_size=1, data="sunspots")

    rows = run(a_plan(random, sunspots), done=[a_row(random, seconds=9.0)])

    assert [row.data for row in rows] == ["random", "sunspots"]
    assert rows[1].time_s.median != 9.0


# --- rounds

THRICE = Settings(budget_s=0.01, rounds=3)


def run_thrice(plan, made, keep=lambda _row: None, **given):
    def make_worker(_backend, _threads):
        made.append(InlineWorker([{"seconds": [0.002 + 0.001 * len(made)]}]))
        return made[-1]

    return runs.run(plan, THRICE, keep, Recorder(), make_worker=make_worker, **given)


def test_each_round_is_a_fresh_worker_that_runs_every_row():
    made = []

    rows = run_thrice(a_plan(SHORT, LONG), made)

    assert [worker.asked for worker in made] == [[SHORT, LONG]] * 3
    assert all(worker.closed for worker in made)
    assert [row.processes_s for row in rows] == [pytest.approx((0.002, 0.003, 0.004))] * 2


def test_backends_take_turns_at_being_first():
    order = []

    run_thrice(a_plan(backends=("fake", "numpy")), [], lambda row: order.append(row.backend))

    assert order == ["fake", "numpy", "numpy", "fake", "fake", "numpy"]


def test_rounds_that_are_done_are_not_measured_again():
    made = []
    done = [a_row(workload, seconds=0.5) for workload in (SHORT, LONG, SHORT)]

    rows = run_thrice(a_plan(SHORT, LONG), made, done=done)

    assert [worker.asked for worker in made if worker.asked] == [[LONG], [SHORT, LONG]]
    assert [len(row.processes_s) for row in rows] == [3, 3]
    assert rows[0].processes_s[:2] == pytest.approx((0.5, 0.5))
    assert rows[1].processes_s[0] == pytest.approx(0.5)


# --- what cannot run


def test_an_unavailable_backend_is_a_visible_row_with_its_reason():
    plan = a_plan(SHORT, LONG, backends=("numpy", "fake"))
    workshop = Workshop(fake=missing_backend())

    rows = run(plan, workshop)

    assert [row.status for row in rows] == ["ok", "unavailable", "ok", "unavailable"]
    assert rows[1].reason == "fake: not here; pip install fake"
    assert rows[1].backend_version is None
    assert workshop.made["fake", 1].asked == []


@pytest.mark.parametrize("error", [missing_backend(), WorkerError("fake: died")])
def test_a_required_backend_that_cannot_run_is_an_error_before_the_first_row(error):
    plan = a_plan(SHORT, backends=("numpy", "fake"), required=True)
    workshop, kept = Workshop(fake=error), []

    with pytest.raises(type(error), match=str(error)):
        run(plan, workshop, kept.append)

    assert kept == []
    assert all(worker.closed for worker in workshop.made.values())


def test_a_simulated_backend_that_was_named_is_verified_and_never_measured(monkeypatch):
    monkeypatch.setenv("NUMBA_ENABLE_CUDASIM", "1")
    monkeypatch.setattr("lstmbench.backends.registry.find_spec", lambda _name: object())
    plan = a_plan(backends=("numba-cuda",), baseline="numba-cuda", required=True)

    runs.require(plan, measured=False)
    with pytest.raises(BackendUnavailable, match=r"^numba-cuda: NUMBA_ENABLE_CUDASIM is set, and"):
        runs.require(plan)


def test_a_required_backend_whose_package_is_missing_is_found_without_a_worker(monkeypatch):
    monkeypatch.setattr("lstmbench.backends.registry.find_spec", lambda _name: None)

    runs.require(a_plan(backends=("torch-cpu",)))
    with pytest.raises(BackendUnavailable, match=r"^torch-cpu: torch.*not installed; pip install"):
        runs.require(a_plan(backends=("torch-cpu",), required=True))


def test_a_row_that_does_not_fit_in_memory_is_not_attempted():
    huge = a_workload(batch_size=2**31 - 1)
    workshop = Workshop()

    rows = run(a_plan(huge, SHORT), workshop)

    assert [row.status for row in rows] == ["oom", "ok"]
    assert "are free; not attempted" in rows[0].reason
    assert workshop.made["fake", 1].asked == [SHORT]


def test_a_row_that_just_fits_in_memory_is_attempted(monkeypatch):
    need = memory_bytes(SHORT)
    for free, status in ((need, "ok"), (need - 1, "oom")):
        monkeypatch.setattr(runs, "available_memory", lambda free=free: free)
        assert run(a_plan(SHORT))[0].status == status


@pytest.mark.parametrize("error", [OutputError("disk full"), KeyboardInterrupt(), RuntimeError()])
def test_whatever_ends_a_run_its_workers_are_ended(error):
    workshop = Workshop()

    def keep(_row):
        raise error

    with pytest.raises(type(error)):
        run(a_plan(SHORT), workshop, keep)

    assert all(worker.closed for worker in workshop.made.values())


def test_a_run_that_ends_well_ends_its_workers():
    workshop = Workshop()

    run(a_plan(threads=(1, 2)), workshop)

    assert [worker.closed for worker in workshop.made.values()] == [True, True]


# --- processes


def test_workers_get_as_many_processors_as_threads_and_any_where_there_are_too_few(monkeypatch):
    monkeypatch.setattr(runs, "usable_cpus", lambda: [0, 2, 4])
    made = []
    monkeypatch.setattr(runs, "WorkerProcess", lambda *given: made.append(given))

    for threads in (1, 2, 3, 4):
        runs.start_worker("fake", threads)

    assert made == [
        ("fake", 1, [0], None, Installation()),
        ("fake", 2, [0, 2], None, Installation()),
        ("fake", 3, [0, 2, 4], None, Installation()),
        ("fake", 4, (), None, Installation()),
    ]


def test_workers_of_another_number_are_on_other_processors_where_there_are_enough(monkeypatch):
    monkeypatch.setattr(runs, "usable_cpus", lambda: [0, 2, 4])
    made = []
    monkeypatch.setattr(runs, "WorkerProcess", lambda *given: made.append(given[2]))

    for threads, number in ((1, 1), (1, 2), (1, 3), (2, 1), (3, 1), (4, 1)):
        runs.start_worker("fake", threads, number=number)

    assert made == [[2], [4], [0], [4, 0], [0, 2, 4], ()]


# --- exit codes


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["ok"], Exit.OK),
        (["ok", "unavailable"], Exit.OK),
        (["skipped"], Exit.OK),
        (["unavailable", "unavailable"], Exit.INCOMPLETE),
        (["ok", "oom"], Exit.INCOMPLETE),
        (["ok", "failed"], Exit.INCOMPLETE),
        (["failed", "timeout", "oom"], Exit.TIMEOUT),
        (["failed", "timeout", "oom", "incorrect", "ok"], Exit.INCORRECT),
    ],
)
def test_the_worst_row_decides_the_exit_code(statuses, code):
    rows = [
        a_row(a_workload(seq_len=n)) if status == "ok" else bad_row(status)
        for n, status in enumerate(statuses, start=1)
    ]

    assert runs.exit_code(rows)[0] is code
    assert runs.exit_code(rows[::-1])[0] is code
    assert bool(runs.exit_code(rows)[1]) == (code is not Exit.OK)


def test_the_reason_counts_the_bad_rows_and_quotes_the_first():
    rows = [a_row(), bad_row("failed", "the first"), bad_row("failed", "the second")]

    assert runs.exit_code(rows)[1] == (
        "2 of 3 rows failed; the first: lstm/infer/T3-B2-I4-H5-L1/float32 on fake: the first"
    )


def test_a_fault_in_one_row_does_not_touch_the_next():
    worker = InlineWorker([{"id": "*/T2-*", "fault": "raise"}])

    rows = runs.run(
        a_plan(SHORT, LONG), SETTINGS, lambda _row: None, Recorder(), make_worker=lambda *_: worker
    )

    assert [row.status for row in rows] == ["failed", "ok"]
