"""What a kernel is told: a record of int64 words in device memory, one for each direction.

A launch then takes one address, however many arrays there are: each further argument costs the host
about as long as a step of a small network takes.  Addresses and strides are in bytes.
"""

from collections import namedtuple
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray


class Record:
    """Names of words.

    Attributes:
        at: the place of each word, by its name: compiled code reads ``at.steps`` as a constant.
    """

    def __init__(self, *names: str) -> None:
        self.names = names
        self.at: Any = namedtuple("Words", names)(*range(len(names)))

    @property
    def nbytes(self) -> int:
        return 8 * len(self.names)

    def words(self, values: Mapping[str, int]) -> NDArray[np.int64]:
        """The record of these values, of which none may be missing."""
        wrong = set(self.names) ^ values.keys()
        if wrong:
            raise KeyError(f"record: {', '.join(sorted(wrong))}")
        return np.array([values[name] for name in self.names], np.int64)


RECURRENCE = Record(
    # Sizes
    "steps",
    "batch",
    "hidden",
    "units",  # of a block
    "units_shift",  # log2 of units, rounded up
    "group_rows",  # batch rows of a group of blocks
    "blocks",  # of a group: each has `units` units
    "warps_k_shift",  # log2 of the warps that share k
    "chunks",  # of k, of a warp
    "kept_chunks",  # of those: how many lie in shared memory
    "row_bytes",  # of an operand row
    "sums_stride",  # of a row of sums
    "reverse",  # 1 where the direction goes back in time
    # What both passes use
    "weights",
    "gates",  # (T, B, slots, H)
    "states",  # (T + 1, B, H) in the order of the steps, saved for backward
    "state",  # (B, H): carried from launch to launch
    "operand",  # (2, rows, row_bytes): exchanged between blocks
    "operand_bytes",  # of one of the two
    "counters",  # one for each group
    # Of a ragged batch, else 0
    "lengths",  # (B,) words
    "h_before",  # (T, B, H): h before the step at each time, saved for the gradient of R
    # Forward
    "bias",  # (slots, H)
    "h0",
    "state0",
    "y",
    "y_step",
    "y_row",
    "hT",
    "cT",
    # Backward
    "dy",
    "dy_step",
    "dy_row",
    "dhT",
    "dcT",
    "dh0",
    "dc0",
)

# c (rows, columns) = a (rows, depth) · bᵀ (columns, depth), or added to it
PRODUCT = Record(
    "rows",
    "columns",
    "depth",  # k: the length of the sums
    "depth_part",  # of k: what each of the splits sums up
    "a",
    "a_row",
    "a_depth",
    "b",
    "b_row",
    "b_depth",
    "b_first",  # how much of k lies at b; the rest at b_rest
    "b_rest",
    "b_rest_depth",
    "c",
    "c_row",
    "c_split",  # from the sums of one split to those of the next
    "c_rotate",  # row r of the product is row r + c_rotate of c, counted round
    "accumulate",  # 1: add to what c holds
)

# The input of a ragged batch with zeros beyond the ends, (T, B, columns)
PADDING = Record(
    "steps",
    "batch",
    "columns",
    "lengths",
    "source",
    "source_step",
    "source_row",
    "target",
)

# Sums of splits, added up in their order
COMBINE = Record(
    "rows",
    "columns",
    "splits",
    "parts",  # (rows, columns) of each split
    "split_bytes",
    "c",
    "c_row",
    "c_rotate",
    "accumulate",
)

# Sums of the columns of a (rows, columns): of each split's rows
COLUMNS = Record("rows", "columns", "rows_part", "a", "parts")
