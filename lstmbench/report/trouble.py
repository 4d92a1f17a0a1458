"""Rows without a time, and rows with a doubtful one.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis import summary
from ..analysis.doubts import doubts
from ..markdown import escape, table
from ..records import Row
from .fields import row_name

# Reasons that are told, at most; the share of doubtful rows from which on it is told aloud.
MOST, MANY = 50, 0.05


def doubtful(rows: Sequence[Row]) -> Iterator[str]:
    """Rows whose time is doubtful, or of another precision than their id."""
    for doubt in doubts(rows):
        said, first = escape(str(doubt)), doubt.rows[0]
        which = f"{row_name(first)} on {escape(first.backend)}"
        which = f"the first is {which}" if len(doubt.rows) > 1 else which
        yield f"{f'**{said}**' if len(doubt.rows) > MANY * doubt.of else said}: {which}."


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
