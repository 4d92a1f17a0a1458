"""The own kernels against the fastest peer, workload by workload: ratios, bounds and misses."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from ..records import Row
from ..statistics.order import geometric_mean
from ..units import Seconds
from ..workload import Workload
from . import summary
from .summary import NOISE, Line

# From these sizes on a step is products of matrices: below, waiting and loading take their part.
LARGE_BATCH, LARGE_HIDDEN = 16, 256


@dataclass(frozen=True)
class Duel:
    """A line on which an own backend and a peer have a time: the fastest of each."""

    line: Line
    own: Row
    peer: Row

    @property
    def ratio(self) -> float:
        """Time of the fastest peer / own time: above 1 the own kernels are faster."""
        return seconds(self.peer) / seconds(self.own)

    @property
    def is_missed(self) -> bool:
        """Whether the own kernels are slower than the fastest peer by more than noise."""
        return self.ratio < 1 - NOISE

    @property
    def fraction(self) -> float | None:
        """The least time that the bound allows / own time; ``None`` where no bound is known."""
        return self.own.fraction_of_peak or None

    @property
    def least(self) -> Seconds | None:
        """The least time that the bound of the workload allows."""
        return None if self.fraction is None else self.fraction * seconds(self.own)

    @property
    def headroom(self) -> float | None:
        """Time of the fastest peer / the least time: the ratio of a kernel at the bound."""
        return None if not self.least else seconds(self.peer) / self.least

    def over(self, peer: str) -> float | None:
        """Time of one peer / own time; ``None`` where that peer has none."""
        row = self.line.rows.get(peer)
        return None if row is None or row.time_s is None else seconds(row) / seconds(self.own)

    def memory_over(self, peer: str) -> float | None:
        """Own peak memory / that of one peer; ``None`` where either is unknown."""
        row = self.line.rows.get(peer)
        if row is None or row.peak_memory_bytes is None or self.own.peak_memory_bytes is None:
            return None
        return self.own.peak_memory_bytes / row.peak_memory_bytes


@dataclass(frozen=True)
class Series:
    """A number of each of several duels, at least one."""

    of: Sequence[tuple[float, Duel]]

    @property
    def geometric_mean(self) -> float:
        return geometric_mean(value for value, _ in self.of)

    @property
    def mean(self) -> float:
        return fmean(value for value, _ in self.of)

    @property
    def lowest(self) -> tuple[float, Duel]:
        return min(self.of, key=lambda pair: pair[0])

    @property
    def highest(self) -> tuple[float, Duel]:
        return max(self.of, key=lambda pair: pair[0])


def is_large(workload: Workload) -> bool:
    """Whether a step is products of matrices more than anything else."""
    return workload.batch_size >= LARGE_BATCH and workload.hidden_size >= LARGE_HIDDEN


def seconds(row: Row) -> Seconds:
    """The median of a row that has a time."""
    assert row.time_s is not None
    return row.time_s.median


def duels_of(lines: Iterable[Line]) -> list[Duel]:
    """The lines on which both sides have a time, in their order."""
    found = []
    for line in lines:
        own, peers = summary.own(line), summary.peers(line)
        if own is not None and peers:
            fastest = min((line.rows[name] for name in peers), key=seconds)
            found.append(Duel(line, line.rows[own], fastest))
    return found


def series(number: Callable[[Duel], float | None], duels: Iterable[Duel]) -> Series | None:
    """A number of the duels that have it; ``None`` where none has."""
    pairs = [(value, each) for each in duels if (value := number(each)) is not None]
    return Series(pairs) if pairs else None
