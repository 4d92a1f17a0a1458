"""A network to train: recurrent layers, dropout between them, and a dense head."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, O = output_size

from collections.abc import Mapping
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..check import (
    check_array,
    check_choice,
    check_dtype,
    check_names,
    check_out,
    check_size,
    check_sizes,
)
from ..spec import CELLS, parameter_shapes
from .arrays import NamedArrays
from .dense import Dense
from .dropout import check_share
from .stack import Buffers, Stack

Array = NDArray[Any]


class Network:
    """A recurrent network on the CPU whose weights can be learnt.

    The head reads the last layer's outputs at every step, or its final hidden states: those after
    each sequence's own last step, of both directions side by side.  ``dropout`` is the share of
    numbers that are dropped in training between a layer and the next.

    Attributes:
        parameters: by the names of a ``torch.nn.Module`` that has the layers as ``rnn`` and the
            head, a ``Linear``, as ``head``.  Whoever writes into them calls ``pack`` then.
        gradients: by the same names, as the latest ``backward`` left them.
    """

    def __init__(
        self,
        cell: str,
        input_size: int,
        hidden_size: int,
        output_size: int,
        num_layers: int = 1,
        *,
        bidirectional: bool = False,
        bias: bool = True,
        dropout: float = 0.0,
        every_step: bool = False,
        dtype: Any = "float32",
        num_threads: int | None = None,
        seed: int = 0,
    ) -> None:
        self.cell = CELLS[check_choice("cell", cell, tuple(CELLS))]
        self.shape = check_sizes(input_size, hidden_size, num_layers, bidirectional, bias)
        self.every_step, self.seed = every_step, seed
        width = self.shape.num_directions * hidden_size
        recurrent = parameter_shapes(self.cell, self.shape)
        shapes = {
            **{f"rnn.{name}": dims for name, dims in recurrent.items()},
            "head.weight": (check_size("output_size", output_size), width),
            "head.bias": (output_size,),
        }
        dtype = check_dtype(dtype, "cpu")
        self.parameters, self.gradients = NamedArrays(shapes, dtype), NamedArrays(shapes, dtype)
        self.stack = Stack(
            self.cell,
            self.shape,
            {name: self.parameters[f"rnn.{name}"] for name in recurrent},
            {name: self.gradients[f"rnn.{name}"] for name in recurrent},
            dropout=check_share(dropout),
            seed=seed,
            num_threads=num_threads,
        )
        self.head = Dense(
            self.parameters["head.weight"],
            self.parameters["head.bias"],
            self.stack.layers[0].num_threads,
        )
        self._tape: tuple[Buffers, Array] | None = None
        self._draw()

    def _draw(self) -> None:
        """PyTorch's default: U(±1/√H) for the layers, U(±1/√(D*H)) for the head."""
        random = np.random.default_rng(self.seed)
        H, D = self.shape.hidden_size, self.shape.num_directions
        for name, array in self.parameters.items():
            bound = 1 / sqrt(H if name.startswith("rnn") else D * H)
            array[...] = random.uniform(-bound, bound, array.shape)
        self.pack()

    def pack(self) -> None:
        """Take over what was written into the parameters: a step of an optimiser, first weights."""
        self.stack.pack()
        self.head.pack()
        self._tape = None

    def load(self, parameters: Mapping[str, Array]) -> None:
        """Copy weights in, by name.

        Raises:
            ValueError: a name is missing or unexpected, or a shape is wrong.
            TypeError: a value is not a NumPy array of this network's dtype.
        """
        check_names(parameters, self.parameters, "load")
        for name, array in self.parameters.items():
            dtype = array.dtype.name
            array[...] = check_array(name, parameters[name], "shape", array.shape, dtype)
        self.pack()

    def forward(
        self, x: Array, *, lengths: Any = None, training: bool = False, out: Array | None = None
    ) -> Array:
        """The outputs for ``x (T, B, I)``: ``(T, B, O)`` with ``every_step``, else ``(B, O)``.

        ``lengths (B,)`` are the valid steps of each sequence.  ``training`` keeps what ``backward``
        needs, and drops out.  ``out`` is an array to write the outputs into.
        """
        x = np.asarray(x)
        check_array("x", x, "(T, B, I)", ("T", "B", self.shape.input_size), x.dtype.name)
        outputs = self._outputs(x.shape[:2], out)
        work = self.stack.forward(x, lengths, training)
        features = self._features(work)
        self._tape = (work, features) if training else None
        self.head.forward(outputs, features)
        return outputs

    def _outputs(self, steps: tuple[int, ...], given: Array | None) -> Array:
        """An array for the outputs of ``(T, B)``: the caller's where given."""
        symbols, dims = ("(T, B, O)", steps) if self.every_step else ("(B, O)", steps[1:])
        bias = self.parameters["head.bias"]
        shape = (*dims, len(bias))
        if given is None:
            return np.empty(shape, bias.dtype)
        return check_out("outputs", given, symbols, shape, bias.dtype.name)

    def _features(self, work: Buffers) -> Array:
        """What the head reads, a row for each output."""
        y, states = work.outputs[-1]
        if self.every_step:
            flat: Array = y.reshape(-1, y.shape[2])
            return flat
        hT: Array = states[0] if len(self.cell.states) > 1 else states
        return hT.transpose(1, 0, 2).reshape(hT.shape[1], -1)

    def backward(self, doutputs: Array) -> NamedArrays:
        """The gradients of all parameters, given that of the outputs of the latest forward.

        Raises:
            RuntimeError: there is no ``forward(..., training=True)`` to go back through.
        """
        if self._tape is None:
            raise RuntimeError(
                "backward: nothing to go back through; call forward(..., training=True) before each"
            )
        work, features = self._tape
        self._tape = None
        doutputs = np.ascontiguousarray(doutputs, features.dtype)
        into = work.dy.reshape(features.shape) if self.every_step else np.empty_like(features)
        dweight, dbias = self.gradients["head.weight"], self.gradients["head.bias"]
        self.head.backward(into, dweight, dbias, doutputs, features)
        if not self.every_step:
            D, B, H = work.dh.shape
            np.copyto(work.dh, into.reshape(B, D, H).transpose(1, 0, 2))
        self.stack.backward(work, final=not self.every_step)
        return self.gradients
