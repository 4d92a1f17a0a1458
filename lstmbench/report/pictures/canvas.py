"""A sheet to draw on by Matplotlib, measured in CSS pixels from the upper left corner."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .markup import finished
from .picture import Picture
from .theme import Theme

# One point of Matplotlib's is then one unit of the SVG, and is shown as one CSS pixel.
_DPI = 72
_SETTINGS: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lstmbench",
    # A dollar sign in a name is a dollar sign.
    "text.parse_math": False,
    "path.simplify": False,
}


class Canvas:
    """Text, boxes and plots at places given in pixels."""

    def __init__(self, width: int, height: int, theme: Theme) -> None:
        self.theme = theme
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI)
        self._page = self.figure.add_axes((0, 0, 1, 1))
        self._page.set(xlim=(0, width), ylim=(height, 0))
        self._page.set_axis_off()

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 11,
        colour: str | None = None,
        ha: str = "left",
        bold: bool = False,
    ) -> None:
        """Text whose middle line is at ``y``; where that is does not depend on the font."""
        self._page.text(
            x,
            y + 0.36 * size,
            text,
            size=size,
            color=colour or self.theme.ink,
            ha=ha,
            va="baseline",
            weight="bold" if bold else "normal",
        )

    def box(self, x: float, y: float, width: float, height: float, fill: str) -> None:
        self._page.add_patch(Rectangle((x, y), width, height, facecolor=fill, edgecolor="none"))

    def line(self, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
        xs, ys = zip(start, end, strict=True)
        self._page.plot(xs, ys, color=colour, linewidth=1, solid_capstyle="butt")

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """An empty plot with nothing but a light grid."""
        bottom = 1 - (y + height) / self.height
        box = (x / self.width, bottom, width / self.width, height / self.height)
        axes = self.figure.add_axes(box, facecolor="none")
        axes.grid(visible=True, color=self.theme.grid, linewidth=1)
        axes.set_axisbelow(True)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(which="both", length=0, colors=self.theme.muted, labelsize=10)
        return axes


def drawn(picture: Picture, theme: Theme) -> str:
    """The picture as an SVG file that has its title and its text alternative."""
    with _settings():
        canvas = Canvas(picture.width, picture.height, theme)
        picture.draw(canvas)
        file = io.StringIO()
        nothing = {"Date": None, "Creator": None}
        canvas.figure.savefig(file, format="svg", transparent=True, metadata=nothing)
    return finished(file.getvalue(), picture)


@contextmanager
def _settings() -> Iterator[None]:
    """Matplotlib's defaults and what a picture needs, whatever a person has set for others."""
    with matplotlib.rc_context(), warnings.catch_warnings():
        # The reader's font is another one, and may have what Matplotlib's has not.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield
