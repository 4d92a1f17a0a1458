"""What threads use of the processors is read from the system, of real threads that really work."""

import os
import threading
import time

import pytest

from lstmbench.machine.processors import (
    GLANCE,
    SETTLED_BY,
    SHORTEST,
    ThreadWatch,
    Use,
    merge,
    settle,
)
from lstmbench.timing.clock import FakeClock


def work(seconds):
    """Keep a processor busy until this thread has used that much of one."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


@pytest.fixture
def watched():
    """A watch on a clock that stands still, and threads that work while they are asked to."""
    clock = FakeClock()
    return clock, ThreadWatch(clock)


def test_the_time_of_all_threads_is_counted_of_those_too_that_have_ended(watched):
    clock, watch = watched
    helper = threading.Thread(target=work, args=(0.1,))
    helper.start()
    helper.join()
    work(0.1)
    clock.advance(0.1)

    assert watch.since().processors > 1.95


def test_threads_that_work_are_counted_and_those_that_wait_are_not(watched):
    clock, watch = watched
    done, leave = threading.Barrier(3), threading.Event()

    def worker():
        work(0.1)
        done.wait()
        leave.wait()

    threads = [threading.Thread(target=worker) for _ in range(2)]
    threads.append(threading.Thread(target=leave.wait))
    for thread in threads:
        thread.start()
    done.wait()
    clock.advance(0.2)

    use = watch.since()
    leave.set()

    assert use.threads == 2
    for thread in threads:
        thread.join()


def test_too_short_a_time_says_nothing(watched):
    clock, watch = watched
    clock.advance(0.99 * SHORTEST)
    assert watch.since() is None

    clock.advance(0.02 * SHORTEST)
    assert watch.since() is not None


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="this system tells no affinity")
def test_the_processors_are_those_of_the_threads_that_worked(watched):
    clock, watch = watched
    allowed = os.sched_getaffinity(0)
    work(0.03)
    clock.advance(1.0)

    assert watch.since().cpus == tuple(sorted(allowed))


def test_of_several_processes_the_most_is_kept():
    first = Use(seconds=0.5, processors=1.5, threads=1, cpus=(0, 2))
    second = Use(seconds=0.25, processors=1.0, threads=3, cpus=(0, 1))

    assert merge([first, second]) == Use(seconds=0.75, processors=1.5, threads=3, cpus=(0, 1, 2))
    assert merge([first.model_copy(update={"cpus": None})]).cpus is None
    assert merge([]) is None


class Spinning:
    """Threads that use a share of a processor until some time."""

    def __init__(self, share, until):
        self.clock, self._share, self._until = FakeClock(), share, until

    def used(self):
        return self._share * min(self.clock.now(), self._until)


@pytest.mark.parametrize(
    ("share", "until", "least", "most"),
    [
        (0.0, 0.0, 0.0, GLANCE),
        (0.1, 10.0, 0.0, GLANCE),  # something always goes on
        (0.8, 0.1, 0.1, 0.1 + 2 * GLANCE),  # what OpenBLAS does
        (1.0, 10.0, SETTLED_BY, SETTLED_BY + GLANCE),  # nobody is waited for without end
    ],
)
def test_a_process_is_waited_for_until_its_threads_are_quiet(share, until, least, most):
    threads = Spinning(share, until)

    settle(threads.clock, threads.used, threads.clock.advance)

    assert least <= threads.clock.now() <= most
