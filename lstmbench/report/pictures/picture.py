"""One picture: what it is called, what it says in words, and how it is drawn."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .theme import Theme

if TYPE_CHECKING:
    from .canvas import Canvas

# What a page of GitHub shows without making it smaller, in CSS pixels.
WIDTH = 880


@dataclass(frozen=True)
class Picture:
    """A picture that is drawn when it is asked for, once for each theme."""

    name: str
    """A file stem of ``a-z``, ``0-9`` and ``-`` that no other picture of a result has."""
    title: str
    """What a person reads above it; of names in a file as plain text, not escaped."""
    alt: str
    """What it shows, with its key numbers; plain text too."""
    width: int
    height: int
    """CSS pixels to show it at."""
    draw: "Callable[[Canvas], None]" = field(repr=False)

    def svg(self, theme: Theme) -> str:
        """The picture as an SVG file; the same bytes whenever and wherever it is drawn."""
        from .canvas import drawn

        return drawn(self, theme)
