"""Recurrent layers one above the other, with dropout between them, and their buffers.

Each is a network of one layer, so that what a layer gives can be masked on its way to the next.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..layer import GRU, LSTM, RNN, Recurrent
from ..spec import CellSpec, Shape, gradient_shapes, output_shapes
from .dropout import dropout_mask

Array = NDArray[Any]
Arrays = Mapping[str, Array]

BUFFERS_KEPT = 4  # shapes of batches, the latest used


@dataclass
class Buffers:
    """Of one (T, B): what the layers read and write, bottom first; the same arrays in every call.

    Attributes:
        inputs: of each layer, ``(T, B, I or D*H)``: those above the first are masked outputs.
        outputs: of each layer, as it returns them: ``(y, states)``.
        masks: on the outputs of all layers but the last.
        gradients: of each layer, as its ``backward`` returns them; nobody asks for that of x.
        dy: what arrives at the outputs of the last layer.
        dh: what arrives at its final hidden state, ``(D, B, H)``.
    """

    inputs: list[Array] = field(default_factory=list)
    outputs: list[tuple[Array, Any]] = field(default_factory=list)
    masks: list[Array] = field(default_factory=list)
    gradients: list[dict[str, Array]] = field(default_factory=list)
    dy: Any = None
    dh: Any = None


class Stack:
    """The recurrent part of a network.  Its parameters and gradients are the caller's arrays."""

    def __init__(
        self,
        cell: CellSpec,
        shape: Shape,
        parameters: Arrays,
        gradients: Arrays,
        *,
        dropout: float,
        seed: int,
        num_threads: int | None,
    ) -> None:
        self.cell, self.dropout, self.seed = cell, dropout, seed
        self.draws = 0  # training calls so far: which masks come next
        self.dtype = next(iter(parameters.values())).dtype
        self._parameters, self._gradients = parameters, gradients
        width = shape.num_directions * shape.hidden_size
        self._shapes = [
            replace(shape, num_layers=1, input_size=width if k else shape.input_size)
            for k in range(shape.num_layers)
        ]
        self.layers = [_layer(cell, each, self.dtype, num_threads) for each in self._shapes]
        self._weights = [self._of_layer(parameters, k) for k in range(shape.num_layers)]
        self._buffers: OrderedDict[tuple[int, int], Buffers] = OrderedDict()

    @staticmethod
    def _of_layer(arrays: Arrays, k: int) -> dict[str, Array]:
        """Those of layer ``k``, named as a network of one layer names them."""
        return {
            name.replace(f"_l{k}", "_l0"): array
            for name, array in arrays.items()
            if name.removesuffix("_reverse").endswith(f"_l{k}")
        }

    def pack(self) -> None:
        """Take over what the parameters are now."""
        for layer, weights in zip(self.layers, self._weights, strict=True):
            layer.load_state_dict(weights)

    def forward(self, x: Array, lengths: Any, training: bool) -> Buffers:
        """Run all layers; what they gave is in the buffers until the next call."""
        work = self.buffers(*x.shape[:2])
        np.copyto(work.inputs[0], x, casting="same_kind")
        masked = training and self.dropout > 0
        below = work.inputs[0]
        for k, layer in enumerate(self.layers):
            if k > 0 and masked:
                mask = work.masks[k - 1]
                dropout_mask(mask, self.dropout, self.seed, self.draws, k)
                below = np.multiply(below, mask, out=work.inputs[k])
            layer.forward(below, lengths=lengths, training=training, out=work.outputs[k])
            below = work.outputs[k][0]
        self.draws += training
        return work

    def backward(self, work: Buffers, *, final: bool) -> None:
        """Run all layers back from ``dy``, and from ``dh`` where ``final``."""
        dy = work.dy
        dstates: Any = (work.dh, None) if len(self.cell.states) > 1 else work.dh
        for k in reversed(range(len(self.layers))):
            top = k == len(self.layers) - 1
            self.layers[k].backward(
                dy,
                dstates if final and top else None,
                out=work.gradients[k],
                input_gradient=k > 0,
            )
            if k > 0:
                dy = work.gradients[k]["x"]
                if self.dropout > 0:
                    dy *= work.masks[k - 1]

    def buffers(self, T: int, B: int) -> Buffers:
        """Those of a shape, made where they are not there yet."""
        if (T, B) not in self._buffers:
            self._buffers[T, B] = self._make_buffers(T, B)
            while len(self._buffers) > BUFFERS_KEPT:
                self._buffers.popitem(last=False)
        self._buffers.move_to_end((T, B))
        return self._buffers[T, B]

    def _make_buffers(self, T: int, B: int) -> Buffers:
        work = Buffers()
        for k, layer in enumerate(self._shapes):
            shape = replace(layer, seq_len=T, batch_size=B)
            made = {
                name: np.zeros(dims, self.dtype)
                for name, dims in output_shapes(self.cell, shape).items()
            }
            states = tuple(made[name + "T"] for name in self.cell.states)
            work.outputs.append((made["y"], states if len(states) > 1 else states[0]))
            own = self._of_layer(self._gradients, k)
            work.gradients.append(
                {
                    name: own[name] if name in own else np.zeros(dims, self.dtype)
                    for name, dims in gradient_shapes(self.cell, shape).items()
                    if k > 0 or name != "x"
                }
            )
            x = np.zeros((T, B, shape.input_size), self.dtype)
            work.inputs.append(x)
            if k > 0:
                work.masks.append(np.zeros_like(x))
        work.dy, work.dh = np.zeros_like(made["y"]), np.zeros_like(made["hT"])
        return work


def _layer(cell: CellSpec, shape: Shape, dtype: Any, num_threads: int | None) -> Recurrent:
    options: dict[str, Any] = {}
    if cell.name.startswith("rnn"):
        options["nonlinearity"] = cell.name.removeprefix("rnn-")
    kind: Any = {"lstm": LSTM, "gru": GRU}.get(cell.name, RNN)
    layer: Recurrent = kind(
        shape.input_size,
        shape.hidden_size,
        bidirectional=shape.bidirectional,
        bias=shape.bias,
        dtype=dtype,
        num_threads=num_threads,
        **options,
    )
    return layer
