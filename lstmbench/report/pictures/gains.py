"""What is left of a gradient after so many steps: the vanishing gradient and the carousel."""

from collections.abc import Sequence
from itertools import cycle
from math import log10
from typing import TYPE_CHECKING

from ...gradients.summary import Band, words
from .curves import apart
from .picture import WIDTH, Picture

if TYPE_CHECKING:
    from .canvas import Canvas

# Below this nothing is left that learning could use; the axis ends there.
LEAST = 1e-8
_HUES = ("vermilion", "orange", "blue", "sky", "green", "purple", "yellow", "grey")
_HEIGHT, _TOP, _PLOT, _LEFT, _NAMES, _GAP = 330, 44.0, 240.0, 52.0, 190.0, 24.0


def gains(bands: Sequence[Band], lags: Sequence[int]) -> Picture:
    """Two plots side by side: along h for every network, along c for those that have one."""
    hues = dict(zip(dict.fromkeys(each.network for each in bands), cycle(_HUES), strict=False))
    plots = [(state, [each for each in bands if each.state == state]) for state in ("h", "c")]
    plots = [(state, of) for state, of in plots if of]
    greatest = max(10.0, *(max(each.most) for each in bands))

    def draw(canvas: "Canvas") -> None:
        note = "Middle and range over the seeds of what is left of a gradient; at lag 0 it is 1"
        canvas.text(0, 11, note, colour=canvas.theme.muted)
        width = (WIDTH - _LEFT) / len(plots) - _NAMES
        for at, (state, of) in enumerate(plots):
            x = _LEFT + at * (width + _NAMES)
            canvas.text(x, _TOP - 14, f"∂{state}(T) / ∂{state}(T−k)", bold=True, size=12)
            box = (x, width - _GAP)
            _draw(canvas, box, of, lags, hues, greatest, with_marks=at == 0)

    title = "What is left of a gradient after k steps, at initialisation"
    return Picture("gains", title, _alt(bands, lags), WIDTH, _HEIGHT, draw)


def _draw(
    canvas: "Canvas",
    box: tuple[float, float],
    bands: Sequence[Band],
    lags: Sequence[int],
    hues: dict[str, str],
    greatest: float,
    *,
    with_marks: bool,
) -> None:
    """The curves of one state, their ranges behind them, and their names at their ends."""
    (x, width), theme = box, canvas.theme
    axes = canvas.axes(x, _TOP, width, _PLOT)
    axes.set(xscale="log", yscale="log", xlim=(lags[0], lags[-1]), ylim=(LEAST, greatest))
    axes.minorticks_off()
    marks = [10.0**power for power in range(round(log10(LEAST)), 2, 2)]
    axes.set_yticks(marks, [words(mark) if with_marks else "" for mark in marks])
    ticks = [lag for lag in (1, 10, 100, 1000, 10000) if lags[0] <= lag <= lags[-1]]
    axes.set_xticks(ticks, list(map(str, ticks)))
    canvas.text(x + width / 2, _TOP + _PLOT + 30, "lag k", colour=theme.muted, ha="center", size=10)
    low, span = log10(LEAST), log10(greatest / LEAST)
    ends = {}
    for band in bands:
        colour = theme.hues[hues[band.network]]
        # What is below the axis has a place on a logarithmic one too.
        middle, least, most = (
            [max(gain, LEAST / 10) for gain in gains]
            for gains in (band.middle, band.least, band.most)
        )
        axes.plot(lags, middle, color=colour, linewidth=1.8)
        axes.fill_between(lags, least, most, color=colour, alpha=0.18, linewidth=0)
        share = (log10(max(band.middle[-1], LEAST)) - low) / span
        ends[band] = _PLOT * (1 - min(share, 1))
    order = sorted(ends, key=lambda band: (ends[band], band.network))
    for band, y in zip(order, apart([ends[band] for band in order], 15, _PLOT), strict=True):
        edge, colour = x + width, theme.hues[hues[band.network]]
        gone = next(
            (lag for lag, left in zip(lags, band.middle, strict=True) if left < LEAST), None
        )
        start = ends[band] if gone is None else y
        canvas.line((edge + 3, _TOP + start), (edge + 12, _TOP + y), colour)
        name = band.network if gone is None else f"{band.network}: gone by {gone}"
        canvas.text(edge + 16, _TOP + y, name, size=10.5)


def _alt(bands: Sequence[Band], lags: Sequence[int]) -> str:
    each = ", ".join(f"{band.network} ∂{band.state} {words(band.middle[-1])}" for band in bands)
    return f"Curves over the lag. After {lags[-1]} steps there is left: {each}."
