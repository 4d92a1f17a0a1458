"""How weights are laid out for the register tile.  Plain NumPy, run when they are loaded.

Hidden units come in vectors of ``lanes``, ``U`` vectors to a unit block.  One row k of a packed
panel holds what one scalar of the left operand is multiplied with: ``[block][k][slot][U][lanes]``.
Pictures and shapes: kernels/README.md.

Training loads weights at every step.  So which numbers go where is found out once, as pairs of
views, and a load is a few copies between them: 8 µs for a matrix of 32 hidden units.
"""

# H = hidden_size, G = gates, K = columns of a weight, U = vectors of units in a block

from dataclasses import dataclass, field
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


@dataclass(frozen=True)
class Packing:
    """A packed array, and the pairs of views (to, from) that fill it from the loaded weights."""

    array: Array
    copies: list[tuple[Array, Array]] = field(default_factory=list)
    sums: list[tuple[Array, Array]] = field(default_factory=list)

    def fill(self) -> None:
        """Take over what the weights are now."""
        for to, source in self.copies:
            np.copyto(to, source)
        for to, source in self.sums:
            np.add(to, source, out=to)


def _units(blocks: Array, rows: Array) -> list[tuple[Array, Array]]:
    """One gate's ``rows (H, K)`` into ``blocks (blocks, U * lanes, K)``, the last one not full."""
    width = blocks.shape[1]
    full, rest = divmod(len(rows), width)
    pairs = []
    if full:
        pairs.append((blocks[:full], rows[: full * width].reshape(full, width, -1)))
    if rest:
        pairs.append((blocks[full, :rest], rows[full * width :]))
    return pairs


def _gate(weight: Array, gate: int, geometry: Geometry) -> Array:
    """``(H, K)`` of ``(G*H, K)``."""
    H = geometry.hidden_size
    return weight[gate * H : (gate + 1) * H]


def pack_product(weight: Array, gates: tuple[int, ...], geometry: Geometry) -> Packing:
    """A weight ``(G*H, K)`` for sums over k: ``[block][k][slot][U][lanes]``."""
    shape = geometry.blocks, weight.shape[1], len(gates), geometry.unit_vectors * geometry.lanes
    packing = Packing(aligned_zeros(shape, weight.dtype))
    for slot, gate in enumerate(gates):
        blocks = packing.array[:, :, slot].transpose(0, 2, 1)
        packing.copies.extend(_units(blocks, _gate(weight, gate, geometry)))
    return packing


def pack_transposed(
    weight: Array, gates: tuple[int, ...], geometry: Geometry, vectors: int, panel_vectors: int
) -> Packing:
    """A weight ``(G*H, K)`` for sums over its rows, in the order in which gradients lie.

    ``vectors`` vectors of columns, in panels of ``panel_vectors``, the last one narrower, one
    behind the other: ``[panel][block, slot, U, lane][column]``.
    """
    columns = vectors * geometry.lanes
    block = geometry.blocks, len(gates), geometry.unit_vectors * geometry.lanes
    rows = prod(block)
    packing = Packing(aligned_zeros((rows * columns,), weight.dtype))
    width = panel_vectors * geometry.lanes
    for first in range(0, columns, width):
        last = min(first + width, columns)
        panel = packing.array[first * rows : last * rows].reshape(*block, -1)
        used = min(last, weight.shape[1]) - first
        for slot, gate in enumerate(gates):
            part = _gate(weight, gate, geometry)[:, first : first + used]
            packing.copies.extend(_units(panel[:, slot, :, :used], part))
    return packing


def pack_bias(
    bias_ih: Array | None, bias_hh: Array | None, geometry: Geometry, dtype: Any
) -> Packing:
    """What every sum starts from, ``[block][slot][U][lanes]``."""
    layout = geometry.layout
    shape = geometry.blocks, layout.slots, geometry.unit_vectors * geometry.lanes, 1
    packing = Packing(aligned_zeros(shape, dtype))
    if bias_ih is None or bias_hh is None:
        return packing
    packing.copies.append((packing.array, np.zeros((), dtype)))
    for bias, gates, first in (
        (bias_ih, layout.x_gates, 0),
        (bias_hh, layout.h_gates, layout.h_first),
    ):
        for slot, gate in enumerate(gates, first):
            rows = _gate(bias[:, None], gate, geometry)
            packing.sums.extend(_units(packing.array[:, slot], rows))
    return packing
