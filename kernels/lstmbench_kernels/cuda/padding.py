"""A copy of a ragged batch's input without what lies beyond the ends, which may be anything.

The gradient of the weights is one product over all steps of all rows, in which the gate gradients
beyond an end are zero: but zero times what is not a number is none either.
"""

# T = seq_len, B = batch_size, I = input_size

# Numba infers the types of what it compiles.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import cache
from typing import Any

from . import ops
from .job import PADDING
from .limits import THREADS
from .ops import block_x, block_y, num_threads, thread_id, word
from .precision import PRECISIONS
from .values import make_values


@cache
def make_padded_copy(precision_name: str) -> Any:
    """The kernel ``(record)``: a batch row along x, a column a thread, over all steps."""
    precision = PRECISIONS[precision_name]
    item = precision.item_bytes
    W, values = PADDING.at, make_values(precision, "exchange")
    load, store, zero = values.load, values.store, values.zero

    def padded_copy(record):
        columns, b = word(record, W.columns), block_x()
        column = block_y() * num_threads() + thread_id()
        length = word(word(record, W.lengths), b)
        if column < columns:
            source = word(record, W.source) + b * word(record, W.source_row) + column * item
            target = word(record, W.target) + (b * columns + column) * item
            for t in range(word(record, W.steps)):
                value = zero()
                if t < length:
                    value = load(source)
                store(target, value)
                source += word(record, W.source_step)
                target += word(record, W.batch) * columns * item

    return ops.kernel(padded_copy, THREADS)
