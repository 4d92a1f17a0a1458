"""What the threads of this process do while something is timed: processor time, and where."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from itertools import chain
from typing import Annotated

import psutil
from pydantic import Field

from ..model import Model, NotNegative, Positive
from ..timing.clock import Clock, WallClock
from ..units import Seconds

# What the system counts the time of a thread in, and how late it may be to count it.
TICK: Seconds = 0.01
# In less than ten ticks too little can be told.
SHORTEST: Seconds = 0.1
# A thread works where it uses more of a processor than this.
WORKING_SHARE = 0.05
# A process is quiet that uses less than this share of a processor at a glance, which is longer than
# a tick: until the next one, what a running thread used is not counted.
QUIET_SHARE, GLANCE = 0.3, 1.5 * TICK
# Some pools spin for as long as there is nothing to do: no process is waited for longer than that.
SETTLED_BY: Seconds = 0.5


class Use(Model):
    """What the threads of a worker used of the processors while a row was timed."""

    seconds: Positive
    """How long they were watched: from the first call of warm-up to the last sample."""
    processors: NotNegative
    """Processors that they kept busy together: processor seconds / seconds."""
    threads: Annotated[int, Field(ge=0)]
    """How many used more than a twentieth of a processor."""
    cpus: tuple[int, ...] | None
    """The processors on which those that used any may run; null where the system does not tell."""


class ThreadWatch:
    """Watches the threads of this process from now on."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or WallClock()
        self._each = _seconds_of_threads()
        self._cpu = time.process_time()
        self._start = self._clock.now()

    def since(self) -> Use | None:
        """What they used since the start; ``None`` where that was too short to tell."""
        wall, cpu = self._clock.now() - self._start, time.process_time() - self._cpu
        if wall < SHORTEST:
            return None
        used = {
            thread: seconds - self._each.get(thread, 0.0)
            for thread, seconds in _seconds_of_threads().items()
        }
        # A difference of two counts of ticks may be one too many.
        least = max(WORKING_SHARE * wall, TICK * 1.5)
        return Use(
            seconds=wall,
            processors=max(cpu, 0.0) / wall,
            threads=sum(seconds > least for seconds in used.values()),
            cpus=_allowed(thread for thread, seconds in used.items() if seconds > 0),
        )


def merge(uses: Sequence[Use]) -> Use | None:
    """The most that any of several processes used."""
    if not uses:
        return None
    known = [use.cpus for use in uses if use.cpus is not None]
    return Use(
        seconds=sum(use.seconds for use in uses),
        processors=max(use.processors for use in uses),
        threads=max(use.threads for use in uses),
        cpus=tuple(sorted(set(chain.from_iterable(known)))) if known else None,
    )


def settle(
    clock: Clock,
    used: Callable[[], Seconds] = time.process_time,
    sleep: Callable[[Seconds], object] = time.sleep,
) -> None:
    """Wait until the threads of this process are quiet, for ``SETTLED_BY`` at most.

    Pools keep their threads spinning when the work is done, OpenBLAS for a tenth of a second, ONNX
    Runtime for half of that: what is timed next, here or in another process, would share the
    processors with them.
    """
    end = clock.now() + SETTLED_BY
    while clock.now() < end:
        start, before = clock.now(), used()
        sleep(GLANCE)
        if used() - before < QUIET_SHARE * (clock.now() - start):
            return


def bind_all_threads(cpus: Iterable[int]) -> None:
    """Bind every thread of this process to processors, where the system can.

    Not only the first: a library that is loaded by now may have threads already, and what is set
    for the first is inherited by new ones alone.
    """
    if not hasattr(os, "sched_setaffinity"):
        return
    wanted = set(cpus)
    for thread in _seconds_of_threads():
        with suppress(ProcessLookupError):
            os.sched_setaffinity(thread, wanted)


def _allowed(threads: Iterable[int]) -> tuple[int, ...] | None:
    """The processors that any of some threads may run on."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    cpus: set[int] = set()
    for thread in threads:
        with suppress(ProcessLookupError):
            cpus |= os.sched_getaffinity(thread)
    return tuple(sorted(cpus))


def _seconds_of_threads() -> dict[int, Seconds]:
    """Processor seconds of each thread of this process, by its number."""
    return {each.id: each.user_time + each.system_time for each in psutil.Process().threads()}
