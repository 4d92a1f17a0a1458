"""The networks whose weights are guessed: two units, many networks at once.

A1 with one hidden unit of Schmidhuber, Hochreiter & Bengio, Evaluating benchmark problems by random
guessing (2001): the units are fully connected, the hidden one has a bias, the output one is
logistic, all is zero at first, and weights are U(-100, 100).  What the hidden unit computes and
which unit moves first is not said with it: tanh, and the hidden unit, are our own choice.  (Were
both to move at once, the output could only rise or only fall with the last bit, whatever came
before: that is no parity.)
"""

# N = networks, T = seq_len, B = batch_size, I = input_size

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DESCRIPTION = (
    "two fully connected units, hidden h = tanh(u x + a h' + b y' + c), then output "
    "y = sigmoid(v x + d h + e y'), all zero at first"
)
RANGE = 100.0


def num_weights(input_size: int) -> int:
    """Of one network: in this order u (I), a, b, c, v (I), d, e."""
    return 2 * input_size + 5


def draw(rng: np.random.Generator, count: int, input_size: int) -> Array:
    """The next ``(N, W)`` weights: two draws of 16 networks are those of one of 32."""
    return rng.uniform(-RANGE, RANGE, (count, num_weights(input_size)))


def outputs(weights: Array, x: NDArray[Any]) -> Array:
    """What each network says at the end of each sequence, from 0 to 1: ``(N, B)``.

    Args:
        weights: ``(N, W)``.
        x: ``(T, B, I)``, all T steps valid.
    """
    I = x.shape[2]
    # Each weight is (N, 1).  Elementwise throughout: how many networks there are does not change
    # the rounding of one, as the order of sums in a matrix product would.
    each = np.ascontiguousarray(weights.T)[:, :, np.newaxis]
    u, (a, b, c), v, (d, e) = each[:I], each[I : I + 3], each[I + 3 : -2], each[-2:]
    h = y = np.zeros((len(weights), x.shape[1]))
    for now in x.astype(np.float64):
        h = np.tanh(sum(map(np.multiply, u, now.T)) + a * h + b * y + c)
        # The logistic function by tanh, which does not overflow.
        y = 0.5 + 0.5 * np.tanh(0.5 * (sum(map(np.multiply, v, now.T)) + d * h + e * y))
    return y
