"""Losses of a batch and their gradients, as PyTorch averages them: over all valid numbers or steps.

A mask is true where a step counts, ``(T, B)`` or ``(B,)`` as the outputs are; the others have no
part in the loss, and their gradient is zero, whatever stands there.
"""

# T = seq_len, B = batch_size, O = output_size, N = rows

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    valid = np.ones(targets.size, bool) if mask is None else mask.reshape(-1)
    count = targets.size if mask is None else _valid(mask, outputs)
    classes = np.where(valid, targets.reshape(-1), 0)
    if not 0 <= classes.min() <= classes.max() < O:
        raise ValueError(f"targets: expected 0 to {O - 1}, got {classes.min()} to {classes.max()}")
    rows = outputs.reshape(-1, O)
    shifted = rows - rows.max(axis=1, keepdims=True)  # exp cannot overflow
    chosen = np.arange(len(rows)), classes
    likelihood = shifted[chosen]
    gradient: Array = np.exp(shifted, out=shifted)
    total = gradient.sum(axis=1)
    loss = float((np.log(total) - likelihood).sum(dtype=np.float64, where=valid)) / count
    gradient /= total[:, None] * outputs.dtype.type(count)
    gradient[chosen] -= outputs.dtype.type(1 / count)
    if mask is not None:
        gradient[~valid] = 0
    return loss, gradient.reshape(outputs.shape)


def _valid(mask: Array, outputs: Array) -> int:
    """How many steps count."""
    if mask.dtype != bool or mask.shape != outputs.shape[:-1]:
        raise ValueError(f"mask: expected bool {outputs.shape[:-1]}, got {mask.dtype} {mask.shape}")
    count = int(np.count_nonzero(mask))
    if count == 0:
        raise ValueError("mask: expected at least one true step, got none")
    return count
