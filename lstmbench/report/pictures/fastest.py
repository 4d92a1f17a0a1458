"""The winners' map: which backend is the fastest for which shape, by how much, and how surely."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...analysis.summary import Line, groups_of, wins
from ...units import ratio
from .fields import draw_panel, placed
from .legend import Legend
from .lettering import readable, without_device
from .looks import looks_of
from .panels import Panel, panels_of
from .picture import WIDTH, Picture
from .wording import Wording

if TYPE_CHECKING:
    from .canvas import Canvas

# More than this nobody reads in one picture.
PANELS, FIELDS = 14, 210
# Names in the text alternative, at most.
WINNERS = 16


def fastest(lines: Sequence[Line]) -> list[Picture]:
    """The map of the lines on which two backends have a time; none where there are none."""
    contests = [line for line in lines if line.lead]
    if not contests:
        return []
    looks, won = looks_of(lines), wins(contests)
    groups = groups_of(contests)
    wording = Wording(groups)
    shown = _largest(panels_of(groups, wording))
    timed = {row.backend: won.get(row.backend, 0) for line in contests for row in line.ranking}
    score = sorted(timed.items(), key=lambda item: -item[1])
    legend = Legend([(looks[name], count) for name, count in score], wording.common)
    places, height = placed(shown, top=legend.height)
    names = without_device(list(won))

    def draw(canvas: "Canvas") -> None:
        legend.draw(canvas)
        for place in places:
            draw_panel(canvas, place, looks, {**names, next(iter(won)): ""})

    title = "The fastest backend for each shape"
    missing = len(contests) - sum(len(panel.fields) for panel in shown)
    if missing:
        title += f" ({missing} of {len(contests)} shapes are not shown)"
    return [Picture("fastest", title, _alt(contests, won), WIDTH, height, draw)]


def _largest(panels: Sequence[Panel]) -> list[Panel]:
    """The panels with the most fields, in their order, as many as can be read."""
    small = [panel.legible() for panel in panels]
    kept, left = set(), FIELDS
    for at in sorted(range(len(small)), key=lambda at: -len(small[at].fields))[:PANELS]:
        left -= len(small[at].fields)
        if left >= 0:
            kept.add(at)
    return [panel for at, panel in enumerate(small) if at in kept]


def _alt(contests: Sequence[Line], won: dict[str, int]) -> str:
    some = list(won.items())[:WINNERS]
    score = ", ".join(f"{readable(name)} in {count}" for name, count in some)
    leads = [line.lead for line in contests if line.lead]
    margins = [lead.margin.value for lead in leads]
    return (
        f"A map of sequence length and batch size for each cell and mode. Of {len(leads)} "
        f"workloads the fastest is {score}, {ratio(min(margins))} to {ratio(max(margins))} ahead "
        f"of the second; in {sum(not lead.is_sure for lead in leads)} noise may have decided."
    )
