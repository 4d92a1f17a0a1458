"""Warm up until steady; sample until the median is known well or the budget is spent."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Literal

from ..statistics.order import MIN_SAMPLES, Summary, summarise
from ..units import Seconds
from .clock import Clock

Stop = Literal["precise", "budget", "max-samples"]

# A sample lasts at least this long: the clock's resolution (about 50 ns) is then below 0.1 ‰.
MIN_SAMPLE: Seconds = 1e-3
# Steady: the median of one window is not faster than that of the window before by more than 2 %.
WINDOW = 5
STEADY = 0.98
# Warm-up may take this share of the row's budget on top of it.
WARMUP_SHARE = 0.5
MAX_SAMPLES = 1000


@dataclass(frozen=True)
class Target:
    """When to stop: half the 95 % interval below ``precision`` of the median, or ``budget``."""

    budget: Seconds = 0.4
    precision: float = 0.01


@dataclass(frozen=True)
class Measurement:
    """Samples in seconds a call, and how they came to be.

    Attributes:
        device_samples: what a device says of the last call of each sample; empty without one.
    """

    samples: tuple[Seconds, ...]
    summary: Summary
    loops: int
    warmup_calls: int
    stop: Stop
    device_samples: tuple[Seconds, ...] = ()

    @property
    def calls(self) -> int:
        """Calls in all samples together."""
        return self.loops * len(self.samples)


def measure(
    call: Callable[[], object],
    *,
    clock: Clock,
    target: Target,
    before: Callable[[], object] | None = None,
    device_time: Callable[[], Seconds] | None = None,
    mark: Callable[[], object] | None = None,
) -> Measurement:
    """Time ``call``; where ``before`` is given it runs untimed before each call.

    The first calls calibrate the number of calls a sample and are never samples.  Garbage
    collection is off while samples are taken.  ``device_time`` says how long the device took for
    the call that ended last; it is asked after the clock of a sample was read.  ``mark`` is called
    right before the first sample and right after the last.
    """
    on_device: list[Seconds] = []

    def sample(loops: int) -> Seconds:
        if before is not None:
            before()
        start = clock.now()
        for _ in range(loops):
            call()
        seconds = (clock.now() - start) / loops
        if device_time is not None:
            on_device.append(device_time())
        return seconds

    with without_garbage_collection():
        sample(1)
        # What must happen before each call cannot happen inside a loop of calls.
        loops = 1 if before is not None else ceil(MIN_SAMPLE / max(sample(1), MIN_SAMPLE / 1e5))
        warmup = _warm_up(lambda: sample(loops), clock, WARMUP_SHARE * target.budget)
        on_device.clear()
        if mark is not None:
            mark()
        samples, stop = _sample(lambda: sample(loops), clock, target)
        if mark is not None:
            mark()
    return Measurement(
        tuple(samples), summarise(samples), loops, warmup * loops, stop, tuple(on_device)
    )


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Collect garbage now, and none until the end."""
    gc.collect()
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _warm_up(sample: Callable[[], Seconds], clock: Clock, limit: Seconds) -> int:
    """Sample until the times stop falling, or for ``limit`` seconds; the number of samples."""
    start, count, last = clock.now(), 0, float("inf")
    window: list[Seconds] = []
    while True:
        window.append(sample())
        count += 1
        if clock.now() - start >= limit:
            return count
        if len(window) == WINDOW:
            if median(window) >= STEADY * last:
                return count
            last, window = median(window), []


def _sample(
    sample: Callable[[], Seconds], clock: Clock, target: Target
) -> tuple[list[Seconds], Stop]:
    start = clock.now()
    samples: list[Seconds] = []
    next_look = 2 * MIN_SAMPLES
    while True:
        samples.append(sample())
        if len(samples) < MIN_SAMPLES:
            continue
        if clock.now() - start >= target.budget:
            return samples, "budget"
        if len(samples) >= MAX_SAMPLES:
            return samples, "max-samples"
        # Looking after each sample would stop at lucky moments (and cost time); look ever rarer.
        if len(samples) == next_look:
            if summarise(samples).spread <= target.precision:
                return samples, "precise"
            next_look += ceil(next_look / 2)
