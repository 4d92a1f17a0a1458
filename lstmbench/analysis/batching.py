"""One sequence at once and the best of many: the latency and the throughput of each backend."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..records import Row
from ..workload import combination
from .duel import seconds
from .summary import Line, backends_of


@dataclass(frozen=True)
class Batching:
    """One workload over several batch sizes, smallest first, with one number of threads."""

    lines: tuple[Line, ...]

    @cached_property
    def backends(self) -> list[str]:
        """Those with a time at any batch size, in the order in which they first occur."""
        return backends_of(self._timed())

    def single(self, backend: str) -> Row | None:
        """The row of one sequence; ``None`` where it has no time."""
        alone = [row for row in self._timed_on(backend) if row.batch_size == 1]
        return alone[0] if alone else None

    def best(self, backend: str) -> Row | None:
        """The row with the most sequences a second; ``None`` where no row has a time."""
        return max(self._timed_on(backend), key=throughput, default=None)

    @cached_property
    def quickest(self) -> Row | None:
        """The row of one sequence that takes the least time, of all backends."""
        singles = [row for name in self.backends if (row := self.single(name))]
        return max(singles, key=throughput, default=None)

    @cached_property
    def most(self) -> Row | None:
        """The row with the most sequences a second, of all backends."""
        return max(self._timed(), key=throughput, default=None)

    def _timed(self) -> list[Row]:
        return [row for line in self.lines for row in line.rows.values() if row.time_s is not None]

    def _timed_on(self, backend: str) -> list[Row]:
        rows = (line.rows.get(backend) for line in self.lines)
        return [row for row in rows if row is not None and row.time_s is not None]


def batchings(lines: Iterable[Line]) -> list[Batching]:
    """The workloads that have times at several batch sizes, in the order of the lines."""
    found: dict[object, list[Line]] = {}
    for line in lines:
        if line.timed():
            key = (combination(line.workload, "batch_size"), line.threads)
            found.setdefault(key, []).append(line)
    return [
        Batching(tuple(sorted(some, key=lambda line: line.workload.batch_size)))
        for some in found.values()
        if len(some) > 1
    ]


def throughput(row: Row) -> float:
    """Sequences a second of a row that has a time."""
    return row.batch_size / seconds(row)
