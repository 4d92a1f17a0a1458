"""Losses of a batch and their gradients, as PyTorch averages them: over all valid numbers or steps.

A mask is true where a step counts, ``(T, B)`` or ``(B,)`` as the outputs are; the others have no
part in the loss, and their gradient is zero, whatever stands there.
"""

# T = seq_len, B = batch_size, O = output_size, N = rows

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..cpu.softmax import LEAST, cross_entropy_rows
from ..cpu.workspace import address_of

Array = NDArray[Any]


def mean_squared_error(
    outputs: Array, targets: Array, mask: Array | None = None
) -> tuple[float, Array]:
    """The mean of (outputs - targets)², and its gradient.

    ``outputs`` and ``targets`` are ``(..., O)``.
    """
    if targets.shape != outputs.shape:
        raise ValueError(f"targets: expected {outputs.shape} as the outputs, got {targets.shape}")
    difference: Array = np.subtract(outputs, targets, dtype=outputs.dtype)
    count = difference.size
    if mask is not None:
        count = _valid(mask, outputs) * outputs.shape[-1]
        difference[~mask] = 0
    loss = float(np.square(difference).sum(dtype=np.float64)) / count
    difference *= 2 / count
    return loss, difference


def cross_entropy(outputs: Array, targets: Array, mask: Array | None = None) -> tuple[float, Array]:
    """The mean of -log softmax(outputs)[target], and its gradient.

    ``outputs`` are ``(..., O)``; ``targets`` ``(...)`` whole numbers from 0 to O - 1.
    """
    O = outputs.shape[-1]
    if targets.shape != outputs.shape[:-1]:
        raise ValueError(f"targets: expected {outputs.shape[:-1]}, got {targets.shape}")
    if outputs.dtype.name not in LEAST:
        raise TypeError(f"outputs: expected {' or '.join(LEAST)}, got {outputs.dtype}")
    classes = np.ascontiguousarray(targets.astype(np.int64, casting="same_kind", copy=False))
    classes = classes.reshape(-1)
    count, valid = len(classes), np.ones(len(classes), bool)
    if mask is not None:
        count, valid = _valid(mask, outputs), np.ascontiguousarray(mask).reshape(-1)
        classes = np.where(valid, classes, 0)
    if not 0 <= classes.min() <= classes.max() < O:
        raise ValueError(f"targets: expected 0 to {O - 1}, got {classes.min()} to {classes.max()}")
    number, least = outputs.dtype.type, LEAST[outputs.dtype.name]
    outputs = np.ascontiguousarray(outputs)
    gradient = np.empty_like(outputs)
    loss = cross_entropy_rows(
        number(1), address_of(gradient), address_of(outputs), O,
        classes, valid, number(1 / count), number(least),
    )  # fmt: skip
    return loss / count, gradient


def _valid(mask: Array, outputs: Array) -> int:
    """How many steps count."""
    if mask.dtype != bool or mask.shape != outputs.shape[:-1]:
        raise ValueError(f"mask: expected bool {outputs.shape[:-1]}, got {mask.dtype} {mask.shape}")
    count = int(np.count_nonzero(mask))
    if count == 0:
        raise ValueError("mask: expected at least one true step, got none")
    return count
