"""Sequences of unequal lengths: those of one length together, as a batch of their own.

Nothing is masked and nothing is skipped, so nothing can be masked wrongly: every sequence runs
through the plain reference over its own steps and no others.  That is what PyTorch's packed
sequences mean: beyond the end of a sequence its outputs and the gradient of its input are zero,
what arrives there is ignored, and the direction back in time begins at each sequence's own end.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, L = num_layers

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..spec import CellSpec, Shape, gradient_shapes, output_shapes
from . import Tape, backward, forward

Array = NDArray[np.floating]
Arrays = Mapping[str, Array]
Rows = NDArray[np.intp]


def forward_ragged(
    cell: CellSpec, shape: Shape, inputs: Arrays, parameters: Arrays, lengths: Sequence[int]
) -> tuple[dict[str, Array], list[Tape]]:
    """Run a network over the valid steps of each sequence.

    Args:
        cell: which recurrence.
        shape: the sizes of the whole batch.
        inputs: as ``forward`` takes them.
        parameters: as ``forward`` takes them.
        lengths: the valid steps of each of the B sequences, from 1 to T.

    Returns:
        As ``forward``, with a tape for each length.
    """
    dtype = inputs["x"].dtype
    outputs = {name: np.zeros(dims, dtype) for name, dims in output_shapes(cell, shape).items()}
    tapes = []
    for length, rows in _groups(lengths):
        sizes = replace(shape, seq_len=length, batch_size=len(rows))
        part, tape = forward(cell, sizes, _part(inputs, length, rows), parameters)
        tapes.append(tape)
        for name, array in part.items():
            outputs[name][_steps(name, length), rows] = array
    return outputs, tapes


def backward_ragged(
    cell: CellSpec,
    shape: Shape,
    inputs: Arrays,
    parameters: Arrays,
    tapes: Sequence[Tape],
    upstream: Arrays,
    lengths: Sequence[int],
) -> dict[str, Array]:
    """Carry the gradients back: as ``backward``, over the valid steps of each sequence."""
    dtype = inputs["x"].dtype
    total = {name: np.zeros(dims, dtype) for name, dims in gradient_shapes(cell, shape).items()}
    for (length, rows), tape in zip(_groups(lengths), tapes, strict=True):
        sizes = replace(shape, seq_len=length, batch_size=len(rows))
        given, arriving = _part(inputs, length, rows), _part(upstream, length, rows)
        for name, array in backward(cell, sizes, given, parameters, tape, arriving).items():
            if name in inputs:
                total[name][_steps(name, length), rows] = array
            else:
                total[name] += array
    return total


def _groups(lengths: Sequence[int]) -> Iterator[tuple[int, Rows]]:
    """Each length that occurs, and the sequences that have it."""
    valid = np.asarray(lengths)
    for length in np.unique(valid):
        yield int(length), np.flatnonzero(valid == length)


def _part(arrays: Arrays, length: int, rows: Rows) -> dict[str, Array]:
    """Some sequences, up to their end."""
    return {name: array[_steps(name, length), rows] for name, array in arrays.items()}


def _steps(name: str, length: int) -> slice:
    """What to take of the first axis of an array: valid steps, or the states of every layer."""
    return slice(length) if name in ("x", "y", "dy") else slice(None)
