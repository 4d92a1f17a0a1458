"""Order statistics of samples: nothing here assumes that times are normal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from math import exp, log
from statistics import fmean

import numpy as np

from ..units import Seconds

# Fewer samples have no distribution-free 95 % interval of the median: 1 - 2·(1/2)^6 = 0.969.
MIN_SAMPLES = 6
INTERVALS = "scipy.special"


@dataclass(frozen=True)
class Summary:
    """Five numbers and the interval of the median, in seconds."""

    median: Seconds
    q1: Seconds
    q3: Seconds
    min: Seconds
    max: Seconds
    ci95: tuple[Seconds, Seconds]
    samples: int

    @property
    def spread(self) -> float:
        """Half the width of the interval, as a fraction of the median."""
        return (self.ci95[1] - self.ci95[0]) / 2 / self.median if self.median else 0.0


def load() -> None:
    """Import what intervals need: that takes time, and nothing timed may hold it."""
    import_module(INTERVALS)


def median_interval(
    samples: Sequence[Seconds], confidence: float = 0.95
) -> tuple[Seconds, Seconds]:
    """The distribution-free interval of the median, from order statistics.

    Conover, Practical Nonparametric Statistics (3rd ed.), section 3.2; at least ``MIN_SAMPLES``.
    Everything, where there are too few samples for so much confidence.
    """
    n = len(samples)
    if n < MIN_SAMPLES:
        raise ValueError(f"samples: expected at least {MIN_SAMPLES}, got {n}")
    outside = _outside(n, confidence)
    if not outside:
        return float("-inf"), float("inf")
    ordered = sorted(samples)
    return float(ordered[outside - 1]), float(ordered[n - outside])


@cache
def _outside(n: int, confidence: float) -> int:
    """How many of so many ordered samples lie outside on either side, the ends counted."""
    # Every process that measures loads this: scipy.stats would take it half a second more.
    from scipy.special import bdtr, bdtrik

    tail = (1 - confidence) / 2
    return int(bdtrik(tail, n, 0.5)) + 1 if bdtr(0, n, 0.5) <= tail else 0


def summarise(samples: Sequence[Seconds]) -> Summary:
    """Median, quartiles, extremes and the 95 % interval of the median."""
    low, q1, median, q3, high = np.quantile(samples, (0, 0.25, 0.5, 0.75, 1)).tolist()
    return Summary(median, q1, q3, low, high, median_interval(samples), len(samples))


def geometric_mean(values: Iterable[float]) -> float:
    """The mean of ratios; of no values it is an error, never a silent 1."""
    return exp(fmean(map(log, values)))


def proportion_interval(count: int, of: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact interval of a share, by Clopper & Pearson, Biometrika 26(4), 1934."""
    if not 0 <= count <= of or of == 0:
        raise ValueError(f"proportion: expected 0 <= count <= of and of > 0, got {count} of {of}")
    from scipy.special import betaincinv

    tail = (1 - confidence) / 2
    low = float(betaincinv(count, of - count + 1, tail)) if count else 0.0
    high = float(betaincinv(count + 1, of - count, 1 - tail)) if count < of else 1.0
    return low, high
