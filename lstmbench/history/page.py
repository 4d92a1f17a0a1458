"""The steps in a history of result files as a Markdown page.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterable, Iterator, Sequence

from ..markdown import escape, fold, table
from ..report.fields import row_name
from ..sparkline import BLOCKS, GAP, STEP, sparkline
from ..statistics.steps import NEEDED, SHORTEST
from ..units import duration, percent, ratio
from .series import Change, Entry, History, Series, Step

# Changes that are shown, and rows of each; the others are folded.
SHOWN = 15


def page(history: History, *, every: bool = False) -> str:
    """The whole page: the newest change first, and what cannot be told at the end.

    ``every`` adds a chart for each row without a step.
    """
    return "\n\n".join(_parts(history, every=every)) + "\n"


def _parts(history: History, *, every: bool) -> Iterator[str]:
    yield "# Steps in the history of result files"
    yield f"{summary(history)}. {meaning(history)}"
    shown, older = history.changes[:SHOWN], history.changes[SHOWN:]
    for change in shown:
        yield from _change(change)
    if older:
        text = "\n\n".join(part for change in older for part in _change(change))
        yield fold(f"Older steps ({count(len(older), 'night')})", text)
    if every and history.steady:
        yield fold(f"Rows without a step ({len(history.steady)})", _charts(history.steady))
    if history.short:
        title = f"Rows with fewer than {NEEDED} times on one machine ({len(history.short)})"
        yield fold(title, _short(history.short))


def summary(history: History) -> str:
    """What was read, and what was found, in one sentence."""
    machines = {entry.header.fingerprint for entry in history.entries}
    steps = [step for change in history.changes for step in change.steps]
    return (
        f"{count(len(history.entries), 'file')} of {count(len(machines), 'machine')}: "
        f"{count(len(steps), 'step')} in {count(len(history.stepped), 'row')}, none in "
        f"{len(history.steady)}, too few times to tell in {len(history.short)}"
    )


def count(number: int, what: str) -> str:
    """A number of things."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def meaning(history: History) -> str:
    """What a step is, and what may be concluded from it."""
    return (
        f"A step is where the median times of a row on one machine change their level by "
        f"{percent(history.least)} or more for {SHORTEST} files at least, by more than their own "
        "noise explains; it may be a file off, and steps on one machine that are so "
        "near to each other stand together. Ratio = time after / time before: above 1 it became "
        "slower. What else changed between the files may be the cause: nothing is judged here."
    )


def when(entry: Entry) -> str:
    """The date and time of a file."""
    return entry.at.isoformat(sep=" ", timespec="minutes").replace("+00:00", " UTC")


def machine(entry: Entry) -> str:
    """The machine of a file, in a few words."""
    return f"{entry.header.environment.machine.cpu_model}, fingerprint {entry.header.fingerprint}"


def period(change: Change) -> str:
    """When the first files after the steps of a change were made."""
    first, last = when(change.first), when(change.last)
    return first if first == last else f"{first} to {last}"


def version(change: Change) -> str:
    """The version of lstmbench before and after a change."""
    before, after = (
        entry.header.environment.software.get("lstmbench", "unknown") for entry in change.around
    )
    return f"lstmbench {then(before, after)}"


def then(before: str, after: str) -> str:
    """What was and what is; one word where both are the same."""
    return before if before == after else f"{before} → {after}"


def chart(series: Series) -> str:
    """The sparkline of a series."""
    return sparkline(series.logarithms, series.fit)


def extremes(series: Series) -> str:
    """Between which times a chart lies, of how many files, and how many of those have no time."""
    times = [time for _, time in series.timed]
    gaps = f", {count(series.gaps, 'gap')}" if series.gaps else ""
    return f"{duration(min(times))} to {duration(max(times))}, {count(len(times), 'time')}{gaps}"


def _change(change: Change) -> Iterator[str]:
    before, after = change.around
    yield f"### {escape(period(change))}: {_words(change.steps)}"
    items = [
        f"{escape(version(change))}; {escape(machine(after))}",
        f"a file before: {escape(before.name)}, {escape(when(before))}",
        f"a file after: {escape(after.name)}, {escape(when(after))}",
    ]
    yield "\n".join(f"- {item}" for item in items)
    yield _steps(change.steps[:SHOWN])
    others = change.steps[SHOWN:]
    if others:
        yield fold(f"The other rows ({len(others)})", _steps(others))
    body = [
        [escape(each.what), escape(each.base), escape(each.head)] for each in change.differences()
    ]
    if body:
        yield "What these two files say differently:"
        yield table(["", "before", "after"], body, left=(0, 1, 2))
    else:
        yield "These two files say nothing differently."


def _words(steps: Sequence[Step]) -> str:
    """How many rows became slower, and how many faster."""
    found = {word: sum(step.word == word for step in steps) for word in ("slower", "faster")}
    return ", ".join(f"{rows} {word}" for word, rows in found.items() if rows)


def _steps(steps: Iterable[Step]) -> str:
    head = ["row", "threads", "backend", "version", "before", "after", "ratio", "became", "from"]
    body = [
        [
            row_name(step.series.row),
            str(step.series.row.threads),
            escape(step.series.row.backend),
            escape(then(*step.backend_versions)),
            duration(step.before_s),
            duration(step.after_s),
            ratio(step.ratio),
            step.word,
            f"{escape(step.after.name)}, {escape(when(step.after))}",
            chart(step.series),
            extremes(step.series),
        ]
        for step in steps
    ]
    return table(
        [*head, _chart_head(), "from least to greatest"], body, left=(0, 2, 3, 7, 8, 9, 10)
    )


def _charts(series: Iterable[Series]) -> str:
    head = ["row", "threads", "backend", "machine", _chart_head(), "from least to greatest"]
    body = [[*_name(each), chart(each), extremes(each)] for each in series]
    return table(head, body, left=(0, 2, 3, 4, 5))


def _chart_head() -> str:
    return f"{BLOCKS[0]} fast, {BLOCKS[-1]} slow, {STEP} step, {GAP} no time"


def _short(series: Iterable[Series]) -> str:
    head = ["row", "threads", "backend", "machine", "times"]
    body = [[*_name(each), str(len(each.timed))] for each in series]
    return table(head, body, left=(0, 2, 3))


def _name(series: Series) -> list[str]:
    row = series.row
    return [row_name(row), str(row.threads), escape(row.backend), escape(series.fingerprint)]
