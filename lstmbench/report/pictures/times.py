"""Time against sequence length and against batch size, one line a backend."""

from collections import Counter
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Literal

from ...analysis.summary import Group, Line, groups_of, is_disturbed, is_own
from ...analysis.tables import group_title
from ...units import duration
from .curves import HEIGHT, Plot, Point, draw_row, limits_of
from .lettering import readable
from .looks import Looks, looks_of
from .panels import is_grid, spread
from .picture import WIDTH, Picture

if TYPE_CHECKING:
    from .canvas import Canvas

# Pictures of a result, plots side by side in one, its curves, and points of all its curves.
MOST, ACROSS, CURVES, POINTS = 10, 3, 16, 600
# Pictures of a result of so many lines: who has thousands of shapes looks for his own in the HTML
# page, and each picture takes a third of a second.
FEW, MANY = 5, 2000
# The longest title, and the height of the words above the plots.
_TITLE, _WORDS = 200, 22
_AXES = {"seq_len": "sequence length", "batch_size": "batch size"}
_LETTERS = {"seq_len": "T", "batch_size": "B"}
_Axis = Literal["seq_len", "batch_size"]


def times(lines: Sequence[Line]) -> list[Picture]:
    """A picture for each grid of sizes; of too many those with the most fields."""
    looks = looks_of(lines)
    grids = [group for group in groups_of(lines) if is_grid(group)]
    kept: dict[int, list[list[Plot]]] = {}
    most = MOST if len(lines) < MANY else FEW
    for at in sorted(range(len(grids)), key=lambda at: -len(grids[at].lines)):
        if len(kept) < most and (plots := _plots(grids[at], looks)):
            kept[at] = plots
    note = f"; {len(kept)} of {len(grids)} grids have a picture" if len(kept) < len(grids) else ""
    names: Counter[str] = Counter()
    pictures = []
    for at in sorted(kept):
        w = grids[at].workload
        name = f"time-{w.cell_name}-{w.mode}-h{w.hidden_size}"
        names[name] += 1
        number = f"-{names[name]}" if names[name] > 1 else ""
        pictures.append(_picture(name + number, grids[at], kept[at], note))
    return pictures


def _picture(name: str, group: Group, rows: Sequence[Sequence[Plot]], note: str) -> Picture:
    every = [plot for plots in rows for plot in plots]
    limits = limits_of(every)
    words = "Time of a call / time-steps in it; bars are 95 % intervals that a mark does not hide"
    if any(point.in_doubt for plot in every for _, points in plot.curves for point in points):
        words += "; hollow where other processes were busy"
    words += note
    backends = {row.backend for line in group.lines for row in line.ranking}
    if len(backends) > CURVES:
        words += f"; the fastest {CURVES} of {len(backends)} backends"

    def draw(canvas: "Canvas") -> None:
        canvas.text(0, _WORDS / 2, words, colour=canvas.theme.muted)
        for down, plots in enumerate(rows):
            draw_row(canvas, _WORDS + down * HEIGHT, plots, limits)

    title = readable(group_title(group), _TITLE)
    return Picture(name, title, _alt(group), WIDTH, round(_WORDS + len(rows) * HEIGHT), draw)


def _alt(group: Group) -> str:
    timed = [line for line in group.lines if line.ranking]
    axes = []
    for axis, letter in _LETTERS.items():
        sizes = sorted({getattr(line.workload, axis) for line in timed})
        if len(sizes) > 1:
            axes.append(f"{_AXES[axis]} ({letter} {sizes[0]} to {sizes[-1]})")
    largest = max(timed, key=lambda line: line.workload.valid_steps)
    w = largest.workload
    each = ", ".join(
        f"{readable(row.backend)} {duration(row.time_s.median)}"
        for row in largest.ranking[:CURVES]
        if row.time_s
    )
    return (
        f"Time against {' and against '.join(axes)}. "
        f"A call at T {w.seq_len}, B {w.batch_size}: {each}."
    )


def _plots(group: Group, looks: Looks) -> list[list[Plot]]:
    """Rows of plots: against sequence length, and against batch size."""
    looks = {name: looks[name] for name in _fastest(group)}
    rows = [
        _row(group, looks, "batch_size", "seq_len"),
        _row(group, looks, "seq_len", "batch_size"),
    ]
    return [row for row in rows if row]


def _fastest(group: Group) -> list[str]:
    """As many backends as a picture has curves, those that come first most on average."""
    ranks: dict[str, list[int]] = {}
    for line in group.lines:
        for rank, name in enumerate(sorted(line.timed(), key=line.timed().__getitem__)):
            ranks.setdefault(name, []).append(rank)
    return sorted(ranks, key=lambda name: fmean(ranks[name]))[:CURVES]


def _row(group: Group, looks: Looks, fixed: _Axis, axis: _Axis) -> list[Plot]:
    """A plot over one size for some values of the other."""
    by_size: dict[int, dict[int, Line]] = {}
    for line in group.lines:
        if line.timed():
            w = line.workload
            by_size.setdefault(getattr(w, fixed), {})[getattr(w, axis)] = line
    several = sorted(size for size, lines in by_size.items() if len(lines) > 1)
    shown = [several[at] for at in spread(len(several), ACROSS)]
    return [_plot(f"{_LETTERS[fixed]} {size}", axis, by_size[size], looks) for size in shown]


def _plot(title: str, axis: _Axis, lines: dict[int, Line], looks: Looks) -> Plot:
    sizes = sorted(lines)
    names = {name for line in lines.values() for name in line.timed()} & looks.keys()
    most = max(POINTS // (2 * ACROSS * max(len(names), 1)), 3)
    sizes = [sizes[at] for at in spread(len(sizes), most)]
    curves: dict[str, list[Point]] = {}
    for size in sizes:
        steps = lines[size].workload.valid_steps
        for name, row in lines[size].rows.items():
            if row.time_s is not None and name in looks:
                low, high = (end / steps for end in row.time_s.ci95)
                point = Point(size, low, row.time_s.median / steps, high, is_disturbed(row))
                curves.setdefault(name, []).append(point)
    # The last is drawn on top.
    drawn = tuple((looks[name], tuple(curves[name])) for name in sorted(curves, key=is_own))
    return Plot(title, f"{_AXES[axis]} {_LETTERS[axis]}", tuple(sizes), drawn)
