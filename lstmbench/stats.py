"""Order statistics of samples: nothing here assumes that times are normal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

import numpy as np

from .units import Seconds

# Fewer samples have no distribution-free 95 % interval of the median: 1 - 2·(1/2)^6 = 0.969.
MIN_SAMPLES = 6
INTERVALS = "scipy.stats"


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
    """Import what intervals need: most of a second, and threads, that nothing timed may hold."""
    import_module(INTERVALS)


def median_interval(
    samples: Sequence[Seconds], confidence: float = 0.95
) -> tuple[Seconds, Seconds]:
    """The distribution-free interval of the median, from order statistics.

    Conover, Practical Nonparametric Statistics (3rd ed.), section 3.2; at least ``MIN_SAMPLES``.
    """
    if len(samples) < MIN_SAMPLES:
        raise ValueError(f"samples: expected at least {MIN_SAMPLES}, got {len(samples)}")
    ordered, (low, high) = sorted(samples), _ranks(len(samples), confidence)
    return float(ordered[low]), float(ordered[high])


@cache
def _ranks(n: int, confidence: float) -> tuple[int, int]:
    """Which of so many ordered samples bound the median: that does not depend on their values."""
    # Only who measures pays for it.
    from scipy import stats

    interval = stats.quantile_test(np.arange(n), p=0.5).confidence_interval(
        confidence_level=confidence
    )
    return int(interval.low), int(interval.high)


def summarise(samples: Sequence[Seconds]) -> Summary:
    """Median, quartiles, extremes and the 95 % interval of the median."""
    low, q1, median, q3, high = np.quantile(samples, (0, 0.25, 0.5, 0.75, 1)).tolist()
    return Summary(median, q1, q3, low, high, median_interval(samples), len(samples))


def geometric_mean(values: Iterable[float]) -> float:
    """The mean of ratios; of no values it is an error, never a silent 1."""
    from scipy import stats

    return float(stats.gmean(list(values)))
