"""What a network needs for one shape, between calls and between forward and backward."""

# T = seq_len, B = batch_size, D = num_directions, H = hidden_size

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cells.layout import LAYOUTS
from ..spec import CellSpec, Shape
from . import ops
from .arrays import Operand
from .job import Record
from .limits import Limits
from .order import Order
from .precision import Precision
from .schedule import Plan
from .weights import Weights

Operands = Mapping[str, Operand]
Launch = Callable[[Any], None]


class Arena:
    """Device memory of one shape: named buffers, made when first asked for."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._buffers: dict[str, ops.Buffer] = {}

    def address(self, name: str, nbytes: int, zero: bool = False) -> int:
        if name not in self._buffers or self._buffers[name].nbytes < nbytes:
            self._order.let_go(self._buffers.get(name))
            self._buffers[name] = ops.allocate(nbytes)
            if zero:
                self._buffers[name].clear(self._order.stream)
        address: int = self._buffers[name].address
        return address


class Work:
    """The buffers of a network at a batch size and a number of steps, and the launches bound to it.

    Attributes:
        bound: for each pass, the call it was bound to, and its launches.
        graphs: of those, captured.
        rungs: of the ladder, for each pass.
        plans: how each pass is laid out.
        inputs, outputs: the arrays of the forward call that backward goes back over.
        lengths: those of its rows; None where all have all steps.
    """

    def __init__(
        self,
        cell: CellSpec,
        shape: Shape,
        precision: Precision,
        weights: Weights,
        order: Order,
        limits: Limits,
        steps: int,
        batch: int,
    ) -> None:
        self.cell, self.layout, self.shape = cell, LAYOUTS[cell.name], shape
        self.precision, self.weights, self.limits = precision, weights, limits
        self.steps, self.batch = steps, batch
        self._order, self.arena = order, Arena(order)
        self._told: dict[str, bytes] = {}  # what each record holds
        self.bound: dict[str, tuple[object, list[Launch]]] = {}
        self.graphs: dict[str, Launch] = {}
        self.rungs: dict[str, str] = {}
        self.plans: dict[str, Plan] = {}
        self.inputs: Operands = {}
        self.outputs: Operands = {}
        self.lengths: NDArray[np.int64] | None = None

    def is_bound(self, name: str, call: object) -> bool:
        """Whether the launches of a pass are those of this call."""
        return name in self.bound and self.bound[name][0] is call

    def gates(self, layer: int, direction: int) -> tuple[int, int]:
        """The address of ``(T, B, slots, H)``, and the bytes of a row."""
        row = self.layout.slots * self.shape.hidden_size * self.precision.item_bytes
        nbytes = self.steps * self.batch * row
        return self.arena.address(f"gates {layer} {direction}", nbytes), row

    def between(self, name: str, layer: int) -> Operand:
        """The output of a layer that is the input of the next, or its gradient."""
        item, H, D = self.precision.item_bytes, self.shape.hidden_size, self.shape.num_directions
        row = D * H * item
        address = self.arena.address(f"{name} {layer}", self.steps * self.batch * row)
        strides = self.batch * row, row, item
        return Operand(None, address, (self.steps, self.batch, D * H), strides)

    def zeros(self) -> int:
        nbytes = self.batch * self.shape.hidden_size * self.precision.item_bytes
        return self.arena.address("zeros", nbytes, zero=True)

    @property
    def is_ragged(self) -> bool:
        return self.lengths is not None

    def bind_lengths(self, lengths: NDArray[np.int64] | None) -> None:
        """Have the next calls run the steps that each row has."""
        self.lengths = None
        if lengths is not None and lengths.min() < self.steps:
            self.lengths = lengths
            self._order.upload(self.lengths_address(), lengths)

    def lengths_address(self) -> int:
        return self.arena.address("lengths", 8 * self.batch) if self.is_ragged else 0

    def h_before(self, layer: int, direction: int) -> int:
        """The address of ``(T, B, H)``: h before the step at each time, of a ragged batch."""
        if not self.is_ragged:
            return 0
        nbytes = self.steps * self.batch * self.shape.hidden_size * self.precision.item_bytes
        return self.arena.address(f"h_before {layer} {direction}", nbytes)

    def record(self, name: str, record: Record, values: list[dict[str, int]]) -> int:
        """The address of records, one behind the other."""
        words = np.concatenate([record.words(each) for each in values])
        address = self.arena.address(f"record {name}", words.nbytes)
        if self._told.get(name) != (told := words.tobytes()):
            self._order.upload(address, words)
            self._told[name] = told
        return address
