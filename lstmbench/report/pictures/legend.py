"""The lines of words above a map: who wins how often, what a shade says, what holds for all."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ...analysis.shading import STEPS, UNSURE
from .lettering import flow, room
from .looks import Look
from .picture import WIDTH
from .theme import mix

if TYPE_CHECKING:
    from .canvas import Canvas

# How much of its hue a field has at each level of ``shading``, from not sure to far ahead.
SHARES = (0.13, 0.3, 0.5, 0.73, 1.0)
# Names of a line, at most.
_MOST = 16
_LINE, _SWATCH, _SPACE, _SIZE = 22, 12, 14, 11.5


@dataclass(frozen=True)
class _Item:
    """Words behind a swatch of a hue; without a hue they are muted and have none."""

    text: str
    look: Look | None = None
    share: float = 1.0

    @property
    def width(self) -> float:
        swatch = _SWATCH + 6 if self.look else 0
        return swatch + room(self.text, _SIZE) + (_SPACE if self.look else 4)


@dataclass(frozen=True)
class Legend:
    """``wins`` has each backend with its wins, the most frequent winner first."""

    wins: Sequence[tuple[Look, int]]
    common: str

    @cached_property
    def _placed(self) -> list[tuple[float, int, _Item]]:
        """Each item with its x and its line."""
        first = self.wins[0][0]
        won = [(f"{look.name} {count}", look) for look, count in self.wins if count]
        names = [_Item(text, look) for text, look in won[:_MOST]]
        if won[_MOST:]:
            names.append(_Item(f"and {len(won) - _MOST} more"))
        lost = [look.name for look, count in self.wins if not count]
        names += [_Item(word) for word in _listed("never the fastest:", _some(lost))]
        shades = [
            f"{UNSURE} not sure",
            *(f"up to {step:g}×" for step in STEPS[1:]),
            f"over {STEPS[-1]:g}×",
        ]
        scale = [_Item("Ahead of the second by")]
        scale += [_Item(text, first, share) for text, share in zip(shades, SHARES, strict=True)]
        words = _Item(f"T: steps, B: batch, H: hidden size · {self.common}")
        placed, line = [], 0
        for items in (names, [*scale, words]):
            at = flow([item.width for item in items], WIDTH)
            placed += [(x, line + down, item) for (x, down), item in zip(at, items, strict=True)]
            line = placed[-1][1] + 1
        return placed

    @property
    def height(self) -> int:
        return (self._placed[-1][1] + 1) * _LINE

    def draw(self, canvas: "Canvas") -> None:
        theme = canvas.theme
        for x, line, item in self._placed:
            y = (line + 0.5) * _LINE
            if item.look:
                fill = mix(theme.background, item.look.colour(theme), item.share)
                canvas.box(x, y - _SWATCH / 2, _SWATCH, _SWATCH, fill)
                x += _SWATCH + 6
            colour = theme.ink if item.look else theme.muted
            canvas.text(x, y, item.text, size=_SIZE, colour=colour)


def _some(names: Sequence[str]) -> list[str]:
    """The first of some names, and how many more there are."""
    more = [f"and {len(names) - _MOST} more"] if names[_MOST:] else []
    return [*names[:_MOST], *more]


def _listed(head: str, names: Sequence[str]) -> list[str]:
    return [head, *(f"{name}," for name in names[:-1]), names[-1]] if names else []
