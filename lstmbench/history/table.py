"""The steps in a history of result files on a terminal.

What comes out of a file is printed without what a terminal obeys: it may be a stranger's.
"""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from ..comparison.table import STYLES
from ..markdown import printable
from ..records import Row
from ..statistics.steps import NEEDED
from ..units import duration, ratio
from .page import chart, count, extremes, machine, meaning, period, summary, then, version
from .series import Change, History, Series, Step

# Nights, and rows of each; the page and the JSON have all.
SHOWN = 10


def renderable(history: History, *, every: bool) -> RenderableType:
    """The newest change first; ``every`` adds a chart for each row without a step."""
    return Group(*(_plain(line, style) for line, style in _lines(history, every=every)))


def _lines(history: History, *, every: bool) -> Iterator[tuple[str, str]]:
    for change in history.changes[:SHOWN]:
        yield from _change(change)
    hidden = len(history.changes) - SHOWN
    if hidden > 0:
        yield f"and {count(hidden, 'older night')} with steps; -o and --json have them", ""
    for series in history.steady if every else ():
        yield f"{_name(series.row)} on {series.fingerprint}", ""
        yield _chart(series), ""
    for series in history.short[:SHOWN]:
        times = f"{len(series.timed)} of the {NEEDED} times that a step needs"
        yield f"{_name(series.row)} on {series.fingerprint}: {times}", "yellow"
    hidden = len(history.short) - SHOWN
    if hidden > 0:
        yield f"and {count(hidden, 'more row')} with too few times", "yellow"
    yield summary(history), "bold"
    yield meaning(history), "dim"


def _change(change: Change) -> Iterator[tuple[str, str]]:
    yield period(change), "bold"
    yield f"  {version(change)}; {machine(change.last)}", ""
    before, after = (entry.name for entry in change.around)
    differences = list(change.differences())
    if differences:
        yield f"  differences between {before} and {after}:", "yellow"
    for each in differences:
        yield f"    {each.what}: {each.base} → {each.head}", "yellow"
    for step in change.steps[:SHOWN]:
        yield f"  {_step(step)}", STYLES[step.word]
        yield _chart(step.series), ""
    hidden = len(change.steps) - SHOWN
    if hidden > 0:
        yield f"  and {count(hidden, 'more row')}; -o and --json have them", ""


def _step(step: Step) -> str:
    return (
        f"{step.word} {ratio(step.ratio)} from {step.after.name} on: "
        f"{duration(step.before_s)} → {duration(step.after_s)}, "
        f"{_name(step.series.row)}, version {then(*step.backend_versions)}"
    )


def _chart(series: Series) -> str:
    return f"    {chart(series)}  {extremes(series)}"


def _name(row: Row) -> str:
    return " ".join((row.id, *row.workload.remarks, f"{row.backend}×{row.threads}"))


def _plain(text: str, style: str) -> Text:
    """Text of one line without control characters, which a terminal would obey."""
    return Text(printable(text), style)
