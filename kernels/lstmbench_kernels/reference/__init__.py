"""The oracle: RNN, LSTM and GRU in NumPy, forward and backward, written for a reader.

A file per cell holds one direction of one layer; this one stacks layers, runs directions and
gives every array its name in ``spec``.  It shares no code with any kernel and is not fast.  It
computes in the dtype of its inputs: float64 is the truth that kernels are held against, float32 is
the error that a plain computation makes in that precision, from which tolerances are derived.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, L = num_layers

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spec import CellSpec, Shape, gradient_shapes
from . import gru, lstm, rnn

__all__ = ["Tape", "backward", "forward"]

Array = NDArray[np.floating]
Arrays = Mapping[str, Array]
Tape = dict[str, dict[str, Array]]
"""What backward needs, by the suffix of the direction and layer: ``tape["_l0_reverse"]["x"]``."""

_FORWARD: Mapping[str, Callable[..., Any]] = {
    "rnn-tanh": partial(rnn.forward_layer, activation="tanh"),
    "rnn-relu": partial(rnn.forward_layer, activation="relu"),
    "lstm": lstm.forward_layer,
    "gru": gru.forward_layer,
}
_BACKWARD: Mapping[str, Callable[..., Any]] = {
    "rnn-tanh": partial(rnn.backward_layer, activation="tanh"),
    "rnn-relu": partial(rnn.backward_layer, activation="relu"),
    "lstm": lstm.backward_layer,
    "gru": gru.backward_layer,
}


def forward(
    cell: CellSpec, shape: Shape, inputs: Arrays, parameters: Arrays
) -> tuple[dict[str, Array], Tape]:
    """Run a network over a sequence.

    Args:
        cell: which recurrence.
        shape: the sizes.
        inputs: ``x (T, B, I)``, ``h0`` and, for an LSTM, ``c0``, both ``(L*D, B, H)``.
        parameters: the state dict, as in ``spec.parameter_shapes``.

    Returns:
        ``{"y": (T, B, D*H), "hT": (L*D, B, H)}``, for an LSTM also ``"cT"``; and the tape.
    """
    final = {f"{name}T": np.empty_like(inputs[f"{name}0"]) for name in cell.states}
    tape: Tape = {}
    y = inputs["x"]
    for directions in _layers(shape):
        x, parts = y, []
        for index, suffix, order in directions:
            part, states, tape[suffix] = _FORWARD[cell.name](
                x[order],
                tuple(inputs[f"{name}0"][index] for name in cell.states),
                _weights(parameters, suffix),
            )
            parts.append(part[order])
            for name, state in zip(cell.states, states, strict=True):
                final[f"{name}T"][index] = state
        y = np.concatenate(parts, axis=-1)
    return {"y": y, **final}, tape


def backward(
    cell: CellSpec, shape: Shape, inputs: Arrays, parameters: Arrays, tape: Tape, upstream: Arrays
) -> dict[str, Array]:
    """Carry the gradients at the outputs back to every input, state and parameter.

    Args:
        cell: which recurrence.
        shape: the sizes.
        inputs: as given to ``forward``.
        parameters: as given to ``forward``.
        tape: what ``forward`` returned.
        upstream: ``dy``, ``dhT`` and, for an LSTM, ``dcT``, each of the shape of its output.

    Returns:
        The gradient of each name in ``spec.gradient_shapes``, in that order.
    """
    gradients = {f"{name}0": np.empty_like(inputs[f"{name}0"]) for name in cell.states}
    dy = upstream["dy"]
    for directions in reversed(_layers(shape)):
        parts = np.split(dy, len(directions), axis=-1)
        dx = []
        for (index, suffix, order), part in zip(directions, parts, strict=True):
            dpart, dstates, dweights = _BACKWARD[cell.name](
                tape[suffix],
                _weights(parameters, suffix),
                part[order],
                tuple(upstream[f"d{name}T"][index] for name in cell.states),
            )
            dx.append(dpart[order])
            for name, dstate in zip(cell.states, dstates, strict=True):
                gradients[f"{name}0"][index] = dstate
            for name, dweight in zip(_WEIGHTS, dweights, strict=True):
                gradients[name + suffix] = dweight
        dy = np.sum(dx, axis=0)
    gradients["x"] = dy
    return {name: gradients[name] for name in gradient_shapes(cell, shape)}


_WEIGHTS = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def _weights(parameters: Arrays, suffix: str) -> tuple[Array, ...]:
    """One direction's weights; a network without biases has biases of zero."""
    weight_ih = parameters["weight_ih" + suffix]
    zeros = np.zeros(len(weight_ih), weight_ih.dtype)
    return tuple(parameters.get(name + suffix, zeros) for name in _WEIGHTS)


def _layers(shape: Shape) -> list[list[tuple[int, str, slice]]]:
    """Per layer, each direction's index among the states, name suffix, and order of time."""
    D = shape.num_directions
    forwards, backwards = slice(None), slice(None, None, -1)
    directions = [
        (index, suffix, backwards if index % D else forwards)
        for index, (_, _, suffix) in enumerate(shape.layers())
    ]
    return [directions[first : first + D] for first in range(0, len(directions), D)]
