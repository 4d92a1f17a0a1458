"""Rows without a time, and rows with a doubtful one.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis import arithmetic, summary
from ..markdown import escape, table
from ..records import Row
from .fields import row_name

# Reasons that are told, at most; the share of doubtful rows from which on it is told aloud.
MOST, MANY = 50, 0.05


def doubts(rows: Sequence[Row]) -> Iterator[str]:
    """Rows whose time is doubtful, or of another precision than their id."""
    disturbed = summary.disturbed(rows)
    if disturbed:
        most = max(row.other_load or 0.0 for row in disturbed)
        were = "was" if len(disturbed) == 1 else "were"
        count = f"{len(disturbed)} of {len(rows)} rows {were} timed while other processes were busy"
        first = disturbed[0]
        which = f"{row_name(first)} on {escape(first.backend)}"
        if len(disturbed) > 1:
            which = f"the first is {which}; ⚠ marks each below"
        count = f"**{count}**" if len(disturbed) > MANY * len(rows) else count
        yield f"{count}, on up to {most:.1f} processors: {which}."
    for (backend, precision), of in arithmetic.others(rows).items():
        yield (
            f"**{len(of)} of {len(rows)} rows were not computed in the precision that their ids "
            f"name**, the first {row_name(of[0])}: {escape(backend)} computed in "
            f"{escape(precision)}."
        )


def untimed(rows: Sequence[Row]) -> Iterator[str]:
    """Rows without a time, each reason once."""
    body = [
        [escape(backend), status, str(len(of)), row_name(of[0]), escape(reason)]
        for (backend, status, reason), of in summary.without_time(rows).items()
    ]
    if body:
        yield "### Rows without a time"
        head = ["backend", "status", "rows", "the first", "reason"]
        yield table(head, body[:MOST], left=(0, 1, 3, 4))
    if body[MOST:]:
        yield f"And {len(body) - MOST} more reasons."
