"""What a person sees while a run is going on: a live bar on a terminal, plain lines elsewhere."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ..analysis.tables import finished_line
from ..planning.plan import Job
from ..records import Row
from ..timing.clock import Clock, WallClock
from ..units import clock_time
from ..workload import Workload

FINE = ("ok", "skipped")


class Watcher:
    """Remembers the baseline's rows, so that a finished row can say its speedup."""

    def __init__(self, baseline: str) -> None:
        self._baseline = baseline
        self._rows: dict[tuple[Workload, int], Row] = {}

    def line(self, row: Row) -> str:
        place = (row.workload, row.threads)
        if row.backend == self._baseline:
            self._rows[place] = row
        return finished_line(row, self._rows.get(place))


class Quiet:
    """Shows nothing."""

    def showing(self) -> AbstractContextManager[object]:
        return nullcontext()

    def started(self, job: Job) -> None:
        """Nothing is shown."""

    def phase(self, phase: str) -> None:
        """Nothing is shown."""

    def finished(self, row: Row) -> None:
        """Nothing is shown."""


class PlainLines(Quiet):
    """One line for each finished row, with the time it took so far and may still take."""

    def __init__(
        self, console: Console, baseline: str, total: int | None, clock: Clock | None = None
    ) -> None:
        self._console = console
        self._watcher = Watcher(baseline)
        self._total = total
        self._clock = clock or WallClock()
        self._begin = self._clock.now()
        self._done = 0

    def finished(self, row: Row) -> None:
        self._done += 1
        elapsed = self._clock.now() - self._begin
        counter, times = f"[{self._done}]", clock_time(elapsed)
        if self._total is not None:
            left = elapsed / self._done * (self._total - self._done)
            counter = f"[{self._done:>{len(str(self._total))}}/{self._total}]"
            times = f"{times}, {clock_time(left)} left"
        self._console.print(
            f"{counter} {self._watcher.line(row)}  ({times})",
            soft_wrap=True,
            markup=False,
            highlight=False,
        )


class Live:
    """A bar with the row in work and the time left; finished rows scroll above it."""

    def __init__(self, console: Console, baseline: str, total: int | None, *, brief: bool) -> None:
        self._brief = brief
        self._watcher = Watcher(baseline)
        self._progress = Progress(
            SpinnerColumn("line" if console.options.ascii_only else "dots"),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            # Each refresh takes a core for a millisecond or two, beside what is being measured.
            refresh_per_second=1,
            speed_estimate_period=3600,
        )
        self._task = self._progress.add_task("loading the backends", total=total)
        self._job = ""

    def showing(self) -> AbstractContextManager[Any]:
        return self._progress

    def started(self, job: Job) -> None:
        self._job = f"{job.backend} {job.workload.id}"
        self._progress.update(self._task, description=self._job)

    def phase(self, phase: str) -> None:
        self._progress.update(self._task, description=f"{phase} {self._job}")

    def finished(self, row: Row) -> None:
        line = self._watcher.line(row)
        if not (self._brief and row.status in FINE):
            style = "" if row.status in FINE else "dim" if row.status == "unavailable" else "yellow"
            self._progress.console.print(Text(line, style=style, no_wrap=True, overflow="ellipsis"))
        self._progress.advance(self._task)


def observer(
    console: Console, baseline: str, total: int | None, *, quiet: bool, brief: bool = False
) -> Quiet | Live:
    """The view that suits where the output goes; a brief one shows no rows that went well.

    ``total`` is how many rows there will be; ``None`` where nobody knows.
    """
    on_terminal = console.is_terminal and not console.is_dumb_terminal
    if quiet or (brief and not on_terminal):
        return Quiet()
    if on_terminal:
        return Live(console, baseline, total, brief=brief)
    return PlainLines(console, baseline, total)
