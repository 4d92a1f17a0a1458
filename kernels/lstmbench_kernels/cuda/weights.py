"""A network's weights on the device, in the orders that the kernels read them in."""

# B = batch_size, G = gates, H = hidden_size, I = input_size

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells.layout import Layout
from ..spec import Shape
from . import ops
from .order import Order
from .precision import Precision
from .schedule import Plan
from .tile import LANE_BYTES

Array = NDArray[Any]


def round_tf32(array: Array) -> Array:
    """float32 rounded to the ten bits of fraction that TF32 keeps, to nearest even."""
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    half = np.uint32(0xFFF) + ((bits >> 13) & 1)
    rounded = np.where(np.isfinite(array), (bits + half) & np.uint32(0xFFFFE000), bits)
    return rounded.astype(np.uint32).view(np.float32)


def as_fragments(rows: Array, plan: Plan, chunk: int) -> Array:
    """Rows ``(blocks, rows of a block, k)`` as warps read them (``tile.py``), padded with zeros.

    The result is ``(blocks, warps_n, warps_k, chunks, tiles, 8, 4, elements of 16 bytes)``.
    """
    blocks, count, depth = rows.shape
    tiles, warps_k = plan.tile.tiles, 1 << plan.warps_k_shift
    padded = np.zeros((blocks, 8 * tiles * plan.warps_n, warps_k * plan.chunks * chunk), rows.dtype)
    padded[:, :count, :depth] = rows
    split = padded.reshape(blocks, plan.warps_n, tiles, 8, warps_k, plan.chunks, 4, chunk // 4)
    return np.ascontiguousarray(split.transpose(0, 1, 4, 5, 2, 3, 6, 7))


class Weights:
    """What was loaded, and its copies on the device: made when first asked for."""

    def __init__(self, layout: Layout, shape: Shape, precision: Precision, order: Order) -> None:
        self.layout, self.shape, self.precision, self._order = layout, shape, precision, order
        self.loaded: dict[str, Array] = {}
        self._layers = list(shape.layers())
        self._on_device: dict[tuple[Any, ...], ops.Buffer] = {}

    def load(self, parameters: Mapping[str, Array]) -> None:
        """Copy a state dict; what is on the device already is written over in its place."""
        self.loaded = {name: array.copy() for name, array in parameters.items()}
        for key, buffer in self._on_device.items():
            self._order.upload(buffer.address, self._make(*key))
        self._order.settle()

    def address(self, name: str, layer: int, plan: Plan | None = None) -> int:
        """Of one array of all directions of a layer, one behind the other."""
        key = name, layer, plan
        if key not in self._on_device:
            array = self._make(*key)
            self._on_device[key] = ops.allocate(array.nbytes)
            self._order.upload(self._on_device[key].address, array)
        address: int = self._on_device[key].address
        return address

    def nbytes(self, name: str, layer: int, plan: Plan | None = None) -> int:
        """Of one direction's part of that."""
        self.address(name, layer, plan)
        whole: int = self._on_device[name, layer, plan].nbytes
        return whole // self.shape.num_directions

    def row_bytes(self, name: str, layer: int) -> int:
        """From row to row of an array for a product over all steps."""
        columns = {
            "input": self._layers[layer * self.shape.num_directions][1],
            "input_transposed": len(self.layout.x_gates) * self.shape.hidden_size,
        }[name]
        return ceil(columns * self.precision.item_bytes / LANE_BYTES) * LANE_BYTES

    def _make(self, name: str, layer: int, plan: Plan | None) -> Array:
        directions = self.shape.num_directions
        suffixes = [
            self._layers[layer * directions + direction][2] for direction in range(directions)
        ]
        make = {
            "bias": self._bias,
            "input": self._input,
            "input_transposed": self._input_transposed,
            "recurrent": self._recurrent,
            "recurrent_transposed": self._recurrent_transposed,
        }[name]
        return np.stack([make(suffix, layer, plan) for suffix in suffixes])

    def _gates(self, kind: str, suffix: str, gates: tuple[int, ...]) -> Array:
        """``(slots, H, columns)``: the gates of a weight matrix in the order of the slots."""
        array = self.loaded[kind + suffix]
        array = array.reshape(-1, self.shape.hidden_size, array.shape[1])[list(gates)]
        return round_tf32(array) if self.precision.name == "tf32" else array

    def _bias(self, suffix: str, layer: int, plan: Plan | None) -> Array:  # noqa: ARG002
        """``(slots, H)``, of both kinds, in the precision of sums."""
        layout, H = self.layout, self.shape.hidden_size
        total = np.zeros((layout.slots, H), np.float64)
        if self.shape.bias:
            for kind, gates, first in (
                ("bias_ih", layout.x_gates, 0),
                ("bias_hh", layout.h_gates, layout.h_first),
            ):
                array = self.loaded[kind + suffix].astype(np.float64).reshape(-1, H)
                total[first : first + len(gates)] += array[list(gates)]
        return total.astype(np.float64 if self.precision.sum == "f64" else np.float32)

    def _input(self, suffix: str, layer: int, plan: Plan | None) -> Array:  # noqa: ARG002
        rows = self._gates("weight_ih", suffix, self.layout.x_gates)
        return self._padded(rows.reshape(-1, rows.shape[2]), self.row_bytes("input", layer))

    def _input_transposed(self, suffix: str, layer: int, plan: Plan | None) -> Array:  # noqa: ARG002
        rows = self._gates("weight_ih", suffix, self.layout.x_gates)
        rows = rows.reshape(-1, rows.shape[2]).T
        return self._padded(rows, self.row_bytes("input_transposed", layer))

    def _padded(self, rows: Array, row_bytes: int) -> Array:
        found = np.zeros((rows.shape[0], row_bytes // self.precision.item_bytes), rows.dtype)
        found[:, : rows.shape[1]] = rows
        return found

    def _recurrent(self, suffix: str, layer: int, plan: Plan | None) -> Array:  # noqa: ARG002
        """For forward: a row for each gate and unit, slot by slot within a block; k along h."""
        assert plan is not None
        rows = self._gates("weight_hh", suffix, self.layout.h_gates)
        slots, H, depth = rows.shape
        units = np.zeros((slots, plan.blocks * plan.units, depth), rows.dtype)
        units[:, :H] = rows
        by_block = units.reshape(slots, plan.blocks, plan.units, depth).transpose(1, 0, 2, 3)
        return as_fragments(by_block.reshape(plan.blocks, -1, depth), plan, self.precision.chunk)

    def _recurrent_transposed(self, suffix: str, layer: int, plan: Plan | None) -> Array:  # noqa: ARG002
        """For backward: a row for each unit, k along the gates of all units."""
        assert plan is not None
        rows = self._gates("weight_hh", suffix, self.layout.h_gates)
        depth, H = rows.shape[0] * rows.shape[1], rows.shape[2]
        units = np.zeros((plan.blocks * plan.units, depth), rows.dtype)
        units[:H] = rows.reshape(depth, H).T
        return as_fragments(
            units.reshape(plan.blocks, plan.units, depth), plan, self.precision.chunk
        )
