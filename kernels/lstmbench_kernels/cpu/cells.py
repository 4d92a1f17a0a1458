"""The cells as compiled code sees them: marker types that carry which cell and which precision.

A marker is an instance of a named tuple whose one field is a number of the working precision.  Its
Numba type is stable between processes, which a function passed as an argument is not, so that
compiled code is found again on disk.
"""

# ruff: noqa: ARG001, ARG005  an overload takes what it overloads

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import typeof, types
from numba.extending import intrinsic

from ..cells.layout import LAYOUTS, Layout
from . import activations  # noqa: F401  what the cells call, for vectors
from .compile import inner, inner_for
from .simd import load, splat


class RNNTanh(NamedTuple):
    one: Any


class RNNRelu(NamedTuple):
    one: Any


class LSTM(NamedTuple):
    one: Any


class GRU(NamedTuple):
    one: Any


class RaggedRNNTanh(NamedTuple):
    one: Any


class RaggedRNNRelu(NamedTuple):
    one: Any


class RaggedLSTM(NamedTuple):
    one: Any


class RaggedGRU(NamedTuple):
    one: Any


MARKERS: Mapping[str, Any] = {"rnn-tanh": RNNTanh, "rnn-relu": RNNRelu, "lstm": LSTM, "gru": GRU}
RAGGED: Mapping[str, Any] = {
    "rnn-tanh": RaggedRNNTanh,
    "rnn-relu": RaggedRNNRelu,
    "lstm": RaggedLSTM,
    "gru": RaggedGRU,
}
_LAYOUT_OF = {
    marker: LAYOUTS[name] for markers in (MARKERS, RAGGED) for name, marker in markers.items()
}


def marker(name: str, dtype: str, ragged: bool) -> Any:
    """The marker of a cell in a precision, for full batches or for those of unequal lengths."""
    return (RAGGED if ragged else MARKERS)[name](np.dtype(dtype).type(1))


def _layout(cell: Any) -> Layout | None:
    known = isinstance(cell, types.BaseNamedTuple)
    return _LAYOUT_OF.get(cell.instance_class) if known else None


def step(cell, state, sums):
    """``(h, state, *saved)`` of one step from the sums of its slots."""
    raise NotImplementedError


@inner_for(step)
def _step(cell, state, sums):
    layout = _layout(cell)
    if layout is None:
        return None
    function = inner(layout.step)
    return lambda cell, state, sums: function(state, *sums)


def step_gradient(cell, dh, carry, state_prev, state, saved):
    """``(carry, *gradients of the sums)`` of one step."""
    raise NotImplementedError


@inner_for(step_gradient)
def _step_gradient(cell, dh, carry, state_prev, state, saved):
    layout = _layout(cell)
    if layout is None:
        return None
    function = inner(layout.step_gradient)
    return lambda cell, dh, carry, state_prev, state, saved: function(
        dh, carry, state_prev, state, *saved
    )


def _fact(name):
    """A function of a cell that compiled code sees as the constant ``name`` of its layout."""

    @intrinsic
    def fact(_context, cell):
        layout = _layout(cell)
        if layout is None:
            return None
        return _constant(cell, getattr(layout, name))

    return fact


def _constant(cell, value):
    """What an intrinsic of a cell returns to be ``value``: no function to compile."""
    kind = typeof(value)

    def generate(context, builder, _signature, _arguments):
        return context.get_constant_generic(builder, kind, value)

    return kind(cell), generate


slots = _fact("slots")
slot_numbers = _fact("slot_numbers")
x_gates = _fact("x_gates")
h_gates = _fact("h_gates")
h_first = _fact("h_first")
has_state = _fact("state")
carry_is_h = _fact("carry_is_h")


@intrinsic
def is_ragged(_context, cell):
    """Whether the sequences of a batch have lengths of their own."""
    if _layout(cell) is None:
        return None
    return _constant(cell, cell.instance_class in RAGGED.values())


@inner
def load_state(cell, address):
    """The state or carry at ``address``; nothing is read where the cell has none."""
    if has_state(cell):
        return load(cell.one, address)
    return splat(cell.one, 0)
