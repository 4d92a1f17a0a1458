"""A worker is a process of its own: its death is a row with a reason, and the next row goes on."""

import json
import os
import signal
import subprocess
import sys
from multiprocessing import Pipe
from pathlib import Path

import pytest
from conftest import a_workload

import lstmbench_kernels
from lstmbench.backends.fake import FakeBackend
from lstmbench.errors import BackendUnavailable, WorkerError
from lstmbench.machine.environment import usable_cpus
from lstmbench.running.process import THREAD_VARIABLES, WorkerProcess
from lstmbench.running.worker import perform as performed_here
from lstmbench.timing.measure import Target

QUICK = Target(budget=0.01, precision=0.01)
PLENTY = 60.0
GOOD = a_workload()
BAD = a_workload(mode="train")


@pytest.fixture
def start(monkeypatch):
    """Workers on the fake backend whose training rows have a fault; all ended after the test."""
    made = []

    def start(fault=None, *, backend="fake", threads=1, cpus=()):
        rules = [{"id": "*/train/*", "fault": fault}] if fault else []
        monkeypatch.setenv("LSTMBENCH_FAKE", json.dumps(rules))
        made.append(WorkerProcess(backend, threads, cpus))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.close()


def perform(worker, workload, limit=PLENTY, tell=lambda _phase: None):
    return worker.perform(workload, QUICK, limit, tell)


def environment_of(worker):
    pairs = Path(f"/proc/{worker._process.pid}/environ").read_text().split("\0")
    return dict(pair.split("=", 1) for pair in pairs if "=" in pair)


# --- a row that is measured more than once


def test_a_row_that_was_verified_is_measured_as_often_as_one_likes(start):
    worker = start()
    verified = worker.perform(GOOD, None, PLENTY, lambda _phase: None)
    first, second = (worker.again(QUICK, PLENTY) for _ in range(2))

    assert verified.status == "skipped"
    assert first.status == second.status == "ok"
    assert first.time_s.median == pytest.approx(second.time_s.median)
    assert first.error == verified.error


def test_a_row_that_is_wrong_has_no_time_however_often_it_is_asked_for(start):
    worker = start("wrong")
    worker.perform(BAD, None, PLENTY, lambda _phase: None)

    assert worker.again(QUICK, PLENTY).status == "incorrect"


def test_a_row_that_was_measured_is_not_kept(start):
    worker = start()
    perform(worker, GOOD)

    again = worker.again(QUICK, PLENTY)
    assert (again.status, again.reason) == ("failed", "no row was verified before")


# --- a worker that lives


@pytest.fixture(scope="module")
def living():
    """A worker with three threads on the last processor."""
    worker = WorkerProcess("fake", 3, usable_cpus()[-1:])
    worker.start()
    worker.version()
    yield worker
    worker.close()


def test_a_worker_says_its_version_and_performs_rows_and_tells_its_phases(living):
    phases = []

    outcome = perform(living, GOOD, tell=phases.append)

    assert living.version() == "1"
    assert outcome.status == "ok"
    assert phases == ["verifying", "measuring"]


def test_all_rows_of_a_worker_are_of_one_process(living):
    perform(living, GOOD)
    first = living._process.pid

    perform(living, BAD)

    assert living._process.pid == first != os.getpid()


def test_an_outcome_comes_over_as_it_was_made(living):
    workload = a_workload(mode="train", dtype="float64")

    there = perform(living, workload)
    here = performed_here(FakeBackend([]), workload, QUICK)

    assert there.error == here.error
    assert there.samples_s == pytest.approx(here.samples_s, rel=1e-9)  # clocks began elsewhere
    assert there.time_s.min == min(there.samples_s)


def test_threads_are_set_in_the_environment_before_anything_loads(living):
    found = environment_of(living)

    assert {name: found[name] for name in THREAD_VARIABLES} == dict.fromkeys(THREAD_VARIABLES, "3")


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system sets no affinity")
def test_a_worker_stays_on_the_processors_it_was_given(living):
    threads = [int(task.name) for task in Path(f"/proc/{living._process.pid}/task").iterdir()]

    # NumPy's BLAS started its threads when the worker itself was imported.
    assert {cpu for each in threads for cpu in os.sched_getaffinity(each)} == {usable_cpus()[-1]}


def test_a_worker_is_not_in_the_way_of_ctrl_c(living):
    assert os.getsid(living._process.pid) == living._process.pid != os.getsid(0)


def test_closing_ends_the_process(start):
    worker = start()
    worker.version()
    process = worker._process

    worker.close()

    assert process.returncode == -signal.SIGKILL
    worker.close()  # once more does no harm


def test_a_worker_ends_when_the_other_side_hangs_up():
    ours, theirs = Pipe()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "lstmbench.running.serve", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
        )
    ours.send_bytes(b'{"backend": "fake", "threads": 1, "cpus": [], "oracles": null}')
    assert ours.poll(PLENTY)
    kernels = str(Path(lstmbench_kernels.__file__).parent)
    assert json.loads(ours.recv_bytes()) == {"version": "1", "kernels": kernels}

    ours.close()

    assert process.wait(PLENTY) == 0


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system tells no affinity")
@pytest.mark.parametrize(("backend", "status"), [("numpy", "failed"), ("fake", "ok")])
def test_a_worker_holds_its_backend_to_what_it_was_given_where_that_is_on_the_cpu(
    start, monkeypatch, tmp_path, backend, status
):
    (tmp_path / "sitecustomize.py").write_text(
        "import os; os.sched_getaffinity = lambda thread: {1000}", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    given = usable_cpus()[-1]
    worker = start(backend=backend, cpus=[given])

    outcome = worker.perform(GOOD, Target(budget=0.2, precision=1e-9), PLENTY, lambda _phase: None)

    assert outcome.status == status
    if status == "failed":
        assert outcome.reason.startswith(
            f"ignored its processors: expected threads on {given}, some may run on 1000 too"
        )


# --- a worker that dies


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("kill", "the worker was killed by SIGKILL"),
        ("exit", "the worker ended with exit code 3"),
    ],
)
def test_a_worker_that_dies_is_a_failed_row_that_says_how_and_the_next_row_goes_on(
    start, fault, reason
):
    worker = start(fault)

    dead = perform(worker, BAD)
    good = perform(worker, GOOD)

    assert (dead.status, dead.reason) == ("failed", reason)
    assert good.status == "ok"
    assert worker.version() == "1"


def test_a_worker_that_is_killed_between_two_rows_fails_one_row_and_is_started_again(start):
    worker = start()
    perform(worker, GOOD)
    os.kill(worker._process.pid, signal.SIGTERM)
    worker._process.wait()

    dead, good = perform(worker, GOOD), perform(worker, GOOD)

    assert (dead.status, dead.reason) == ("failed", "the worker was killed by SIGTERM")
    assert good.status == "ok"


def test_a_worker_that_hangs_is_given_up_and_the_next_row_goes_on(start):
    worker = start("hang")
    worker.version()

    hung = perform(worker, BAD, limit=0.5)

    assert hung.status == "timeout"
    assert hung.reason.startswith("no answer for 0:0")
    assert perform(worker, GOOD).status == "ok"


def test_what_a_worker_printed_last_is_in_the_reason(start, monkeypatch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "print('the last words', flush=True)", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    worker = start("exit")

    outcome = perform(worker, BAD)

    assert outcome.reason == "the worker ended with exit code 3; it said: the last words"


def test_rows_that_raise_leave_the_process_alive(start):
    worker = start("raise")

    outcome = perform(worker, BAD)

    assert outcome.reason == "RuntimeError: told to fail"
    assert worker._process.poll() is None


# --- a worker that cannot start


def test_a_backend_whose_package_is_missing_is_unavailable_with_what_installs_it(
    start, monkeypatch, tmp_path
):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "real = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'torch' else real(name, *rest)\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    worker = start(backend="torch-cpu")

    with pytest.raises(BackendUnavailable, match=r"^torch-cpu: torch.*pip install torch"):
        worker.version()


def test_a_backend_that_breaks_while_it_loads_is_unavailable_with_what_it_raised(monkeypatch):
    monkeypatch.setenv("LSTMBENCH_FAKE", "this is no JSON")

    with pytest.raises(BackendUnavailable, match=r"^fake: JSONDecodeError: Expecting value"):
        WorkerProcess("fake", 1, ()).version()


def test_a_worker_that_dies_while_it_loads_says_how(start, monkeypatch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("import os; os._exit(7)", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    worker = start()

    with pytest.raises(WorkerError, match=r"^fake: the worker ended with exit code 7$"):
        worker.version()

    assert perform(worker, GOOD).status == "failed"


def test_a_backend_that_cannot_be_loaded_again_after_a_death_is_an_unavailable_row(
    start, monkeypatch
):
    worker = start("kill")
    assert perform(worker, BAD).status == "failed"
    monkeypatch.setenv("LSTMBENCH_FAKE", "this is no JSON")

    outcome = perform(worker, GOOD)

    assert outcome.status == "unavailable"
    assert "JSONDecodeError" in outcome.reason
