"""Lines laid out as small tables: one for each grid of sizes, and one for what makes no grid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ...summary import Group, Line, groups_of
from ...tables import MODE_WORDS
from .lettering import readable

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

    def within(self, rows: int, columns: int) -> "Panel":
        """At most so many rows and columns: the first and the last, and some of those between."""
        down, across = _some(len(self.rows), rows), _some(len(self.columns), columns)
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


def panels_of(lines: Sequence[Line]) -> tuple[list[Panel], str]:
    """The grids, the tables of what is no grid, and what holds for all of them in words."""
    groups = groups_of(lines)
    aspects = [_aspects(group) for group in groups]
    common = {name for name in aspects[0] if len({each[name] for each in aspects}) == 1}
    panels, by_threads = [], dict[int, list[Group]]()
    for group in groups:
        if _is_grid(group):
            panels.append(_grid(group, common))
        else:
            by_threads.setdefault(group.threads, []).append(group)
    panels += [_table(of, common) for of in by_threads.values()]
    return panels, _joined(aspects[0][name] for name in aspects[0] if name in common)


def sizes(group: Group) -> tuple[list[int], list[int]]:
    """The sequence lengths and the batch sizes of a group, ascending."""
    return (
        sorted({line.workload.seq_len for line in group.lines}),
        sorted({line.workload.batch_size for line in group.lines}),
    )


def _is_grid(group: Group) -> bool:
    steps, batches = sizes(group)
    return len(group.lines) > 1 and len(group.lines) >= _FULL * len(steps) * len(batches)


def _aspects(group: Group) -> dict[str, str]:
    """What tells groups apart besides cell and mode, in words; empty where it is the usual."""
    w = group.workload
    return {
        "input": f"I {w.input_size}",
        "hidden": f"H {w.hidden_size}",
        "layers": f"{w.num_layers} layers" if w.num_layers > 1 else "",
        "bias": "" if w.bias else "no bias",
        "remarks": _joined(map(readable, w.remarks)),
        "dtype": w.dtype,
        "threads": f"{group.threads} thread{'s' if group.threads > 1 else ''}",
    }


def _special(group: Group, common: set[str]) -> dict[str, str]:
    """What is not common; the input size only where it is not the hidden size."""
    of = {name: text for name, text in _aspects(group).items() if name not in common}
    if group.workload.input_size == group.workload.hidden_size:
        of.pop("input", None)
    return of


def _joined(words: Iterable[str]) -> str:
    return " · ".join(word for word in words if word)


def _grid(group: Group, common: set[str]) -> Panel:
    w = group.workload
    steps, batches = sizes(group)
    down, across = ({size: at for at, size in enumerate(each)} for each in (steps, batches))
    return Panel(
        _joined([w.cell_name, MODE_WORDS[w.mode], *_special(group, common).values()]),
        True,
        tuple(f"T {size}" for size in steps),
        tuple(f"B {size}" for size in batches),
        {
            (down[line.workload.seq_len], across[line.workload.batch_size]): line
            for line in group.lines
        },
    )


def _table(groups: Sequence[Group], common: set[str]) -> Panel:
    """Sizes down, cells and modes across."""
    fields: dict[tuple[str, str], Line] = {}
    for group in groups:
        of = _special(group, common | {"threads"}).values()
        column = f"{group.workload.cell_name}\n{MODE_WORDS[group.workload.mode]}"
        for line in group.lines:
            w = line.workload
            fields[_joined([f"T {w.seq_len} · B {w.batch_size}", *of]), column] = line
    rows, columns = (list(dict.fromkeys(key[axis] for key in fields)) for axis in (0, 1))
    down, across = ({name: at for at, name in enumerate(each)} for each in (rows, columns))
    return Panel(
        "" if "threads" in common else _aspects(groups[0])["threads"],
        False,
        tuple(rows),
        tuple(columns),
        {(down[row], across[column]): line for (row, column), line in fields.items()},
    )


def _some(count: int, most: int) -> list[int]:
    """So many indices at most, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(at * (count - 1) / (most - 1)) for at in range(most)})
