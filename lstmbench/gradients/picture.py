"""What is left of a gradient after so many steps: the vanishing gradient and the carousel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle
from math import log10
from typing import TYPE_CHECKING

from ..report.pictures.curves import apart
from ..report.pictures.lettering import fitting, room
from ..report.pictures.picture import WIDTH, Picture
from .records import GradientsFile
from .summary import Band, bands, words
from .wording import when

if TYPE_CHECKING:
    from ..report.pictures.canvas import Canvas

# Below this nothing is left that learning could use; the axis ends there.
LEAST = 1e-8
_HUES = ("vermilion", "orange", "blue", "sky", "green", "purple", "yellow", "grey")
_TOP, _PLOT, _BELOW, _LEFT, _NAMES, _GAP = 44.0, 240.0, 46.0, 52.0, 190.0, 24.0
_NAME = 10.5


@dataclass(frozen=True)
class _Scales:
    """What all plots of a picture share."""

    lags: Sequence[int]
    greatest: float
    hues: Mapping[str, str]

    def below_top(self, gain: float) -> float:
        """How far down a gain is in a plot, in pixels."""
        share = log10(max(gain, LEAST) / LEAST) / log10(self.greatest / LEAST)
        return _PLOT * (1 - min(share, 1))


def gains(file: GradientsFile) -> Picture:
    """Side by side the plots along h and, for networks that have one, along c.

    Fresh networks are above trained ones, on the same scales.
    """
    found = bands(file)
    scales = _Scales(
        file.lags,
        max(10.0, *(max(each.most) for each in found)),
        dict(zip(dict.fromkeys(each.network for each in found), cycle(_HUES), strict=False)),
    )
    rows = [[each for each in found if each.trained == trained] for trained in (False, True)]
    rows = [row for row in rows if row]
    height = _TOP + _PLOT + _BELOW
    states = [state for state in ("h", "c") if any(each.state == state for each in found)]

    def draw(canvas: "Canvas") -> None:
        note = "Middle and range over the seeds of what is left of a gradient; at lag 0 it is 1"
        canvas.text(0, 11, note, colour=canvas.theme.muted)
        width = (WIDTH - _LEFT) / len(states) - _NAMES
        for n, row in enumerate(rows):
            for at, state in enumerate(states):
                x, top = _LEFT + at * (width + _NAMES), n * height + _TOP
                title = f"∂{state}(T) / ∂{state}(T−k)"
                if file.training is not None:
                    title += ", trained" if row[0].trained else ", at initialisation"
                canvas.text(x, top - 14, title, bold=True, size=12)
                of = [each for each in row if each.state == state]
                _draw(canvas, (x, top, width - _GAP), of, scales, with_marks=at == 0)

    title = f"What is left of a gradient after k steps, {when(file)}"
    return Picture("gains", title, _alt(found, file.lags), WIDTH, round(height * len(rows)), draw)


def _draw(
    canvas: "Canvas",
    place: tuple[float, float, float],
    bands: Sequence[Band],
    scales: _Scales,
    *,
    with_marks: bool,
) -> None:
    """The curves of one state, their ranges behind them, and their names at their ends."""
    (x, top, width), theme, lags = place, canvas.theme, scales.lags
    axes = canvas.axes(x, top, width, _PLOT)
    axes.set(xscale="log", yscale="log", xlim=(lags[0], lags[-1]), ylim=(LEAST, scales.greatest))
    axes.minorticks_off()
    marks = [10.0**power for power in range(round(log10(LEAST)), 2, 2)]
    axes.set_yticks(marks, [words(mark) if with_marks else "" for mark in marks])
    ticks = [lag for lag in (1, 10, 100, 1000, 10000) if lags[0] <= lag <= lags[-1]]
    axes.set_xticks(ticks, list(map(str, ticks)))
    canvas.text(x + width / 2, top + _PLOT + 30, "lag k", colour=theme.muted, ha="center", size=10)
    for band in bands:
        colour = theme.hues[scales.hues[band.network]]
        # What is below the axis has a place on a logarithmic one too.
        middle, least, most = (
            [max(gain, LEAST / 10) for gain in gains]
            for gains in (band.middle, band.least, band.most)
        )
        axes.plot(lags, middle, color=colour, linewidth=1.8)
        axes.fill_between(lags, least, most, color=colour, alpha=0.18, linewidth=0)
    _draw_names(canvas, x + width, top, bands, scales)


def _draw_names(
    canvas: "Canvas", edge: float, top: float, bands: Sequence[Band], scales: _Scales
) -> None:
    """The networks beside the ends of their curves."""
    ends = {band: scales.below_top(band.middle[-1]) for band in bands}
    order = sorted(ends, key=lambda band: (ends[band], band.network))
    for band, y in zip(order, apart([ends[band] for band in order], 15, _PLOT), strict=True):
        gone = next(
            (lag for lag, left in zip(scales.lags, band.middle, strict=True) if left < LEAST), None
        )
        start = ends[band] if gone is None else y
        colour = canvas.theme.hues[scales.hues[band.network]]
        canvas.line((edge + 3, top + start), (edge + 12, top + y), colour)
        note = "" if gone is None else f": gone by {gone}"
        name = fitting(band.network, _NAME, _NAMES + _GAP - 20 - room(note, _NAME))
        canvas.text(edge + 16, top + y, f"{name}{note}", size=_NAME)


def _alt(bands: Sequence[Band], lags: Sequence[int]) -> str:
    said = [
        ", ".join(
            f"{band.network} ∂{band.state} {words(band.middle[-1])}"
            for band in bands
            if band.trained == trained
        )
        for trained in (False, True)
    ]
    trained = f" When trained: {said[1]}." if said[1] else ""
    return f"Curves over the lag. After {lags[-1]} steps there is left: {said[0]}.{trained}"
