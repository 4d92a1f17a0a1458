"""The section of the page that says what more threads gain.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis.duel import LARGE_BATCH, LARGE_HIDDEN
from ..analysis.scaling import Gain, scalings
from ..analysis.summary import Line
from ..analysis.tables import MODE_WORDS
from ..markdown import escape, table
from ..units import ratio
from .fields import row_name


def section(lines: Sequence[Line]) -> Iterator[str]:
    """The whole section; nothing where no row has a time with one thread and with more."""
    found = scalings(lines)
    if not found:
        return
    yield "### More threads"
    yield (
        "Time of a backend with one thread / its time with more, geometric means: n threads can "
        "give n×, and more where each then has less to keep in its caches."
    )
    large = f"B ≥ {LARGE_BATCH}, H ≥ {LARGE_HIDDEN}"
    head = ["mode", "threads", "backend", "speedup", large, "lowest", "highest", "rows"]
    body = [
        [
            MODE_WORDS[each.mode],
            str(each.threads),
            escape(each.backend),
            ratio(each.geometric_mean),
            ratio(each.of_large) if each.of_large else "",
            _at(each.lowest, each.backend),
            _at(each.highest, each.backend),
            str(len(each.gains)),
        ]
        for each in found
    ]
    yield table(head, body, left=(0, 2, 5, 6))


def _at(gain: Gain, backend: str) -> str:
    return f"{ratio(gain.value)} at {row_name(gain.line.rows[backend])}"
