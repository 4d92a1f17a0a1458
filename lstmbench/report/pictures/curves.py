"""Curves of time over a size, one a backend: plots side by side with one axis of time."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10, nan
from typing import TYPE_CHECKING, NamedTuple

from ...units import Seconds, duration
from .lettering import fitting, room
from .looks import Look
from .panels import spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from .canvas import Canvas
    from .theme import Theme


class Point(NamedTuple):
    """A time and its 95 % interval at a size; ``in_doubt`` where the measurement was disturbed."""

    size: int
    low: Seconds
    time: Seconds
    high: Seconds
    in_doubt: bool


@dataclass(frozen=True)
class Plot:
    """What is fixed, what varies, the sizes, and the points of each backend in ascending order."""

    title: str
    axis: str
    sizes: tuple[int, ...]
    curves: tuple[tuple[Look, tuple[Point, ...]], ...]


# Of a row of plots, in pixels: to the left of it, to its right, above and below each plot.
_LEFT, _RIGHT, _ABOVE, _BELOW, _GAP = 58.0, 150.0, 26.0, 40.0, 16.0
_PLOT, _NAME, _NAME_SIZE = 170.0, 15.0, 10.5
_MARKS = 6
HEIGHT = _ABOVE + _PLOT + _BELOW
_BEYOND, _MARKER = 1.2, 5.5


def draw_row(
    canvas: "Canvas", top: float, plots: Sequence[Plot], limits: tuple[Seconds, Seconds]
) -> None:
    """Plots side by side, the names at the ends of the curves of the last."""
    width = (canvas.width - _LEFT - _RIGHT + _GAP) / len(plots) - _GAP
    for at, plot in enumerate(plots):
        x = _LEFT + at * (width + _GAP)
        canvas.text(x, top + 12, plot.title, bold=True)
        canvas.text(
            x + width / 2,
            top + HEIGHT - 14,
            plot.axis,
            colour=canvas.theme.muted,
            ha="center",
            size=10,
        )
        axes = canvas.axes(x, top + _ABOVE, width, _PLOT)
        _scale(axes, plot, limits, width, with_times=at == 0)
        for look, points in plot.curves:
            _draw_curve(axes, canvas.theme, look, plot.sizes, points)
            _draw_intervals(axes, look.colour(canvas.theme), points, limits)
    _draw_names(canvas, top + _ABOVE, plots, limits)


def limits_of(plots: Iterable[Plot]) -> tuple[Seconds, Seconds]:
    """The least and the greatest time that the axis shows."""
    points = [point for plot in plots for _, points in plot.curves for point in points]
    return min(p.low for p in points) / _BEYOND, max(p.high for p in points) * _BEYOND


def _scale(
    axes: "Axes", plot: Plot, limits: tuple[Seconds, Seconds], width: float, *, with_times: bool
) -> None:
    least, greatest = plot.sizes[0], plot.sizes[-1]
    beyond = (greatest / least) ** 0.06
    axes.set(xscale="log", yscale="log", ylim=limits, xlim=(least / beyond, greatest * beyond))
    axes.minorticks_off()
    sizes = _apart_enough(plot.sizes, width)
    axes.set_xticks(sizes, [str(size) for size in sizes])
    marks = _round_times(*limits)
    axes.set_yticks(marks, [_brief(mark) if with_times else "" for mark in marks])


def _draw_curve(
    axes: "Axes", theme: "Theme", look: Look, sizes: Sequence[int], points: Sequence[Point]
) -> None:
    """A line that is broken where a size has no time, and a marker at each size."""
    colour = look.colour(theme)
    at = {point.size: point for point in points}
    line = [at[size].time if size in at else nan for size in sizes]
    axes.plot(sizes, line, color=colour, linewidth=1.6, linestyle=look.dashes)
    for in_doubt in (False, True):
        of = [p for p in points if p.in_doubt == in_doubt]
        axes.plot(
            [p.size for p in of],
            [p.time for p in of],
            color=colour,
            linestyle="none",
            marker=look.marker,
            markersize=_MARKER,
            markerfacecolor=theme.background if in_doubt else colour,
            clip_on=False,
        )


def _draw_intervals(
    axes: "Axes", colour: str, points: Sequence[Point], limits: tuple[Seconds, Seconds]
) -> None:
    """The intervals that are longer than a marker is high, as one path."""
    hidden = log10(limits[1] / limits[0]) * _MARKER / _PLOT
    seen = [point for point in points if log10(point.high / point.low) > hidden]
    ends = [(point.size, end) for point in seen for end in (point.low, point.high, nan)]
    if ends:
        axes.plot(*zip(*ends, strict=True), color=colour, linewidth=1.6)


def _draw_names(
    canvas: "Canvas", top: float, plots: Sequence[Plot], limits: tuple[Seconds, Seconds]
) -> None:
    """Each name beside the end of its curve in the last plot; below where it has none there."""
    low, high = map(log10, limits)
    ends = {look: points[-1].time for look, points in plots[-1].curves}
    wanted = {
        look: _PLOT * (high - log10(ends[look])) / (high - low) if look in ends else _PLOT
        for plot in plots
        for look, _ in plot.curves
    }
    order = sorted(wanted, key=lambda look: wanted[look])
    edge = canvas.width - _RIGHT
    for look, y in zip(order, apart([wanted[look] for look in order], _NAME, _PLOT), strict=True):
        if look in ends:
            canvas.line(
                (edge + 4, top + wanted[look]), (edge + 16, top + y), look.colour(canvas.theme)
            )
        name = fitting(look.name, _NAME_SIZE, _RIGHT - 20)
        canvas.text(edge + 20, top + y, name, size=_NAME_SIZE)


def apart(wanted: Sequence[float], distance: float, room: float) -> list[float]:
    """Places for ascending wishes: as near as can be, so far apart, and none beyond the room."""
    if not wanted:
        return []
    distance = min(distance, room / len(wanted))
    down, up = [wanted[0]], [wanted[-1]]
    for wish in wanted[1:]:
        down.append(max(wish, down[-1] + distance))
    for wish in wanted[-2::-1]:
        up.append(min(wish, up[-1] - distance))
    middle = [(a + b) / 2 for a, b in zip(down, reversed(up), strict=True)]
    last = len(wanted) - 1
    highest = [room - (last - at) * distance for at in range(len(wanted))]
    return [
        min(max(place, at * distance), end)
        for at, (place, end) in enumerate(zip(middle, highest, strict=True))
    ]


def _apart_enough(sizes: Sequence[int], width: float) -> list[int]:
    """The sizes whose labels do not touch each other on a logarithmic axis."""
    kept: list[int] = []
    whole = log10(sizes[-1] / sizes[0]) * 1.12
    for size in reversed(sizes):
        label = room(str(size), 10) + 4
        if not kept or log10(kept[-1] / size) / whole * width >= label:
            kept.append(size)
    return kept[::-1]


def _round_times(low: Seconds, high: Seconds) -> list[Seconds]:
    """Powers of ten between two times, and their doubles and halves where there are few."""
    powers = range(floor(log10(low)), ceil(log10(high)) + 1)
    within: list[Seconds] = []
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        found = [step * 10.0**power for power in powers for step in steps]
        within = [mark for mark in found if low <= mark <= high]
        if len(within) >= 3:
            break
    return [within[at] for at in spread(len(within), _MARKS)]


def _brief(time: Seconds) -> str:
    """A round time without its zeros behind the point."""
    return re.sub(r"\.0+ ", " ", re.sub(r"(\.\d*[1-9])0+ ", r"\1 ", duration(time)))
