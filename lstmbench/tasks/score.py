"""How good answers are; lower is better."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Metric = Literal["mean squared error", "mean absolute error", "error rate", "cross-entropy"]


def mean_squared_error(outputs: Array, targets: Array) -> float:
    """The mean of the squared differences."""
    return float(np.square(outputs.astype(np.float64) - targets).mean())


def mean_absolute_error(outputs: Array, targets: Array) -> float:
    """The mean of the differences without their signs."""
    return float(np.abs(outputs.astype(np.float64) - targets).mean())


def error_rate(outputs: Array, targets: Array) -> float:
    """The share of answers whose largest logit is not that of the right class.

    A logit that is not a number is never right: a network that has diverged has solved nothing.
    """
    right = (outputs.argmax(-1) == targets) & ~np.isnan(outputs).any(-1)
    return 1.0 - float(right.mean())


def cross_entropy(outputs: Array, targets: Array) -> float:
    """The mean of -ln of what the softmax of the logits gives to the right class, in nats."""
    logits = outputs.astype(np.float64)
    logits -= logits.max(-1, keepdims=True)
    of_all = np.log(np.exp(logits).sum(-1))
    of_right = np.take_along_axis(logits, targets[..., np.newaxis], -1)[..., 0]
    return float((of_all - of_right).mean())


SCORES = {
    "mean squared error": mean_squared_error,
    "mean absolute error": mean_absolute_error,
    "error rate": error_rate,
    "cross-entropy": cross_entropy,
}
