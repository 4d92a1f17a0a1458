"""Gradient clipping by global norm (Pascanu, Mikolov & Bengio 2013, algorithm 1)."""

from math import isfinite, sqrt
from typing import Any

import numpy as np

from .arrays import NamedArrays

EPSILON = 1e-6  # PyTorch adds it to the norm


def clip_norm(gradients: NamedArrays, max_norm: float | None = 5.0) -> float:
    """Scale all gradients so that their common norm is at most ``max_norm``; the norm before.

    None only measures.  A norm that is not finite leaves the gradients as they are.
    """
    flat: Any = gradients.flat
    norm = sqrt(float(np.einsum("i,i->", flat, flat)))  # np.dot is a BLAS': see ``dense.py``
    if max_norm is not None and isfinite(norm) and norm > max_norm:
        flat *= max_norm / (norm + EPSILON)
    return norm
