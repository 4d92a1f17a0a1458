"""Lines laid out as small tables: one for each grid of sizes, and one for what makes no grid."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ...analysis.summary import Group, Line
from ...analysis.tables import MODE_WORDS
from .wording import Wording, joined

# The rows and columns of a panel that can be read; fewer columns beside the long names of a table.
ROWS, COLUMNS, BESIDE_NAMES = 14, 14, 8
# With fewer than so many of its fields a grid is none.
_FULL = 0.6


@dataclass(frozen=True)
class Panel:
    """Lines by their row and column: a grid of sizes, or a table of what is none."""

    title: str
    is_grid: bool
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    fields: dict[tuple[int, int], Line]

    def legible(self) -> "Panel":
        """As many rows and columns as can be read: the first, the last, and some between."""
        down, across = spread(len(self.rows), ROWS), spread(len(self.columns), COLUMNS)
        return replace(
            self,
            rows=tuple(self.rows[at] for at in down),
            columns=tuple(self.columns[at] for at in across),
            fields={
                (r, c): self.fields[old]
                for r, old_r in enumerate(down)
                for c, old_c in enumerate(across)
                if (old := (old_r, old_c)) in self.fields
            },
        )


def panels_of(groups: Sequence[Group], wording: Wording) -> list[Panel]:
    """The grids, and for each number of threads the tables of what is no grid."""
    panels, by_threads = [], dict[int, list[Group]]()
    for group in groups:
        if is_grid(group):
            panels.append(_grid(group, wording))
        else:
            by_threads.setdefault(group.threads, []).append(group)
    return panels + [table for of in by_threads.values() for table in _tables(of, wording)]


def is_grid(group: Group) -> bool:
    """Whether a group has most of the fields of its grid."""
    steps, batches = group.sizes
    return len(group.lines) > 1 and len(group.lines) >= _FULL * len(steps) * len(batches)


def spread(count: int, most: int) -> list[int]:
    """So many indices at most, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(at * (count - 1) / (most - 1)) for at in range(most)})


def _grid(group: Group, wording: Wording) -> Panel:
    steps, batches = group.sizes
    down, across = ({size: at for at, size in enumerate(each)} for each in (steps, batches))
    return Panel(
        wording.title(group),
        True,
        tuple(f"T {size}" for size in steps),
        tuple(f"B {size}" for size in batches),
        {
            (down[line.workload.seq_len], across[line.workload.batch_size]): line
            for line in group.lines
        },
    )


def _tables(groups: Sequence[Group], wording: Wording) -> Iterator[Panel]:
    """Sizes down, cells and modes across, as many as have room beside each other."""
    columns: dict[str, dict[str, Line]] = {}
    threads = ""
    for group in groups:
        special = wording.special(group)
        threads = special.pop("threads", "")
        name = f"{group.workload.cell_name}\n{MODE_WORDS[group.workload.mode]}"
        for line in group.lines:
            w = line.workload
            row = joined([f"T {w.seq_len} · B {w.batch_size}", *special.values()])
            columns.setdefault(name, {})[row] = line
    names = tuple(columns)
    for start in range(0, len(names), BESIDE_NAMES):
        some = names[start : start + BESIDE_NAMES]
        rows = list(dict.fromkeys(row for name in some for row in columns[name]))
        down = {row: at for at, row in enumerate(rows)}
        fields = {
            (down[row], across): line
            for across, name in enumerate(some)
            for row, line in columns[name].items()
        }
        yield Panel(threads, False, tuple(rows), some, fields)
