"""How much longer one cell takes than another: the same shape, backend, machine and run."""

from collections.abc import Iterator

from ..analysis.summary import Speedup
from ..records import Result, Row

MODES = {"train": "forward and backward", "infer": "inference"}


def ratios(result: Result, cell: str, than: str) -> Iterator[tuple[str, Speedup]]:
    """For each shape and mode in words, the time of one cell / the time of another."""
    rows = {
        (row.workload.cell_name, row.workload.mode, row.workload.sizes): row for row in result.rows
    }
    for (name, mode, sizes), row in rows.items():
        other = rows.get((than, mode, sizes))
        if name != cell or other is None:
            continue
        found = Speedup.of(row, other)
        if found is not None:
            yield f"{MODES[mode]}, {_place(row)}", found


def _place(row: Row) -> str:
    size = row.workload
    return f"T {size.seq_len}, B {size.batch_size}, H {size.hidden_size}"
