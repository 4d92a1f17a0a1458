"""The section of the page for backends that were measured under two names.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis.summary import Line
from ..analysis.twins import Twins, sentences, twins_of
from ..markdown import escape, fold, table
from ..units import ratio
from .fields import median, row_name

# Rows that are shown; the others are folded.
WORST = 5


def section(lines: Sequence[Line]) -> Iterator[str]:
    """The whole section; nothing where no backend has a twin with a time."""
    twins = twins_of(lines)
    if not twins:
        return
    yield "### A/A: the same backend under two names"
    yield (
        "Both are the same code, each in processes of its own that take their turns like every "
        "other backend: what differs between their times is noise."
    )
    yield "\n".join(f"- {escape(sentence)}" for sentence in sentences(twins))
    ranked = sorted(twins, key=lambda each: each.ratio.distance, reverse=True)
    yield "**The rows that are furthest apart**\n\n" + _table(ranked[:WORST])
    if ranked[WORST:]:
        others = ranked[WORST:]
        yield fold(f"Every other row under two names ({len(others)})", _table(others))


def _table(twins: Sequence[Twins]) -> str:
    head = ["row", "threads", "the first", "median", "the second", "median", "second / first"]
    body = [
        [
            row_name(each.first),
            str(each.first.threads),
            escape(each.first.backend),
            median(each.first),
            escape(each.second.backend),
            median(each.second),
            f"{ratio(each.ratio.value)} ({ratio(each.ratio.low)} to {ratio(each.ratio.high)})",
        ]
        for each in twins
    ]
    return table(head, body, left=(0, 2, 4))
