"""Two result files side by side as a Markdown page.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterable, Iterator, Sequence

from ..analysis.tables import MODE_WORDS
from ..markdown import escape, fold, table
from ..records import Result, Row
from ..report.fields import median, row_name
from ..units import ratio
from .compare import Comparison, Difference, Pair, Timed

# Rows that are shown; the others are folded.
SHOWN = 15
OTHER_MACHINE = "Two machines: the ratios below are information, and say nothing of a change. "
RATIO = "Ratio = time of head / time of base"


def page(comparison: Comparison) -> str:
    """The whole page: the machines, the means, every ratio, and what else differs."""
    return "\n\n".join(_parts(comparison)) + "\n"


def _parts(comparison: Comparison) -> Iterator[str]:
    yield "# Two result files side by side"
    yield f"- base: {_origin(comparison.base)}\n- head: {_origin(comparison.head)}"
    if not comparison.is_one_machine:
        yield f"**{OTHER_MACHINE}They differ in {escape(machines(comparison))}.**"
    yield meaning(comparison)
    yield from _means(comparison)
    yield from _ratios(comparison)
    yield from _untimed(comparison)
    yield from _alone("Rows of the base that the head does not have", comparison.missing)
    yield from _alone("Rows of the head that the base does not have", comparison.new)
    yield from _differences(comparison.others)


def machines(comparison: Comparison) -> str:
    """In what two machines differ, in one line."""
    return "; ".join(f"{each.what}: {each.base} against {each.head}" for each in comparison.machine)


def meaning(comparison: Comparison) -> str:
    """What a ratio is, and what may be concluded from it."""
    if not comparison.is_one_machine:
        return f"{RATIO}; its interval is the extremes that both intervals of a median allow."
    return (
        f"{RATIO}: above 1 the head is slower. A row is called faster or slower where the "
        "extremes that both intervals of a median allow leave out 1. What changed on the machine "
        "between the two runs is in the ratio and not in its interval."
    )


def _origin(result: Result) -> str:
    return f"{escape(result.created)}, {escape(result.environment.machine.cpu_model)}"


def _means(comparison: Comparison) -> Iterator[str]:
    body = [
        [
            escape(mean.backend),
            MODE_WORDS[mean.mode],
            ratio(mean.ratio),
            f"{ratio(mean.least)} to {ratio(mean.most)}",
            str(mean.rows),
        ]
        for mean in comparison.means()
    ]
    if body:
        yield "### Geometric means of head / base"
        yield table(["backend", "mode", "head / base", "rows between", "rows"], body, left=(0, 1))


def _ratios(comparison: Comparison) -> Iterator[str]:
    yield "### Rows, those that are furthest apart first"
    if not comparison.timed:
        yield "No row has a time in both files."
        return
    yield _table(comparison, comparison.timed[:SHOWN])
    others = comparison.timed[SHOWN:]
    if others:
        yield fold(f"The other rows ({len(others)})", _table(comparison, others))


def _table(comparison: Comparison, rows: Sequence[Timed]) -> str:
    head = ["row", "threads", "backend", "base", "head", "head / base"]
    body = [
        [
            row_name(each.base),
            str(each.base.threads),
            escape(each.base.backend),
            median(each.base),
            median(each.head),
            f"{ratio(each.ratio.value)} ({ratio(each.ratio.low)} to {ratio(each.ratio.high)})",
            *([comparison.word(each) or "not told apart"] if comparison.is_one_machine else []),
        ]
        for each in rows
    ]
    return table([*head, *(["head is"] if comparison.is_one_machine else [])], body, left=(0, 2))


def _untimed(comparison: Comparison) -> Iterator[str]:
    """Rows without a time in one file at least; folded where both say the same."""
    changed = [pair for pair in comparison.untimed if pair.is_lost_or_found]
    if changed:
        yield f"### Rows that lost or found their time, or their reason ({len(changed)})"
        yield _statuses(changed)
    others = [pair for pair in comparison.untimed if not pair.is_lost_or_found]
    if others:
        yield fold(f"Rows without a time in either file ({len(others)})", _statuses(others))


def _statuses(pairs: Iterable[Pair]) -> str:
    head = ["row", "threads", "backend", "base", "head"]
    body = [
        [
            row_name(pair.base),
            str(pair.base.threads),
            escape(pair.base.backend),
            _status(pair.base),
            _status(pair.head),
        ]
        for pair in pairs
    ]
    return table(head, body, left=(0, 2, 3, 4))


def _status(row: Row) -> str:
    return median(row) or f"{row.status}: {escape(row.reason or '')}"


def _alone(title: str, rows: Sequence[Row]) -> Iterator[str]:
    body = [[row_name(row), str(row.threads), escape(row.backend), _status(row)] for row in rows]
    if body:
        head = ["row", "threads", "backend", "time"]
        yield fold(f"{title} ({len(body)})", table(head, body, left=(0, 2)))


def _differences(others: Iterable[Difference]) -> Iterator[str]:
    body = [[escape(each.what), escape(each.base), escape(each.head)] for each in others]
    yield "### What else differs"
    yield table(["", "base", "head"], body, left=(0, 1, 2)) if body else "Nothing that is known."
