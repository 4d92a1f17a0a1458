"""What a cell is: gates, states, array names and shapes, each written once.

Frozen data and standard library only, so that checks, problems, adapters, tests and documents can
all derive from it.  Conventions are PyTorch's: gate order, parameter names, time-major arrays.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size
# G = gates, D = num_directions, L = num_layers

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from types import MappingProxyType
from typing import Any

Dims = tuple[int, ...]


@dataclass(frozen=True)
class CellSpec:
    """One recurrent cell: its name, its gates in PyTorch's order, and its states."""

    name: str
    gates: tuple[str, ...]
    states: tuple[str, ...]

    @property
    def num_gates(self) -> int:
        return len(self.gates)


RNN_TANH = CellSpec("rnn-tanh", gates=("n",), states=("h",))
RNN_RELU = CellSpec("rnn-relu", gates=("n",), states=("h",))
LSTM = CellSpec("lstm", gates=("i", "f", "g", "o"), states=("h", "c"))
GRU = CellSpec("gru", gates=("r", "z", "n"), states=("h",))

CELLS: Mapping[str, CellSpec] = MappingProxyType(
    {cell.name: cell for cell in (RNN_TANH, RNN_RELU, LSTM, GRU)}
)

# How other frameworks order the gates of one weight matrix, in our gate letters (LSTM's g is ONNX's
# and Keras' c; GRU's n is their h).  ONNX: operator pages LSTM and GRU.  Keras: LSTMCell, GRUCell.
GATE_ORDERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "torch": {"rnn-tanh": "n", "rnn-relu": "n", "lstm": "ifgo", "gru": "rzn"},
        "onnx": {"rnn-tanh": "n", "rnn-relu": "n", "lstm": "iofg", "gru": "zrn"},
        "keras": {"rnn-tanh": "n", "rnn-relu": "n", "lstm": "ifgo", "gru": "zrn"},
    }
)


def permute_gates(array: Any, cell: CellSpec, source: str, target: str) -> Any:
    """Reorder the gate blocks along axis 0 of a ``(G*H, ...)`` array between two conventions.

    Works on any array with NumPy's ``reshape`` and indexing.  ``source`` and ``target`` are keys of
    ``GATE_ORDERS``; an unknown one raises ``KeyError``.
    """
    have, want = GATE_ORDERS[source][cell.name], GATE_ORDERS[target][cell.name]
    order = [have.index(gate) for gate in want]
    return array.reshape(cell.num_gates, -1, *array.shape[1:])[order].reshape(array.shape)


@dataclass(frozen=True)
class Shape:
    """The sizes of one network and one batch."""

    seq_len: int
    batch_size: int
    input_size: int
    hidden_size: int
    num_layers: int = 1
    bidirectional: bool = False
    bias: bool = True

    @property
    def num_directions(self) -> int:
        return 2 if self.bidirectional else 1

    def layers(self) -> Iterator[tuple[int, int, str]]:
        """Yield ``(layer, input_size, suffix)`` of each layer and direction, in state order."""
        for layer in range(self.num_layers):
            input_size = self.input_size if layer == 0 else self.num_directions * self.hidden_size
            for direction in range(self.num_directions):
                yield layer, input_size, f"_l{layer}" + ("_reverse" if direction else "")


def parameter_shapes(cell: CellSpec, shape: Shape) -> dict[str, Dims]:
    """Names and shapes of the state dict, in ``torch.nn.LSTM``'s order."""
    GH, H = cell.num_gates * shape.hidden_size, shape.hidden_size
    shapes: dict[str, Dims] = {}
    for _, input_size, suffix in shape.layers():
        shapes["weight_ih" + suffix] = (GH, input_size)
        shapes["weight_hh" + suffix] = (GH, H)
        if shape.bias:
            shapes["bias_ih" + suffix] = (GH,)
            shapes["bias_hh" + suffix] = (GH,)
    return shapes


def num_parameters(cell: CellSpec, shape: Shape) -> int:
    """Numbers in the state dict: (G*H) * (I + H + 2) for one layer in one direction."""
    return sum(map(prod, parameter_shapes(cell, shape).values()))


def multiply_adds(cell: CellSpec, shape: Shape) -> int:
    """Of the matrix products, forward, a step of one sequence: each weight is used once."""
    shapes = parameter_shapes(cell, shape)
    return sum(prod(dims) for name, dims in shapes.items() if name.startswith("weight"))


def input_shapes(cell: CellSpec, shape: Shape) -> dict[str, Dims]:
    """``x`` and the initial states ``h0`` (and ``c0``), by name."""
    state = (shape.num_layers * shape.num_directions, shape.batch_size, shape.hidden_size)
    return {
        "x": (shape.seq_len, shape.batch_size, shape.input_size),
        **{f"{name}0": state for name in cell.states},
    }


def output_shapes(cell: CellSpec, shape: Shape) -> dict[str, Dims]:
    """``y`` and the final states ``hT`` (and ``cT``); upstream gradients are ``d`` + name."""
    state = (shape.num_layers * shape.num_directions, shape.batch_size, shape.hidden_size)
    return {
        "y": (shape.seq_len, shape.batch_size, shape.num_directions * shape.hidden_size),
        **{f"{name}T": state for name in cell.states},
    }


def gradient_shapes(cell: CellSpec, shape: Shape) -> dict[str, Dims]:
    """What ``backward`` returns: a gradient for each input, state and parameter, by its name."""
    return {**input_shapes(cell, shape), **parameter_shapes(cell, shape)}
