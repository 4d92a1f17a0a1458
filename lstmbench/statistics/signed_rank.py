"""Wilcoxon's signed-rank test and the interval that belongs to it, for many series at once.

A series is one number for each block; the test asks whether they are centred above a value, and
assumes nothing but that they scatter alike to both sides of their centre.  The estimate is that of
Hodges and Lehmann, the median of all means of two (Walsh averages); the bounds are order statistics
of the same means, so that estimate, bounds and p-value never contradict each other.

Hollander, Wolfe and Chicken, Nonparametric Statistical Methods (3rd ed.), sections 3.1 to 3.3.
"""

from functools import cache
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def estimate(series: Numbers) -> Numbers:
    """The Hodges–Lehmann estimate of the centre of each series, ``(..., n)`` to ``(...)``."""
    found: Numbers = np.median(walsh_averages(series), axis=-1)
    return found


def p_above(series: Numbers, value: float) -> Numbers:
    """How likely series whose centre is not above ``value`` are to lie so far above it, exactly."""
    averages = walsh_averages(series)
    # The rank sum of what lies below: so many means of two do.
    below = np.count_nonzero(averages <= value, axis=-1)
    probabilities: Numbers = _distribution(series.shape[-1])[below]
    return probabilities


def lower_bound(series: Numbers, alpha: float) -> Numbers:
    """Where the centre of each series lies above, but for a chance of ``alpha`` at most.

    Minus infinity where there are too few blocks to say so of any.
    """
    averages = np.sort(walsh_averages(series), axis=-1)
    fewer = _fewer(series.shape[-1], alpha)
    if fewer == 0:
        return np.full(series.shape[:-1], -np.inf)
    bound: Numbers = averages[..., fewer - 1]
    return bound


def upper_bound(series: Numbers, alpha: float) -> Numbers:
    """Where the centre of each series lies below, but for a chance of ``alpha`` at most."""
    bound: Numbers = -lower_bound(-series, alpha)
    return bound


def estimate_and_bounds(series: Numbers, alpha: float) -> tuple[float, float, float]:
    """The estimate and both bounds of one series, at once."""
    averages = np.sort(walsh_averages(series)).tolist()
    count, fewer = len(averages), _fewer(len(series), alpha)
    middle = (averages[(count - 1) // 2] + averages[count // 2]) / 2
    if fewer == 0:
        return middle, -inf, inf
    return middle, averages[fewer - 1], averages[-fewer]


def walsh_averages(series: Numbers) -> Numbers:
    """The means of all pairs of a series, each number with itself too: ``(..., n(n+1)/2)``."""
    first, second = _pairs(series.shape[-1])
    averages: Numbers = (series[..., first] + series[..., second]) / 2
    return averages


@cache
def _pairs(n: int) -> Any:
    """The first and the second of each pair, each number with itself too."""
    return np.triu_indices(n)


@cache
def _fewer(n: int, alpha: float) -> int:
    """Below or above the bound are fewer than so many averages of ``n`` blocks."""
    return int(np.searchsorted(_distribution(n), alpha, side="right"))


@cache
def _distribution(n: int) -> Any:
    """The chance that the rank sum of what lies below is at most 0, 1, 2, ... of ``n`` blocks."""
    ways = np.ones(1)
    for rank in range(1, n + 1):
        with_rank = np.zeros(len(ways) + rank)
        with_rank[: len(ways)] += ways
        with_rank[rank:] += ways
        ways = with_rank
    return np.cumsum(ways) / 2.0**n
