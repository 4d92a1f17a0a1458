"""What a person sees while networks learn: a live curve on a terminal, plain lines elsewhere."""

from contextlib import AbstractContextManager, nullcontext

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from .chart import chart
from .records import Point, Trial
from .words import number, time


class Quiet:
    """Shows nothing."""

    def showing(self) -> AbstractContextManager[object]:
        """As long as there is something to see."""
        return nullcontext()

    def started(self, name: str) -> None:
        """A trial has begun."""

    def point(self, point: Point) -> None:
        """A trial was evaluated."""

    def ended(self, trial: Trial) -> None:
        """A trial has ended."""


class PlainLines(Quiet):
    """A line for each trial, and for its evaluations 1, 2, 4, 8 and so on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._name, self._points = "", 0

    def started(self, name: str) -> None:
        self._name, self._points = name, 0

    def point(self, point: Point) -> None:
        self._points += 1
        if self._points & (self._points - 1) == 0:
            self._print(f"{self._name}: {said(point)}")

    def ended(self, trial: Trial) -> None:
        self._print(ended_line(trial))

    def _print(self, line: str) -> None:
        self._console.print(line, soft_wrap=True, markup=False, highlight=False)


class LiveCurve(Quiet):
    """The losses so far of the trial on its way; trials that have ended scroll above it."""

    def __init__(self, console: Console, target: float) -> None:
        self._target, self._name = target, ""
        self._points: list[Point] = []
        self._live = Live(
            Text(""),
            console=console,
            transient=True,
            # Each refresh takes a processor for a moment, beside what is being measured.
            refresh_per_second=1,
        )

    def showing(self) -> AbstractContextManager[object]:
        return self._live

    def started(self, name: str) -> None:
        self._name, self._points = name, []
        self._live.update(Text(f"{name}: loading"))

    def point(self, point: Point) -> None:
        self._points.append(point)
        self._live.update(self._curve())

    def ended(self, trial: Trial) -> None:
        style = {"solved": "green", "unsolved": ""}.get(trial.status, "yellow")
        self._live.console.print(Text(ended_line(trial), style=style))
        self._live.update(Text(""))

    def _curve(self) -> Group:
        losses = [point.loss for point in self._points if point.loss is not None]
        head = Text(f"{self._name}: {said(self._points[-1])}, target {self._target:g}")
        if not losses:
            return Group(head)
        lines = chart(losses)
        ends = {0: number(max(losses)), len(lines) - 1: number(min(losses))}
        return Group(
            head,
            *(
                Text.assemble((f"{ends.get(at, ''):>9} ", "dim"), (line, "cyan"))
                for at, line in enumerate(lines)
            ),
        )


def said(point: Point) -> str:
    """A point in words."""
    loss = "" if point.loss is None else f"loss {number(point.loss)}, "
    score = "not finite" if point.score is None else number(point.score)
    return f"step {point.step}: {loss}score {score}, {time(point.seconds)}"


def ended_line(trial: Trial) -> str:
    """What came of a trial, in one line."""
    if trial.seconds_to_target is not None:
        return (
            f"{trial.name}: solved at step {trial.steps_to_target} after "
            f"{time(trial.seconds_to_target)}, score {number(trial.final_score)}"
        )
    return f"{trial.name}: {trial.status}: {trial.reason}"


def watcher(console: Console, target: float, *, quiet: bool) -> Quiet:
    """The view that suits where the output goes."""
    if quiet:
        return Quiet()
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveCurve(console, target)
    return PlainLines(console)
