"""A backend that takes more threads or other processors than it was given has no time."""

import hashlib
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest
from conftest import a_workload

from lstmbench.backends.fake import FakeBackend
from lstmbench.machine.environment import usable_cpus
from lstmbench.machine.processors import ThreadWatch, Use
from lstmbench.running import worker
from lstmbench.running.fairness import Limits, broken
from lstmbench.timing.measure import Target

# --- the rule


def using(processors, seconds=0.4, cpus=(0,)):
    return Use(seconds=seconds, processors=processors, threads=1, cpus=cpus)


@pytest.mark.parametrize(
    ("threads", "processors", "seconds"),
    [(1, 1.0, 0.4), (1, 1.04, 0.4), (1, 1.19, 0.1), (2, 2.29, 0.1), (64, 64.6, 1.0), (4, 0.1, 9.0)],
)
def test_what_a_late_count_explains_is_fair(threads, processors, seconds):
    assert broken(Limits(threads), using(processors, seconds)) is None


@pytest.mark.parametrize(
    ("threads", "processors", "seconds"),
    [(1, 1.06, 0.4), (1, 1.21, 0.1), (2, 2.31, 0.1), (64, 65.0, 1.0), (1, 16.0, 0.1)],
)
def test_more_than_a_late_count_explains_is_not(threads, processors, seconds):
    assert "ignored its number of threads" in broken(Limits(threads), using(processors, seconds))


def test_the_reason_says_what_was_expected_and_what_was_used():
    assert broken(Limits(1), using(2.0)) == (
        "ignored its number of threads: expected 1 thread, used 2.0 processors over 0.4 s, "
        "so its times mean nothing"
    )
    assert "expected 3 threads, used 4.0 processors" in broken(Limits(3), using(4.0))


def test_a_thread_that_may_run_elsewhere_is_unfair_and_its_processors_are_named():
    assert broken(Limits(2, (0, 2)), using(1.0, cpus=(0, 1, 2, 3))) == (
        "ignored its processors: expected threads on 0, 2, some may run on 1, 3 too, "
        "so its times mean nothing"
    )


@pytest.mark.parametrize("cpus", [(0,), (0, 2), None])
def test_threads_on_the_processors_that_they_were_given_are_fair(cpus):
    assert broken(Limits(2, (0, 2)), using(2.0, cpus=cpus)) is None


def test_a_worker_that_was_given_no_processors_may_use_any():
    assert broken(Limits(4), using(2.0, cpus=(0, 1, 2, 3))) is None


# --- adapters that are unfair, with threads that really work

WORK = 0.02
TARGET = Target(budget=0.2)


def work():
    """Use so much of a processor, without Python's lock."""
    end = time.thread_time() + WORK
    while time.thread_time() < end:
        hashlib.pbkdf2_hmac("sha256", b"key", b"salt", 1000)


class Busy(FakeBackend):
    """Its calls are threads that work, ``WORK`` seconds each, so long as its clock says too."""

    def __init__(self, threads, begin=lambda: None):
        super().__init__([{"seconds": [WORK]}])
        self._pool = ThreadPoolExecutor(threads, initializer=begin)
        self._threads = threads

    def prepare(self, workload, problem):
        step = super().prepare(workload, problem)
        together = threading.Barrier(self._threads)

        def one():
            together.wait()
            work()

        def run():
            for each in [self._pool.submit(one) for _ in range(self._threads)]:
                each.result()
            step.run()

        return replace(step, run=run)


def performed(backend, limits):
    return worker.perform(backend, a_workload(), TARGET, limits=limits)


def test_a_thread_too_many_makes_no_row(monkeypatch):
    backend = Busy(2)
    monkeypatch.setattr(worker, "ThreadWatch", partial(ThreadWatch, backend.clock))

    outcome = performed(backend, Limits(1))

    assert outcome.status == "failed"
    assert "ignored its number of threads: expected 1 thread, used " in outcome.reason
    assert outcome.use.processors > 1.9
    assert outcome.time_s is None


@pytest.fixture
def bound():
    """This thread on the first processor of several; put back afterwards."""
    if not hasattr(os, "sched_setaffinity") or len(usable_cpus()) < 2:
        pytest.skip("there is one processor only, or none can be chosen")
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, usable_cpus()[:1])
    yield tuple(sorted(before))
    os.sched_setaffinity(0, before)


def test_a_thread_that_leaves_its_processors_makes_no_row(bound):
    first = bound[0]
    backend = Busy(2, begin=lambda: os.sched_setaffinity(0, bound))

    outcome = performed(backend, Limits(2, (first,)))

    assert outcome.status == "failed"
    assert outcome.reason.startswith(f"ignored its processors: expected threads on {first}, some")
    assert outcome.use.cpus == bound


def test_threads_that_share_their_processor_are_fair_however_many_they_are(bound):
    outcome = performed(Busy(4), Limits(1, bound[:1]))

    assert (outcome.status, outcome.reason) == ("ok", None)
    assert outcome.use.cpus == bound[:1]


def test_without_limits_what_was_used_is_told_and_not_judged(monkeypatch):
    backend = Busy(2)
    monkeypatch.setattr(worker, "ThreadWatch", partial(ThreadWatch, backend.clock))

    outcome = performed(backend, None)

    assert outcome.status == "ok"
    assert outcome.use.processors > 1.9
