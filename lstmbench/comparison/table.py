"""Two result files side by side on a terminal.

What comes out of a file is printed without what a terminal obeys: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..analysis.tables import MODE_WORDS
from ..markdown import printable
from ..records import Row
from ..report.fields import median
from ..units import ratio
from .compare import Comparison, Timed
from .page import OTHER_MACHINE, machines, meaning

# The furthest apart; the page and the JSON have all.
SHOWN = 30
STYLES = {"faster": "green", "slower": "red"}


def renderable(comparison: Comparison) -> RenderableType:
    """The whole comparison, the rows that are furthest apart first."""
    return Group(*_parts(comparison))


def _parts(comparison: Comparison) -> Iterator[RenderableType]:
    if not comparison.is_one_machine:
        yield _plain(f"{OTHER_MACHINE}They differ in {machines(comparison)}.", "bold yellow")
    if comparison.timed:
        yield _table(comparison, comparison.timed[:SHOWN])
    else:
        yield _plain("No row has a time in both files.")
    hidden = len(comparison.timed) - SHOWN
    if hidden > 0:
        yield _plain(f"and {hidden} rows that are nearer to each other; -o and --json have them")
    yield from _untimed(comparison)
    yield from _alone("only in base", comparison.missing)
    yield from _alone("only in head", comparison.new)
    for mean in comparison.means():
        rows = f"{mean.rows} row{'s' if mean.rows > 1 else ''}"
        yield _plain(
            f"{MODE_WORDS[mean.mode].capitalize()}: {mean.backend} {ratio(mean.ratio)} its base "
            f"(geometric mean of {rows}; {ratio(mean.least)} to {ratio(mean.most)})"
        )
    for each in comparison.others:
        yield _plain(f"{each.what}: {each.base} → {each.head}", "yellow")
    yield _plain(meaning(comparison), "dim")


def _table(comparison: Comparison, rows: Sequence[Timed]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("row", overflow="fold")
    for head in ("base", "head", "ratio", "interval"):
        table.add_column(head, justify="right", no_wrap=True)
    if comparison.is_one_machine:
        table.add_column("head is", no_wrap=True)
    for each in rows:
        word = comparison.word(each)
        cells = [
            _plain(_name(each.base)),
            _plain(median(each.base)),
            _plain(median(each.head)),
            _plain(ratio(each.ratio.value)),
            _plain(f"{ratio(each.ratio.low)} to {ratio(each.ratio.high)}"),
        ]
        if comparison.is_one_machine:
            cells.append(_plain(word or "", STYLES.get(word or "", "")))
        table.add_row(*cells)
    return table


def _untimed(comparison: Comparison) -> Iterator[Text]:
    changed = [pair for pair in comparison.untimed if pair.is_lost_or_found]
    for pair in changed[:SHOWN]:
        status = f"{pair.base.status}, then {pair.head.status}"
        yield _plain(f"{_name(pair.base)}: {status}", "yellow")
    if changed[SHOWN:]:
        yield _plain(f"and {len(changed) - SHOWN} more that lost or found their time", "yellow")
    others = len(comparison.untimed) - len(changed)
    if others:
        yield _plain(f"rows without a time in either file: {others}", "dim")


def _alone(title: str, rows: Sequence[Row]) -> Iterator[Text]:
    if rows:
        more = f" and {len(rows) - 1} more" if len(rows) > 1 else ""
        yield _plain(f"{title}: {_name(rows[0])}{more}")


def _name(row: Row) -> str:
    return " ".join((row.id, *row.workload.remarks, f"{row.backend}×{row.threads}"))


def _plain(text: str, style: str = "") -> Text:
    """Text of one line without control characters, which a terminal would obey."""
    line = " ".join(text.split())
    return Text(printable(line), style)
