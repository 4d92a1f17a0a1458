"""Which rows of a batch have a step at a time, and where they lie in the caller's arrays.

In a ragged batch the rows of each share are sorted, the longest first: those that have a step at
some time then stand together, as the register tile wants them.  The kernels' own buffers are in
that order, the caller's arrays in theirs.  Code for full batches is compiled without any of it.
"""

# T = seq_len, B = batch_size

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .cells import is_ragged
from .compile import inner
from .simd import load_scalar

Integers = NDArray[np.int64]
NUMBER = 8  # bytes


@inner
def end_at(cell, j, share, t):
    """The end of a share's rows that have a step at time ``t``; at -1 and at T there are none."""
    if is_ragged(cell):
        return load_scalar(j.T, j.ends + (share.row_group * (j.T + 2) + t + 1) * NUMBER)
    return share.b_end if t >= 0 and t < j.T else share.b_first


@inner
def place_of(cell, j, b):
    """Which row of the caller's arrays row ``b`` is."""
    return load_scalar(j.T, j.order + b * NUMBER) if is_ragged(cell) else b


@inner
def steps_of(cell, j, b):
    """How many steps row ``b`` has."""
    return load_scalar(j.T, j.lengths + b * NUMBER) if is_ragged(cell) else j.T


class Deal(NamedTuple):
    """The rows of a ragged batch, dealt to groups of threads.

    Attributes:
        order: the caller's row of each row, ``(B,)``.
        lengths: the steps of each row, ``(B,)``.
        ends: where the rows of each group end that have a step at a time from -1 to T,
            ``(groups, T + 2)``.
    """

    order: Integers
    lengths: Integers
    ends: Integers


def deal_rows(lengths: Integers, groups: int) -> Deal:
    """Deal rows in turn, the longest first, so that all groups get as many of every length.

    T is the greatest length.  A group's rows are those that its share of a full batch has.
    """
    B, T = len(lengths), int(lengths.max())
    longest_first = np.argsort(-lengths, kind="stable")
    firsts = [g * B // groups for g in range(groups + 1)]
    # Where the groups are not all of a size, who is dealt to first gets one more.
    turns = np.argsort([firsts[g] - firsts[g + 1] for g in range(groups)], kind="stable")
    order = np.empty(B, np.int64)
    for turn, g in enumerate(turns):
        order[firsts[g] : firsts[g + 1]] = longest_first[turn::groups]
    dealt = np.ascontiguousarray(lengths[order], np.int64)
    ends: Any = np.empty((groups, T + 2), np.int64)
    for g in range(groups):
        first, shortest_first = firsts[g], dealt[firsts[g] : firsts[g + 1]][::-1]
        done = np.searchsorted(shortest_first, np.arange(T), side="right")
        ends[g, 1:-1] = first + len(shortest_first) - done
        ends[g, 0] = ends[g, -1] = first
    return Deal(order, dealt, ends)
