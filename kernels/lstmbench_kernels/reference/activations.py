"""The logistic function, written so that no input overflows."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]


def sigmoid(x: Array) -> Array:
    """σ(x) = 1/(1 + e⁻ˣ), in x's dtype, with full relative precision in both tails.

    The exponent is never positive: e = e^(-|x|), then 1/(1 + e) for x >= 0 and e/(1 + e) below.
    """
    e: Array = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)
