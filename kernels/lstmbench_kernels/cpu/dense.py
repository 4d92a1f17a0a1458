"""A dense layer on the register tile: outputs = features · Wᵀ + b, and the gradients of all three.

Threads of the team take rows, and of dW columns; they meet at the end alone.
"""

# N = rows, F = features, O = outputs

from functools import cache

import numpy as np
from numba import carray

from .compile import callback, inner
from .gemm import ROW_BYTES, add_tile, even_share, next_rows
from .job import call_of
from .simd import WIDTH, item_bytes, load_up_to, splat, store_up_to
from .team import finish, start
from .tile import TILE_ROWS, TILE_VECTORS, call_tile
from .weight_gradient import CHUNK_ROWS, pack_rows

# Addresses and sizes of one layer, 64-bit integers.  The weight is there as panels of the columns
# of Wᵀ, ``by_output``, and of W, ``by_feature``; ``zeros`` are a tile's row of them.
_FIELDS = (
    "tile", "N", "F", "O", "features", "outputs", "by_output", "bias",
    "doutputs", "by_feature", "zeros", "dfeatures", "dweight", "dbias",
)  # fmt: skip
DENSE = np.dtype([(name, np.int64) for name in _FIELDS])
_CALL = call_of(DENSE)
# Of one thread: a panel of features, and a tile that is not full.
_TILE_OFFSET = CHUNK_ROWS * ROW_BYTES
SCRATCH_BYTES = _TILE_OFFSET + TILE_ROWS * ROW_BYTES


@cache
def entry_code(mode: str, dtype: str) -> int:
    """The address of the code of ``forward`` or ``backward`` in a precision."""
    make = {"forward": _make_forward, "backward": _make_backward}[mode]
    made = callback(make(np.dtype(dtype).type(1)), _CALL, f"dense-{mode}-{dtype}")
    address: int = made.address
    return address


def _make_forward(one):
    def forward(jobs, shares, thread, members):
        j, share = carray(jobs, 1)[0], carray(shares, members)[thread]
        start(share, members)
        first, end = even_share(j.N, thread, members)
        _rows(one, j.tile, j.outputs, j.O, j.features, j.F, j.by_output, j.bias, WIDTH,
              first, end, share.scratch)  # fmt: skip
        finish(share, members)

    return forward


def _make_backward(one):
    def backward(jobs, shares, thread, members):
        j, share = carray(jobs, 1)[0], carray(shares, members)[thread]
        start(share, members)
        first, end = even_share(j.N, thread, members)
        _rows(one, j.tile, j.dfeatures, j.F, j.doutputs, j.O, j.by_feature, j.zeros, 0,
              first, end, share.scratch)  # fmt: skip
        _weight_gradient(one, j, share, thread, members)
        if thread == members - 1:
            _bias_gradient(one, j)
        finish(share, members)

    return backward


@inner
def _rows(one, tile, c, columns, a, K, panels, z, z_step, first, end, scratch):
    """C = z + A·P for some rows: ``(N, columns)`` of ``(N, K)`` and ``[panel][k][vectors]``."""
    size = item_bytes(one)
    lanes = WIDTH // size
    whole = (columns + lanes - 1) // lanes
    for v in range(0, whole, TILE_VECTORS):
        vectors = min(TILE_VECTORS, whole - v)
        width = columns - v * lanes
        panel = panels + v * K * WIDTH
        n = first
        while n < end:
            rows = next_rows(end - n, vectors)
            to = c + n * columns * size + v * WIDTH
            _tile(one, tile, rows, vectors, to, columns * size, z + v * z_step, 0,
                  a + n * K * size, K * size, size, panel, K, width, scratch)  # fmt: skip
            n += rows


@inner
def _tile(one, tile, rows, vectors, c, c_row, z, z_row, a, a_row, a_step, panel, K, width, scratch):
    """One tile of C = Z + A·P, of which only ``width`` numbers are there in a row of C and Z."""
    if width >= vectors * (WIDTH // item_bytes(one)):
        call_tile(tile, rows, vectors, c, c_row, z, z_row, a, a_row, a_step, 0, panel, K, 1)
        return
    tile_row = vectors * WIDTH
    for r in range(rows):
        for v in range(vectors):
            at = r * tile_row + v * WIDTH
            left = width - v * (WIDTH // item_bytes(one))
            store_up_to(one, scratch + at, load_up_to(one, z + r * z_row + v * WIDTH, left), left)
    call_tile(tile, rows, vectors, scratch, tile_row, scratch, tile_row,
              a, a_row, a_step, 0, panel, K, 1)  # fmt: skip
    add_tile(one, c, c_row, rows, vectors, width, scratch, False)


@inner
def _weight_gradient(one, j, share, thread, members):
    """dW = doutputsᵀ · features, a thread's columns; summed in chunks, which keeps it precise."""
    size = item_bytes(one)
    lanes = WIDTH // size
    scratch = share.scratch + _TILE_OFFSET
    v_first, v_end = even_share((j.F + lanes - 1) // lanes, thread, members)
    for v in range(v_first, v_end, TILE_VECTORS):
        vectors = min(TILE_VECTORS, v_end - v)
        width = j.F - v * lanes
        for n in range(0, j.N, CHUNK_ROWS):
            count = min(CHUNK_ROWS, j.N - n)
            pack_rows(one, share.scratch, vectors, j.features + n * j.F * size + v * WIDTH,
                      j.F * size, count, width)  # fmt: skip
            o = 0
            while o < j.O:
                rows = next_rows(j.O - o, vectors)
                c = j.dweight + o * j.F * size + v * WIDTH
                z, z_row = (c, j.F * size) if n > 0 else (j.zeros, 0)
                _tile(one, j.tile, rows, vectors, c, j.F * size, z, z_row,
                      j.doutputs + (n * j.O + o) * size, size, j.O * size,
                      share.scratch, count, width, scratch)  # fmt: skip
                o += rows


@inner
def _bias_gradient(one, j):
    """db: the sum of doutputs over rows, in chunks too."""
    size = item_bytes(one)
    for o in range(0, j.O, WIDTH // size):
        total = splat(one, 0)
        for n in range(0, j.N, CHUNK_ROWS):
            chunk = splat(one, 0)
            for m in range(n, min(n + CHUNK_ROWS, j.N)):
                chunk = chunk + load_up_to(one, j.doutputs + (m * j.O + o) * size, j.O - o)
            total = total + chunk
        store_up_to(one, j.dbias + o * size, total, j.O - o)
