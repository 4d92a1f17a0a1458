"""The distribution of a time, as a record."""

from collections.abc import Sequence
from typing import Self

from pydantic import model_validator

from ..model import Duration, Model, Size
from ..statistics.order import summarise
from ..units import Seconds


class Times(Model):
    """The distribution of the time of one call, in seconds."""

    median: Duration
    """Of the samples; of the medians of the processes where there were several."""
    q1: Duration
    """First quartile."""
    q3: Duration
    """Third quartile."""
    min: Duration
    """The shortest sample."""
    max: Duration
    """The longest sample."""
    ci95: tuple[Duration, Duration]
    """Distribution-free 95 % interval of the median (order statistics)."""
    samples: Size
    """How many samples there are."""

    @model_validator(mode="after")
    def _are_in_order(self) -> Self:
        low, high = self.ci95
        for ascending in (
            (self.min, self.q1, self.median, self.q3, self.max),
            (self.min, low, self.median, high, self.max),
        ):
            if list(ascending) != sorted(ascending):
                raise ValueError(f"expected times in ascending order, got {ascending}")
        return self

    @property
    def spread(self) -> float:
        """Half the width of the interval, as a fraction of the median."""
        return (self.ci95[1] - self.ci95[0]) / 2 / self.median

    @classmethod
    def of(cls, samples: Sequence[Seconds]) -> Self:
        """The distribution of samples, of which ``stats.MIN_SAMPLES`` are the fewest."""
        return cls(**vars(summarise(samples)))
