"""Dropout (Srivastava et al. 2014): masks that a seed and two numbers name, so nothing is kept.

Which numbers are dropped follows from the seed, the step and the layer alone.  A run that is taken
up again draws what it would have drawn.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

CHOICES = 1 << 16  # numbers of 16 bits, four from one of the generator's, decide


def dropout_mask(mask: NDArray[Any], share: float, seed: int, step: int, layer: int) -> None:
    """Write a mask: zeros for a ``share`` of the numbers, 1 / (1 - share) for the others.

    The share is rounded to a 65536th.
    """
    dropped = round(share * CHOICES)
    bits = np.random.SFC64([seed, step, layer]).random_raw(-(-mask.size // 4))
    kept = bits.view(np.uint16)[: mask.size] >= dropped
    np.multiply(kept.reshape(mask.shape), mask.dtype.type(CHOICES / (CHOICES - dropped)), out=mask)


def check_share(share: float) -> float:
    """A share that leaves something."""
    if not 0 <= share <= 1 - 1 / CHOICES:
        raise ValueError(f"dropout: expected at least 0 and less than 1, got {share}")
    return float(share)
