"""Panels put on a page, and the fields of one: the winner's hue, its margin, and its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...analysis.shading import UNSURE, level
from ...analysis.summary import Lead
from ...units import ratio
from .legend import SHARES
from .lettering import fitting, readable, room
from .looks import Looks
from .panels import Panel
from .picture import WIDTH
from .theme import ink_on, mix

if TYPE_CHECKING:
    from .canvas import Canvas

_HEIGHT, _WIDEST, _NARROWEST, _ACROSS = 30.0, 125.0, 54.0, 4
_TITLE, _LINE, _GAP = 20.0, 13.0, 18.0
_SIZE, _SMALL, _BOLD = 11.0, 9.0, 1.1
# What the name of a row takes at most, and how much of its place a panel takes.
_LONGEST, _FILLED = 300.0, 0.98
# From so many rows on fields are lower.
_TALL, _LOW = 8, 26.0


@dataclass(frozen=True)
class Place:
    """A panel at its place: ``left`` is what the names of its rows take, ``field`` a width."""

    panel: Panel
    x: float
    y: float
    left: float
    field: float

    @property
    def head(self) -> float:
        """The height of the title and of the names of the columns."""
        lines = max(name.count("\n") + 1 for name in self.panel.columns)
        return lines * _LINE + bool(self.panel.title) * _TITLE + 4

    @property
    def height(self) -> float:
        """The height of a field."""
        return _HEIGHT if len(self.panel.rows) < _TALL else _LOW

    @property
    def bottom(self) -> float:
        return self.y + self.head + len(self.panel.rows) * self.height + _GAP


def placed(panels: Sequence[Panel], *, top: float) -> tuple[list[Place], int]:
    """Each panel at its place below ``top``, and the height of them all."""
    places: list[Place] = []
    for is_grid in (True, False):
        alike = [panel for panel in panels if panel.is_grid == is_grid]
        across = _across(alike)
        pitch = WIDTH / across
        for at, panel in enumerate(alike):
            if at % across == 0:
                top = max((place.bottom for place in places), default=top + _GAP / 2)
            left = _left(panel)
            field = min(_WIDEST, (pitch * _FILLED - left) / len(panel.columns))
            places.append(Place(panel, at % across * pitch, top, left, field))
    return places, round(max(place.bottom for place in places) - _GAP / 2)


def _across(panels: Sequence[Panel]) -> int:
    """How many panels stand side by side with room for their titles and fields."""
    needed = [
        max(
            (_left(panel) + _NARROWEST * len(panel.columns)) / _FILLED,
            room(panel.title, _SIZE + 1) * _BOLD,
        )
        for panel in panels
    ]
    return max(1, min(_ACROSS, len(panels), int(WIDTH / max(needed, default=1))))


def _left(panel: Panel) -> float:
    return min(max(room(name, _SMALL + 1) for name in panel.rows), _LONGEST) + 7


def draw_panel(canvas: "Canvas", place: Place, looks: Looks, names: dict[str, str]) -> None:
    """Title, rows, columns and fields; ``names`` has what is written into the fields of each."""
    panel, colour, letters = place.panel, canvas.theme.muted, _SMALL + 1
    left, top = place.x + place.left, place.y + place.head
    if panel.title:
        title = fitting(panel.title, _SIZE + 1, WIDTH / _BOLD)
        canvas.text(place.x, place.y + _TITLE / 2, title, size=_SIZE + 1, bold=True)
    for column, name in enumerate(panel.columns):
        middle, words = left + (column + 0.5) * place.field, name.split("\n")
        for up, word in enumerate(reversed(words)):
            y = top - (up + 0.5) * _LINE - 3
            canvas.text(middle, y, word, size=letters, colour=colour, ha="center")
    for row, name in enumerate(panel.rows):
        y = top + (row + 0.5) * place.height - 1
        name = fitting(name, letters, _LONGEST)
        canvas.text(left - 6, y, name, size=letters, colour=colour, ha="right")
    for (row, column), line in panel.fields.items():
        if line.lead:
            corner = left + column * place.field, top + row * place.height
            _draw_field(
                canvas, corner, (place.field - 2, place.height - 2), line.lead, looks, names
            )


def _draw_field(
    canvas: "Canvas",
    corner: tuple[float, float],
    size: tuple[float, float],
    lead: Lead,
    looks: Looks,
    names: dict[str, str],
) -> None:
    (x, y), (width, height), winner = corner, size, lead.first.backend
    theme, name = canvas.theme, names[winner]
    fill = mix(theme.background, looks[winner].colour(theme), SHARES[level(lead)])
    canvas.box(x, y, width, height, fill)
    margin = ("" if lead.is_sure else f"{UNSURE} ") + ratio(lead.margin.value)
    letters = _SIZE if room(margin, _SIZE) <= width else _SMALL
    margin = fitting(margin, letters, width)
    middle, ink = x + width / 2, ink_on(fill)
    lift = height / 5 if name else 0
    canvas.text(middle, y + height / 2 - lift, margin, size=letters, colour=ink, ha="center")
    if name:
        word = fitting(readable(name), _SMALL, width + 1)
        canvas.text(middle, y + height * 0.75, word, size=_SMALL, colour=ink, ha="center")
