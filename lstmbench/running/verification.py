"""The matrix that ``lstmbench verify`` runs, and what came of it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from random import Random

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from lstmbench_kernels.spec import CELLS

from ..planning.plan import Plan
from ..records import Row
from ..units import percent
from ..workload import Workload

# (seq_len, batch_size, input_size, hidden_size): the smallest; sizes no vector width divides; one
# sequence; one step; and one large enough for every blocking and every thread.
SHAPES = ((1, 1, 1, 1), (7, 3, 5, 11), (16, 1, 20, 52), (1, 5, 17, 33), (50, 33, 64, 128))
# A simulated GPU runs every thread of a kernel as a thread of Python: seconds for the smallest.
SIMULATED_SHAPES = ((1, 1, 1, 1), (3, 2, 3, 5), (2, 1, 4, 16))
LARGEST, SIMULATED_LARGEST = (40, 150), (4, 16)
MODES = ("infer", "train")


def matrix(
    cells: Sequence[str] = tuple(CELLS),
    shapes: Sequence[tuple[int, int, int, int]] = SHAPES,
    dtypes: Sequence[str] = ("float32", "float64"),
) -> Iterator[Workload]:
    """Every cell × direction × layers × bias × dtype × shape × mode."""
    for cell, bidirectional, layers, bias, dtype, sizes, mode in product(
        cells, (False, True), (1, 2), (True, False), dtypes, shapes, MODES
    ):
        seq_len, batch_size, input_size, hidden_size = sizes
        yield Workload(
            cell=cell,
            mode=mode,
            seq_len=seq_len,
            batch_size=batch_size,
            input_size=input_size,
            hidden_size=hidden_size,
            bidirectional=bidirectional,
            num_layers=layers,
            bias=bias,
            dtype=dtype,
        )


def random_workloads(
    count: int,
    seed: int,
    cells: Sequence[str],
    dtypes: Sequence[str] = ("float32", "float64"),
    largest: Sequence[int] = LARGEST,
) -> Iterator[Workload]:
    """``count`` workloads whose sizes, and everything else, a seed decides.

    Sizes are spread evenly over their orders of magnitude: as many from 1 to 10 as from 10 to 100.
    ``largest`` are those of steps and batch, and of input and hidden size.
    """
    rng = Random(seed)

    def size(most: int) -> int:
        return round(float(most ** rng.random()))

    for _ in range(count):
        yield Workload(
            cell=rng.choice(cells),
            mode=rng.choice(MODES),
            seq_len=size(largest[0]),
            batch_size=size(largest[0]),
            input_size=size(largest[1]),
            hidden_size=size(largest[1]),
            bidirectional=rng.random() < 0.5,
            num_layers=rng.randint(1, 3),
            bias=rng.random() < 0.8,
            dtype=rng.choice(dtypes),
        )


def make_plan(
    backends: Sequence[str],
    workloads: Iterable[Workload],
    *,
    required: bool,
    threads: Sequence[int],
) -> Plan:
    """Workloads to verify as a plan for the same loop that measures."""
    return Plan(
        suite="verify",
        baseline=backends[0],
        backends=tuple(backends),
        required=required,
        threads=tuple(threads),
        workloads=tuple(dict.fromkeys(workloads)),
    )


@dataclass(frozen=True)
class Worst:
    """The worst row of one backend, cell and precision."""

    backend: str
    cell: str
    dtype: str
    output: Row
    gradient: Row | None
    share: Row
    rows: int


def share_of_tolerance(row: Row) -> float:
    """The worst error of a row as a fraction of what it may be."""
    assert row.error is not None
    return max(row.error.output, row.error.gradient or 0.0) / row.error.tolerance


def worst_of(rows: Sequence[Row]) -> list[Worst]:
    """The worst errors of each backend, cell (with direction) and precision."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row.error is not None:
            key = (row.backend, row.workload.cell_name, row.dtype)
            groups.setdefault(key, []).append(row)
    found = []
    for (backend, cell, dtype), of in groups.items():
        graded = [row for row in of if row.error and row.error.gradient is not None]
        found.append(
            Worst(
                backend,
                cell,
                dtype,
                output=max(of, key=lambda row: row.error.output if row.error else 0.0),
                gradient=max(
                    graded,
                    key=lambda row: (row.error.gradient or 0.0) if row.error else 0.0,
                    default=None,
                ),
                share=max(of, key=share_of_tolerance),
                rows=len(of),
            )
        )
    return found


def table(worst: Sequence[Worst]) -> RenderableType:
    """The worst errors by backend, cell and precision, and how near to the bound they come."""
    view = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for head, width in (("backend", 9), ("cell", 11), ("dtype", 8)):
        view.add_column(head, no_wrap=True, min_width=width)
    for head, width in (("rows", 4), ("output", 7), ("gradient", 8), ("of bound", 8)):
        view.add_column(head, justify="right", no_wrap=True, min_width=width)
    view.add_column("nearest to it", no_wrap=True, overflow="ellipsis")
    for each in worst:
        share = share_of_tolerance(each.share)
        gradient = each.gradient.error.gradient if each.gradient and each.gradient.error else None
        view.add_row(
            each.backend,
            each.cell,
            each.dtype,
            str(each.rows),
            f"{each.output.error.output:.1e}" if each.output.error else "",
            f"{gradient:.1e}" if gradient is not None else "",
            Text(percent(share), style="green" if share <= 1 else "bold red"),
            f"{each.share.mode} {each.share.workload.sizes}",
        )
    legend = Text(
        "output, gradient: the worst error, that is the largest difference from the float64 oracle "
        "at unit scale; its bound: 1e-12 in float64, and in float32 8 times the error that NumPy "
        "makes in float32 on the same problem (at least 1.9e-6, at most 5e-5); in float16, "
        "bfloat16 and tf32 8 times what rounding the factors of its products makes (8 to 64 unit "
        "roundoffs)",
        style="dim",
    )
    return Group(view, legend)
