"""The records that compiled code works from: addresses and sizes of one layer and direction, and
each thread's share.  All fields are 64-bit integers; addresses and strides are in bytes.
"""

import numba
import numpy as np
from numba import carray, types

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, U = vectors of units in a block
from .compile import inner

_JOB_FIELDS = (
    "tile", "stream", "T", "B", "I", "H", "U", "blocks", "reverse", "training", "chunk", "cache",
    # forward: arrays, their byte strides from step to step and from row to row
    "x", "x_step", "x_row", "y", "y_step", "y_row", "h0", "state0", "hT", "cT",
    "weight_x", "weight_h", "bias", "gates", "state", "state_step",
    # where layers overlap: the addresses of how many steps this layer and the one below have done
    "done", "below",
    # of a ragged batch: addresses of what ``rows.Deal`` holds, and of h at two steps in its order
    "order", "lengths", "ends", "ring",
    # backward
    "panel_vectors", "panels", "weight_x_t", "weight_h_t", "dy", "dy_step", "dy_row", "dhT", "dcT",
    "carry", "dh0", "dc0", "dx", "dx_step", "dx_row", "dweight_ih", "dweight_hh",
    "dbias_ih", "dbias_hh",
)  # fmt: skip
_SHARE_FIELDS = (
    "thread", "threads", "part_first", "part_end", "parts",
    "direction_first", "direction_end", "row_group", "b_first", "b_end",
    "block_first", "block_end", "panel_first", "panel_end",
    "group_size", "unit", "patience", "slow_waits", "waited", "group_counter", "team_counter",
    "start_counter", "finish_counter", "scratch", "layers", "directions",
    "layer_groups", "layer_turn",
)  # fmt: skip

JOB = np.dtype([(name, np.int64) for name in _JOB_FIELDS])
SHARE = np.dtype([(name, np.int64) for name in _SHARE_FIELDS])


def call_of(jobs):
    """What code of the team takes: such jobs, shares, the number of the thread and of all."""
    records = (types.CPointer(numba.from_dtype(each)) for each in (jobs, SHARE))
    return types.none(*records, types.int64, types.int64)


CALL = call_of(JOB)


@inner
def records(jobs, shares):
    """The arrays of records behind the two addresses of a call."""
    first = carray(shares, 1)[0]
    return carray(jobs, first.layers * first.directions), carray(shares, first.threads)
