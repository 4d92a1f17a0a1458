"""Learning curves: the score of the test set over the seconds of training, a line a trial."""

from collections.abc import Sequence
from itertools import cycle
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from ..report.pictures.curves import apart
from ..report.pictures.lettering import fitting
from ..report.pictures.picture import WIDTH, Picture
from ..units import duration
from .records import LearningFile, Trial
from .words import lag, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ..report.pictures.canvas import Canvas

_HUES = ("blue", "vermilion", "green", "purple", "orange", "sky", "yellow", "grey")
_TOP, _PLOT, _LEFT, _RIGHT, _GAP, _BELOW = 44.0, 220.0, 58.0, 170.0, 24.0, 46.0
_LINE = 15.0
# Marks of the scale, at most.
_MARKS = 8
# Scores below it are drawn on it; and how far the axis goes beyond what is on it.
LEAST, BEYOND = 1e-9, 1.3
# Cells side by side in one row.
_ABREAST = 3


def learning(file: LearningFile) -> Picture:
    """A plot for each cell with the curves of its backends, and lines at target and trivial."""
    cells = list(dict.fromkeys(trial.cell for trial in file.trials if trial.curve))
    rows = [cells[at : at + _ABREAST] for at in range(0, len(cells), _ABREAST)]
    hues = dict(
        zip(dict.fromkeys(trial.backend for trial in file.trials), cycle(_HUES), strict=False)
    )
    height = _TOP + _PLOT + _BELOW

    def draw(canvas: "Canvas") -> None:
        for n, row in enumerate(rows):
            _draw_row(canvas, n * height, row, file, hues)

    title = f"{file.settings.task}{lag(file.settings.lag)}: {file.lesson.metric} while learning"
    return Picture("learning", title, _alt(file), WIDTH, round(height * len(rows)), draw)


def _draw_row(
    canvas: "Canvas", top: float, cells: Sequence[str], file: LearningFile, hues: dict[str, str]
) -> None:
    note = "Score of the test set over the seconds of training; a line for each seed"
    canvas.text(0, top + 11, note, colour=canvas.theme.muted)
    width = (WIDTH - _LEFT - _RIGHT + _GAP) / len(cells) - _GAP
    limits = _limits(file)
    for at, cell in enumerate(cells):
        x = _LEFT + at * (width + _GAP)
        canvas.text(x, top + _TOP - 14, fitting(cell, 12, width), bold=True, size=12)
        axes = canvas.axes(x, top + _TOP, width, _PLOT)
        of = [trial for trial in file.trials if trial.cell == cell and trial.curve]
        _scale(axes, of, limits, with_marks=at == 0)
        for trial in of:
            points = [each for each in trial.curve if each.score is not None]
            axes.plot(
                [each.seconds for each in points],
                [max(each.score or 0.0, limits[0]) for each in points],
                color=canvas.theme.hues[hues[trial.backend]],
                linewidth=1.4,
            )
        for value in (file.settings.target, file.lesson.trivial):
            axes.axhline(
                max(value, limits[0]), color=canvas.theme.muted, linewidth=1, linestyle=(0, (4, 3))
            )
        foot = "seconds of training"
        canvas.text(
            x + width / 2, top + _TOP + _PLOT + 30, foot, colour=canvas.theme.muted, ha="center",
            size=10,
        )  # fmt: skip
    _draw_names(canvas, top, file, hues, limits)


def _limits(file: LearningFile) -> tuple[float, float]:
    """The least and the greatest score that is shown."""
    marks = [max(value, LEAST) for value in (file.settings.target, file.lesson.trivial)]
    scores = [point.score for trial in file.trials for point in trial.curve if point.score]
    least, most = min([*marks, *scores]), max([*marks, *scores])
    # What diverges leaves the plot at its upper edge.
    return max(least, LEAST) / BEYOND, min(most, 100 * max(marks)) * BEYOND


def _scale(
    axes: "Axes", trials: Sequence[Trial], limits: tuple[float, float], *, with_marks: bool
) -> None:
    longest = max((trial.curve[-1].seconds for trial in trials), default=0.0)
    axes.set(yscale="log", ylim=limits, xlim=(0, longest or 1))
    axes.minorticks_off()
    low, high = map(log10, limits)
    every = -(-(floor(high) - ceil(low) + 1) // _MARKS) or 1
    powers = [10.0**power for power in range(ceil(low), floor(high) + 1, every)]
    marks = powers if len(powers) > 1 else [limits[0] * BEYOND, limits[1] / BEYOND]
    axes.set_yticks(marks, [number(mark) if with_marks else "" for mark in marks])


def _draw_names(
    canvas: "Canvas",
    top: float,
    file: LearningFile,
    hues: dict[str, str],
    limits: tuple[float, float],
) -> None:
    """To the right: what the dashed lines are, and below the colours of the backends."""
    theme, edge = canvas.theme, WIDTH - _RIGHT
    low, high = map(log10, limits)
    lines = {"target": file.settings.target, "trivial": file.lesson.trivial}
    at = {n: _PLOT * (high - log10(max(v, limits[0]))) / (high - low) for n, v in lines.items()}
    wanted = {**at, **dict.fromkeys(hues, _PLOT / 2)}
    order = sorted(wanted, key=lambda name: wanted[name])
    for name, y in zip(order, apart([wanted[n] for n in order], _LINE, _PLOT), strict=True):
        middle = top + _TOP + y
        if name in hues:
            canvas.box(edge + 16, middle - 1.5, 14, 3, theme.hues[hues[name]])
            canvas.text(edge + 36, middle, fitting(name, 10.5, _RIGHT - 40), size=10.5)
        else:
            canvas.line((edge + 3, top + _TOP + at[name]), (edge + 12, middle), theme.muted)
            text = f"{name} {number(lines[name])}"
            canvas.text(edge + 16, middle, text, size=10.5, colour=theme.muted)


def _alt(file: LearningFile) -> str:
    each = ", ".join(
        f"{group.cell} {group.backend} {group.solved} of {group.trials} seeds"
        + (f" in {duration(group.seconds_median)}" if group.seconds_median is not None else "")
        for group in file.groups
    )
    return f"Curves over seconds of training. The target was reached: {each}."
