"""Launches of the products over all steps, and of the sums that follow them."""

# H = hidden_size

from math import ceil

from .job import COLUMNS, COMBINE, PRODUCT
from .limits import THREADS
from .product import NARROW_SIDE, ProductKind, make_product, shared_bytes, sides
from .reduce import make_columns, make_combine
from .work import Launch, Operands, Work


def product(
    work: Work,
    name: str,
    *,
    rows: int,
    columns: int,
    depth: int,
    a: tuple[int, int, int],
    b: tuple[int, int, int],
    c: tuple[int, int],
    b_rest: tuple[int, int, int] | None = None,
    rotate: int = 0,
    accumulate: bool = False,
) -> list[Launch]:
    """``c = a·bᵀ``: each of a and b as (address, bytes to the next row, to the next of k)."""
    precision, multiprocessors = work.precision, work.limits.multiprocessors
    item = precision.item_bytes
    a_rows, b_rows = _along_k(a, item, depth), b_rest is None and _along_k(b, item, depth)
    # The widest that still gives every multiprocessor something to do
    side = max(
        (
            side
            for side in sides(precision, a_rows, b_rows)
            if ceil(rows / side) * ceil(columns / side) >= multiprocessors
        ),
        default=NARROW_SIDE,
    )
    places = ceil(rows / side) * ceil(columns / side)
    chunks = ceil(depth / precision.chunk)
    splits = max(1, min(multiprocessors // places, chunks // 8))
    part = ceil(chunks / splits) * precision.chunk
    splits = ceil(depth / part)
    kind = ProductKind(precision.name, side, a_rows, b_rows, splits > 1)
    size = precision.sum_bytes
    sums = 0
    if splits > 1:
        sums = work.arena.address(f"splits {name}", splits * rows * columns * size)
    first, rest, rest_depth = b_rest or (depth, b[0], b[2])
    record = work.record(
        name,
        PRODUCT,
        [
            {
                "rows": rows,
                "columns": columns,
                "depth": depth,
                "depth_part": part,
                "a": a[0],
                "a_row": a[1],
                "a_depth": a[2],
                "b": b[0],
                "b_row": b[1],
                "b_depth": b[2],
                "b_first": first,
                "b_rest": rest,
                "b_rest_depth": rest_depth,
                "c": sums or c[0],
                "c_row": columns * size if sums else c[1],
                "c_split": rows * columns * size if sums else 0,
                "c_rotate": 0 if sums else rotate,
                "accumulate": 0 if sums else int(accumulate),
            }
        ],
    )
    kernel, memory = make_product(kind), shared_bytes(kind)
    grid = ceil(columns / side), ceil(rows / side), splits
    launches: list[Launch] = [lambda stream: kernel.launch(grid, THREADS, memory, stream, record)]
    if sums:
        launches += combine(
            work,
            f"combine {name}",
            rows=rows,
            columns=columns,
            splits=splits,
            parts=sums,
            split_bytes=rows * columns * size,
            c=c,
            rotate=rotate,
            accumulate=accumulate,
        )
    return launches


def combine(
    work: Work,
    name: str,
    *,
    rows: int,
    columns: int,
    splits: int,
    parts: int,
    split_bytes: int,
    c: tuple[int, int],
    rotate: int = 0,
    accumulate: bool = False,
) -> list[Launch]:
    record = work.record(
        name,
        COMBINE,
        [
            {
                "rows": rows,
                "columns": columns,
                "splits": splits,
                "parts": parts,
                "split_bytes": split_bytes,
                "c": c[0],
                "c_row": c[1],
                "c_rotate": rotate,
                "accumulate": int(accumulate),
            }
        ],
    )
    kernel = make_combine(work.precision.name)
    grid = ceil(columns / THREADS), rows, 1
    return [lambda stream: kernel.launch(grid, THREADS, 0, stream, record)]


def bias_gradients(
    work: Work, place: str, gates: int, suffix: str, gradients: Operands
) -> list[Launch]:
    layout, H = work.layout, work.shape.hidden_size
    rows, columns = work.steps * work.batch, layout.slots * H
    splits = max(1, min(64, rows // 32))
    rows_part = ceil(rows / splits)
    splits = ceil(rows / rows_part)
    size = work.precision.sum_bytes
    parts = work.arena.address("column sums", splits * columns * size)
    record = work.record(
        f"columns {place}",
        COLUMNS,
        [
            {
                "rows": rows,
                "columns": columns,
                "rows_part": rows_part,
                "a": gates,
                "parts": parts,
            }
        ],
    )
    kernel = make_columns(work.precision.name)
    grid = ceil(columns / THREADS), splits, 1
    launches: list[Launch] = [lambda stream: kernel.launch(grid, THREADS, 0, stream, record)]
    # Of each sort of gates, slot 0 belongs to the first, and the others follow round.
    for kind, gate_order, first in (
        ("bias_ih", layout.x_gates, 0),
        ("bias_hh", layout.h_gates, layout.h_first),
    ):
        launches += combine(
            work,
            f"{kind} {place}",
            rows=len(gate_order),
            columns=H,
            splits=splits,
            parts=parts + first * H * size,
            split_bytes=columns * size,
            c=(gradients[kind + suffix].address, H * work.precision.item_bytes),
            rotate=gate_order[0],
        )
    return launches


def _along_k(operand: tuple[int, int, int], item: int, depth: int) -> bool:
    """Whether rows can be read sixteen bytes at a time along k."""
    address, row_bytes, k_bytes = operand
    return k_bytes == item and address % 16 == 0 and row_bytes % 16 == 0 and depth * item % 16 == 0
