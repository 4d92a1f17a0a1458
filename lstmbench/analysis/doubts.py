"""Rows whose time is doubtful, or of another precision than their id, each reason once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..records import Row
from . import arithmetic, summary


@dataclass(frozen=True)
class Doubt:
    """Some of a file's rows, ``of`` in all, and what happened to them: what follows on *were*."""

    rows: Sequence[Row]
    of: int
    what: str

    def __str__(self) -> str:
        were = "was" if len(self.rows) == 1 else "were"
        return f"{len(self.rows)} of {self.of} rows {were} {self.what}"


def doubts(rows: Sequence[Row]) -> Iterator[Doubt]:
    """Every doubt about some rows, in words that may hold a stranger's."""
    if disturbed := summary.disturbed(rows):
        most = max(row.other_load or 0.0 for row in disturbed)
        what = f"timed while other processes were busy, on up to {most:.1f} processors"
        yield Doubt(disturbed, len(rows), what)
    if held := [row for row in rows if row.gpu and row.gpu.held_back]:
        why = dict.fromkeys(reason for row in held if row.gpu for reason in row.gpu.held_back)
        what = f"timed while the clock of the GPU was held back ({', '.join(why)})"
        yield Doubt(held, len(rows), what)
    for (backend, precision), of in arithmetic.others(rows).items():
        what = f"not computed in the precision of the id: {backend} computed in {precision}"
        yield Doubt(of, len(rows), what)
