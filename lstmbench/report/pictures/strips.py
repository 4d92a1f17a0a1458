"""Strips of dots, one a backend: where each of its rows is between nothing and the bound."""

from collections.abc import Sequence
from math import nan
from statistics import median
from typing import TYPE_CHECKING

from .looks import Look
from .panels import spread

if TYPE_CHECKING:
    from .canvas import Canvas

# In pixels: the names, what is above and below the strips, one of them, and the numbers beside.
LEFT, ABOVE, BELOW, ROW = 170.0, 50.0, 26.0, 26.0
_MEDIAN, _GAP, _DOT, _JITTER = 46.0, 22.0, 5.5, 8.0
# Dots of a strip; of more those that are evenly spread in their order.
MOST_DOTS = 150
_GOLDEN = 0.618


def draw_names(canvas: "Canvas", looks: Sequence[Look]) -> None:
    """The backends, one below the other, as the strips beside them."""
    for at, look in enumerate(looks):
        y = ABOVE + (at + 0.5) * ROW
        canvas.text(LEFT - 14, y, look.name, size=11.5, ha="right")


def draw_strips(
    canvas: "Canvas",
    across: tuple[float, float],
    title: str,
    strips: Sequence[tuple[Look, Sequence[float]]],
    greatest: float,
) -> None:
    """The strips of one mode, their fractions ascending, and the median of each beside it."""
    (x, width), theme = across, canvas.theme
    wide, tall = width - _MEDIAN - _GAP, ROW * len(strips)
    canvas.text(x, ABOVE - 14, title, bold=True, size=12)
    canvas.text(x + wide + 6, ABOVE - 14, "median", size=10, colour=theme.muted)
    axes = canvas.axes(x, ABOVE, wide, tall)
    axes.set(xlim=(0, greatest * 1.02), ylim=(tall, 0))
    axes.set_yticks([])
    marks = [0, 0.25, 0.5, 0.75, 1] if wide > 250 else [0, 0.5, 1]
    axes.set_xticks(marks, [f"{mark:.0%}".replace("%", " %") for mark in marks])
    axes.axvline(1, color=theme.muted, linewidth=1.5)
    for at, (look, fractions) in enumerate(strips):
        if not fractions:
            continue
        y, colour = (at + 0.5) * ROW, look.colour(theme)
        # What cannot be, further beyond the bound, is at the edge.
        drawn = [min(fractions[one], greatest) for one in spread(len(fractions), MOST_DOTS)]
        # A dot is a line without a length: all of them together are one path, and the file small.
        xs = [place for one in drawn for place in (one, one, nan)]
        jitter = [((n * _GOLDEN) % 1 - 0.5) * _JITTER for n in range(len(drawn))]
        ys = [place for by in jitter for place in (y + by, y + by, nan)]
        (dots,) = axes.plot(xs, ys, linewidth=_DOT, color=colour, clip_on=False)
        dots.set_solid_capstyle("round")
        middle = median(fractions)
        axes.plot([min(middle, greatest)] * 2, [y - 10, y + 10], color=theme.ink, linewidth=2)
        canvas.text(x + wide + 6, ABOVE + y, f"{100 * middle:.0f} %", bold=True)
