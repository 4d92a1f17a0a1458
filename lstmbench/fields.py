"""What a field of a table on the page says of a row, escaped."""

from . import summary
from .markdown import escape
from .records import Row
from .units import duration, percent


def row_name(row: Row) -> str:
    """The id of a row, and its data where they are not random."""
    return escape(row.id) + (f" ({escape(row.data)})" if row.data != "random" else "")


def median(row: Row) -> str:
    """The median time of a row, marked where the row was disturbed; empty without a time."""
    if row.time_s is None:
        return ""
    return duration(row.time_s.median) + (" ⚠" if summary.is_disturbed(row) else "")


def of_the_bound(row: Row) -> str:
    """How near a row comes to its bound, and what that is; empty where no bound is known."""
    if not row.fraction_of_peak:
        return ""
    return f"{percent(row.fraction_of_peak)} of {escape(row.bound or 'it')}"
