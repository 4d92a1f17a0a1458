"""What padding costs: the same work with sequences of unequal lengths and with full ones.

A batch of unequal lengths holds less work than the array it is padded to.  How much of that a
backend saves lies between nothing (it computes the padding too) and all of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..records import Row
from ..workload import Workload
from .summary import Line, Speedup


@dataclass(frozen=True)
class Padded:
    """A ragged row of a backend, and its row of full sequences where that has a time too."""

    ragged: Row
    full: Row | None

    @property
    def valid(self) -> float:
        """The share of the padded array that is not padding."""
        w = self.ragged.workload
        return w.valid_steps / (w.seq_len * w.batch_size)

    @property
    def share(self) -> Speedup | None:
        """Time / time of the full batch, and the least and most that the intervals allow."""
        return None if self.full is None else Speedup.of(self.ragged, self.full)

    @property
    def cost(self) -> float | None:
        """Time for a valid step / that of the full batch: 1 where padding costs nothing."""
        return None if self.share is None else self.share.value / self.valid


def padded_of(lines: Iterable[Line]) -> list[Padded]:
    """The ragged rows that have a time, in their order."""
    lines = list(lines)
    full: dict[tuple[Workload, int], Line] = {
        (line.workload, line.threads): line for line in lines if not line.workload.steps
    }
    found = []
    for line in lines:
        if not line.workload.steps:
            continue
        whole = full.get((replace(line.workload, lengths="full", steps=()), line.threads))
        for name, row in line.rows.items():
            if row.time_s is not None:
                beside = whole.rows.get(name) if whole else None
                found.append(Padded(row, beside if beside and beside.time_s else None))
    return found
