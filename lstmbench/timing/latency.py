"""How long single calls take: percentiles, told only where there are calls enough for them.

A sample of a short call is a loop of calls, which hides the slow ones among the others.  So a row
of inference is called once more, call by call: ``MAX_CALLS`` times, or for ``SHARE`` of its budget
on top of it.  Samples that are one call each count too.  A time is too long by one reading of the
clock.

A percentile is told where a distribution-free 95 % upper bound of it exists, which is where the
longest of the calls is one: with probability 1 - pⁿ at least one of n calls is above the p-quantile
(Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2).
"""

from collections.abc import Callable, Sequence
from math import ceil, log
from statistics import median

import numpy as np

from ..model import Model, NotNegative, Size
from ..units import Seconds
from .clock import Clock
from .measure import without_garbage_collection

CONFIDENCE = 0.95
MAX_CALLS = 1000
SHARE = 0.25


class Latency(Model):
    """Percentiles of single calls, in seconds; of several processes the median of theirs."""

    calls: Size
    """Calls that were timed one by one."""
    p50: NotNegative | None
    """Half of the calls took at most this; null with fewer than 5."""
    p90: NotNegative | None
    """Nine in ten; null with fewer than 29."""
    p99: NotNegative | None
    """Ninety-nine in a hundred; null with fewer than 299."""
    clock_s: NotNegative
    """The least time between two readings of the clock: what each time is too long by."""

    @classmethod
    def of(cls, calls: Sequence[Seconds], clock_s: Seconds) -> "Latency":
        """Each percentile that there are calls enough for."""
        return cls(
            calls=len(calls),
            **{f"p{p}": percentile(calls, p) for p in (50, 90, 99)},
            clock_s=clock_s,
        )


def needed(percent: int) -> int:
    """How many calls a percentile needs."""
    return ceil(log(1 - CONFIDENCE) / log(percent / 100))


def percentile(calls: Sequence[Seconds], percent: int) -> Seconds | None:
    """The least call that so many in a hundred do not exceed; ``None`` of too few calls."""
    if len(calls) < needed(percent):
        return None
    return float(np.quantile(calls, percent / 100, method="inverted_cdf"))


def time_single_calls(
    call: Callable[[], object], clock: Clock, budget: Seconds, samples: Sequence[Seconds] = ()
) -> Latency:
    """Call by call, after ``samples`` that were single calls too; garbage collection is off."""
    calls = list(samples[:MAX_CALLS])
    with without_garbage_collection():
        clock_s = min(_reading(clock) for _ in range(10))
        end = clock.now() + SHARE * budget
        while len(calls) < MAX_CALLS:
            start = clock.now()
            call()
            now = clock.now()
            calls.append(now - start)
            if now >= end:
                break
    return Latency.of(calls, clock_s)


def _reading(clock: Clock) -> Seconds:
    """How long it takes to read the clock."""
    start = clock.now()
    return clock.now() - start


def merge(found: Sequence[Latency]) -> Latency | None:
    """One of several processes: a percentile that one of them cannot tell is not told.

    Calls of one process share its layout and its threads' places, so that they are not pooled.
    """
    if not found:
        return None

    def middle(of: Sequence[Seconds | None]) -> Seconds | None:
        told = [each for each in of if each is not None]
        return median(told) if len(told) == len(of) else None

    return Latency(
        calls=sum(each.calls for each in found),
        p50=middle([each.p50 for each in found]),
        p90=middle([each.p90 for each in found]),
        p99=middle([each.p99 for each in found]),
        clock_s=max(each.clock_s for each in found),
    )
