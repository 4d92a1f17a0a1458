"""LSTM, GRU and RNN kernels in Numba: forward and backward, with PyTorch's conventions.

>>> import numpy as np
>>> net = LSTM(input_size=3, hidden_size=5)
>>> y, (hT, cT) = net.forward(np.ones((7, 2, 3), np.float32))
>>> y.shape, hT.shape
((7, 2, 5), (1, 2, 5))
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .layer import GRU, LSTM, RNN

__all__ = ["GRU", "LSTM", "RNN"]


def __getattr__(name: str) -> Any:
    """Import the layers, and Numba with them, when one is asked for: ``spec`` needs neither."""
    if name in __all__:
        from . import layer

        return getattr(layer, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
