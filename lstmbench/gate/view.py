"""What a person sees of a gate: a line for each process on standard error, then the verdict."""

import sys

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..terminal import console, write_json
from ..timing.clock import Clock, WallClock
from ..units import clock_time, duration
from .blocks import Observer
from .records import GateFile, GateRow
from .selftest import Run, SelfTestFile
from .selftest_page import HEADS, body, sentence

STYLES = {
    "regressed": "bold red",
    "incorrect": "bold red",
    "missing": "bold red",
    "inconclusive": "yellow",
    "improved": "green",
    "new": "cyan",
}


class Quiet:
    """Shows nothing."""

    def began(self, what: str, rows: int) -> None:
        """Nothing is shown."""


class Lines:
    """A line for each part that begins."""

    def __init__(self, console: Console, clock: Clock | None = None) -> None:
        self._console, self._clock = console, clock or WallClock()
        self._start = self._clock.now()

    def began(self, what: str, rows: int) -> None:
        """Say what is at work, and how long all of it has been."""
        passed = clock_time(self._clock.now() - self._start)
        line = f"[{passed}] {what}: {rows} row{'s' if rows > 1 else ''}"
        self._console.print(line, highlight=False, markup=False)


def observer(*, quiet: bool) -> Observer:
    """Who watches a gate."""
    return Quiet() if quiet else Lines(Console(stderr=True))


def show(result: GateFile, *, as_json: bool, quiet: bool) -> None:
    """The verdict: the file or a table on standard output, a reason on standard error."""
    if as_json:
        write_json(result.as_file())
    elif not quiet:
        console().print(table(result))
    print(f"{result.verdict}: {result.reason}", file=sys.stderr)


def told(run: Run) -> None:
    """A line on standard error for a run of the gate's test of itself."""
    what = f"slower by {100 * run.share:g} %" if run.share else "nothing slower"
    took = clock_time(run.verdict.seconds)
    print(f"{what}: {run.verdict.verdict} in {took}: {run.verdict.reason}", file=sys.stderr)


def show_tries(found: SelfTestFile, *, as_json: bool) -> None:
    """What the gate's test of itself found: false alarms, then power, then the least found."""
    if as_json:
        write_json(found.as_file())
        return
    view = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for head in HEADS:
        view.add_column(head, justify="right")
    for cells in body(found):
        view.add_row(*cells)
    console().print(view)
    console().print(sentence(found), soft_wrap=True)


def table(result: GateFile) -> Table:
    """Every row, those that are not unchanged first."""
    view = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    view.add_column("decision", no_wrap=True, min_width=9)
    for head in ("base", "head", "head/base", "interval"):
        view.add_column(head, justify="right", no_wrap=True)
    view.add_column("row", overflow="fold")
    for row in sorted(result.rows, key=lambda row: row.decision == "unchanged"):
        view.add_row(*_cells(row))
    return view


def _cells(row: GateRow) -> list[Text]:
    change = row.change
    low = f"{change.low:.3f}" if change and change.low else "…"
    high = f"{change.high:.3f}" if change and change.high else "…"
    return [
        Text(row.decision, style=STYLES.get(row.decision, "")),
        Text(duration(row.base_s) if row.base_s else ""),
        Text(duration(row.head_s) if row.head_s else ""),
        Text(f"{change.ratio:.3f}" if change else ""),
        Text(f"{low} to {high}" if change else ""),
        Text(row.id + (f": {row.reason}" if row.reason else "")),
    ]
