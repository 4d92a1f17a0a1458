"""How near each backend comes to the most that the machine allows."""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING

from ...analysis.summary import Line
from ...analysis.tables import MODE_WORDS
from ...units import percent
from .lettering import readable
from .looks import Look, looks_of
from .picture import WIDTH, Picture
from .strips import ABOVE, BELOW, LEFT, ROW, draw_names, draw_strips

if TYPE_CHECKING:
    from .canvas import Canvas

# Backends, and how far beyond the bound a dot can be.
MOST, BEYOND = 20, 1.25


def bounds(lines: Sequence[Line]) -> list[Picture]:
    """One picture of all rows that have a bound; none where no row has."""
    looks = looks_of(lines)
    found: dict[str, dict[Look, list[float]]] = {}
    kinds: Counter[str] = Counter()
    for line in lines:
        for name, row in line.rows.items():
            if row.fraction_of_peak is not None:
                strips = found.setdefault(row.mode, {})
                strips.setdefault(looks[name], []).append(row.fraction_of_peak)
                kinds[readable(row.bound or "unknown")] += 1
    if not found:
        return []
    ranked = _nearest_first(found)
    shown = ranked[:MOST]
    what = ", ".join(f"{kind} in {count}" for kind, count in kinds.most_common(4))
    words = (
        f"Least time that the machine allows / time of a call, a dot for each row; bound: {what}"
    )
    greatest = max(1.0, *(max(each) for strips in found.values() for each in strips.values()))
    greatest = min(greatest, BEYOND)

    def draw(canvas: "Canvas") -> None:
        canvas.text(0, 11, words, colour=canvas.theme.muted)
        draw_names(canvas, shown)
        width = (WIDTH - LEFT) / len(found)
        for at, (mode, strips) in enumerate(found.items()):
            x = LEFT + at * width
            named = [(look, sorted(strips.get(look, []))) for look in shown]
            draw_strips(canvas, (x, width), MODE_WORDS[mode], named, greatest)

    title = "Distance to what the machine allows"
    if len(ranked) > len(shown):
        title += f" ({len(ranked) - len(shown)} of {len(ranked)} backends are not shown)"
    height = round(ABOVE + ROW * len(shown) + BELOW)
    return [Picture("bounds", title, _alt(found, shown), WIDTH, height, draw)]


def _nearest_first(found: dict[str, dict[Look, list[float]]]) -> list[Look]:
    """The backends by the median of all their fractions."""
    every: dict[Look, list[float]] = {}
    for strips in found.values():
        for look, fractions in strips.items():
            every.setdefault(look, []).extend(fractions)
    return sorted(every, key=lambda look: -median(every[look]))


def _alt(found: dict[str, dict[Look, list[float]]], shown: Sequence[Look]) -> str:
    parts = []
    for mode, strips in found.items():
        each = (f"{look.name} {percent(median(strips[look]))}" for look in shown if look in strips)
        parts.append(f"{MODE_WORDS[mode]}: {', '.join(each)}")
    return f"How much of what the machine allows each backend reaches, median, {'; '.join(parts)}."
