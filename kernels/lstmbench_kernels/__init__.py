"""LSTM, GRU and RNN kernels in Numba: forward and backward, with PyTorch's conventions.

>>> import numpy as np
>>> net = LSTM(input_size=3, hidden_size=5)
>>> y, (hT, cT) = net.forward(np.ones((7, 2, 3), np.float32))
>>> y.shape, hT.shape
((7, 2, 5), (1, 2, 5))
"""

from .layer import GRU, LSTM, RNN

__all__ = ["GRU", "LSTM", "RNN"]
