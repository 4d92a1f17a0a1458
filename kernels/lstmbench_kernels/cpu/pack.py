"""How weights are laid out for the register tile, and back.  Plain NumPy, run when they are loaded.

Hidden units come in vectors of ``lanes``, ``U`` vectors to a unit block.  One row k of a packed
panel holds what one scalar of the left operand is multiplied with: ``[block][k][slot][U][lanes]``.
Pictures and shapes: kernels/README.md.
"""

# I = input_size, H = hidden_size, G = gates, S = slots, U = vectors of units in a block

from dataclasses import dataclass
from math import ceil, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells.layout import Layout
from .tile import TILE_VECTORS

Array = NDArray[Any]
ALIGNMENT = 64


def aligned_zeros(shape: tuple[int, ...], dtype: Any) -> Array:
    """Zeros that start on a cache line, as vector loads want them (unaligned cost 15 to 25 %)."""
    dtype = np.dtype(dtype)
    size = prod(shape) * dtype.itemsize
    buffer = np.zeros(size + ALIGNMENT, np.uint8)
    start = -buffer.ctypes.data % ALIGNMENT
    aligned: Array = buffer[start : start + size].view(dtype).reshape(shape)
    return aligned


def block_vectors(vectors: int, threads: int) -> int:
    """Vectors in a block: at most a tile's, and few enough that every thread gets a block."""
    blocks = max(ceil(vectors / TILE_VECTORS), min(threads, vectors))
    return ceil(vectors / blocks)


@dataclass(frozen=True)
class Geometry:
    """The padded sizes of one layer and direction."""

    layout: Layout
    input_size: int
    hidden_size: int
    lanes: int
    threads: int

    @property
    def unit_vectors(self) -> int:  # U
        """Vectors of hidden units in a block."""
        if self.layout.slots > 1:
            return TILE_VECTORS // self.layout.slots
        return block_vectors(ceil(self.hidden_size / self.lanes), self.threads)

    @property
    def blocks(self) -> int:
        """Unit blocks."""
        return ceil(self.hidden_size / (self.unit_vectors * self.lanes))

    @property
    def vectors(self) -> int:
        """Vectors of hidden units, padding included."""
        return self.blocks * self.unit_vectors

    @property
    def input_vectors(self) -> int:
        """Vectors that hold the inputs of one row."""
        return ceil(self.input_size / self.lanes)

    @property
    def hidden_gradient_vectors(self) -> int:
        """Vectors of hidden units in a block of the backward product."""
        return block_vectors(self.vectors, self.threads)

    @property
    def panels(self) -> int:
        """Blocks of the backward product."""
        return ceil(self.vectors / self.hidden_gradient_vectors)


def _unit_blocks(rows: Array, gates: tuple[int, ...], geometry: Geometry) -> Array:
    """``(G*H, K)`` as ``[block][slot][U][lanes][K]``: chosen gates, units padded with zeros."""
    H, K = geometry.hidden_size, rows.shape[1]
    chosen = rows.reshape(-1, H, K)[list(gates)]
    padded = np.zeros((len(gates), geometry.vectors * geometry.lanes, K), rows.dtype)
    padded[:, :H] = chosen
    blocked = padded.reshape(len(gates), geometry.blocks, geometry.unit_vectors, geometry.lanes, K)
    return blocked.transpose(1, 0, 2, 3, 4)


def pack_product(weight: Array, gates: tuple[int, ...], geometry: Geometry) -> Array:
    """A weight ``(G*H, K)`` for sums over k: ``[block][k][slot][U][lanes]``."""
    blocked = _unit_blocks(weight, gates, geometry).transpose(0, 4, 1, 2, 3)
    packed = aligned_zeros(blocked.shape, weight.dtype)
    packed[...] = blocked
    return packed


def pack_transposed(
    weight: Array, gates: tuple[int, ...], geometry: Geometry, vectors: int, panel_vectors: int
) -> Array:
    """A weight ``(G*H, K)`` for sums over its rows, in the order in which gradients lie.

    ``vectors`` vectors of columns, in panels of ``panel_vectors``, the last one narrower, one
    behind the other: ``[panel][block, slot, U, lane][column]``.
    """
    K = weight.shape[1]
    columns = vectors * geometry.lanes
    rows = _unit_blocks(weight, gates, geometry).reshape(-1, K)
    packed = aligned_zeros((rows.shape[0] * columns,), weight.dtype)
    width = panel_vectors * geometry.lanes
    for first in range(0, columns, width):
        last = min(first + width, columns)
        panel = packed[first * rows.shape[0] : last * rows.shape[0]].reshape(rows.shape[0], -1)
        panel[:, : K - first] = rows[:, first:last]
    return packed


def pack_bias(
    bias_ih: Array | None, bias_hh: Array | None, geometry: Geometry, dtype: Any
) -> Array:
    """What every sum starts from, ``[block][slot][U][lanes]``."""
    layout = geometry.layout
    packed = aligned_zeros(
        (geometry.blocks, layout.slots, geometry.unit_vectors, geometry.lanes), dtype
    )
    if bias_ih is not None and bias_hh is not None:
        for bias, gates, first in (
            (bias_ih, layout.x_gates, 0),
            (bias_hh, layout.h_gates, layout.h_first),
        ):
            blocked = _unit_blocks(bias[:, None], gates, geometry)[..., 0]
            packed[:, first : first + len(gates)] += blocked
    return packed
