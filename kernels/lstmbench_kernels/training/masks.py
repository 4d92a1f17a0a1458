"""Which steps of a padded batch are real."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def valid_steps(lengths: ArrayLike, seq_len: int) -> NDArray[Any]:
    """``(T, B)``, true in the first ``lengths[b]`` steps of each sequence."""
    return np.arange(seq_len)[:, None] < np.asarray(lengths)
