"""Sums of few numbers after the products: of what splits have left, and of columns."""

# Numba infers the types of what it compiles.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import cache
from typing import Any

from . import ops
from .job import COLUMNS, COMBINE
from .limits import THREADS
from .ops import block_x, block_y, num_threads, thread_id, word
from .precision import PRECISIONS
from .product import put as put_number
from .values import make_values


@cache
def make_combine(precision_name: str) -> Any:
    """The kernel ``(record)`` that adds up splits: 256 numbers a block, rows along y."""
    precision = PRECISIONS[precision_name]
    size = precision.sum_bytes
    W, values = COMBINE.at, make_values(precision, "exchange")
    zero, add, load_sum = values.zero, values.add, values.load_sum

    @ops.macro(returns=None)
    def put(emit, c, c_row, row, rows, rotate, column, value, accumulate):
        put_number(emit, precision, False, c, c_row, row, rows, rotate, column, value, accumulate)

    def combine(record):
        rows, columns = word(record, W.rows), word(record, W.columns)
        row, column = block_y(), block_x() * num_threads() + thread_id()
        split_bytes = word(record, W.split_bytes)
        if column < columns:
            place = word(record, W.parts) + (row * columns + column) * size
            total = zero()
            for _ in range(word(record, W.splits)):
                total = add(total, load_sum(place))
                place += split_bytes
            put(
                word(record, W.c),
                word(record, W.c_row),
                row,
                rows,
                word(record, W.c_rotate),
                column,
                total,
                word(record, W.accumulate),
            )

    return ops.kernel(combine, THREADS)


@cache
def make_columns(precision_name: str) -> Any:
    """The kernel ``(record)`` that sums columns: a column a thread, splits of the rows along y."""
    precision = PRECISIONS[precision_name]
    item, size = precision.item_bytes, precision.sum_bytes
    W, values = COLUMNS.at, make_values(precision, "exchange")
    zero, add, load, store_sum = values.zero, values.add, values.load, values.store_sum

    def columns_sum(record):
        rows, columns = word(record, W.rows), word(record, W.columns)
        column, part = block_x() * num_threads() + thread_id(), word(record, W.rows_part)
        first = block_y() * part
        if column < columns:
            total = zero()
            for row in range(first, min(first + part, rows)):
                total = add(total, load(word(record, W.a) + (row * columns + column) * item))
            store_sum(word(record, W.parts) + (block_y() * columns + column) * size, total)

    return ops.kernel(columns_sum, THREADS)
