"""Cross-entropy and its gradient, in one pass over rows of numbers."""

# N = rows, O = columns

import numpy as np

from .across import first_lanes, largest, total
from .activations import exp_clamped
from .compile import kernel
from .simd import (
    WIDTH,
    item_bytes,
    load_scalar,
    load_up_to,
    maximum,
    select_greater,
    splat,
    store_scalar,
    store_up_to,
)

# eˣ below is nothing beside 1, and parts of it would not be normal numbers any more.
LEAST = {"float32": -75.0, "float64": -700.0}


@kernel
def cross_entropy_rows(one, gradient, outputs, O, classes, valid, share, least):
    """The sum over valid rows of -log softmax(row)[class]; its gradient times ``share`` is written.

    ``gradient`` and ``outputs`` are the addresses of ``(N, O)``, typed like ``one`` as ``share`` is
    and ``least``, which is that of ``LEAST``; ``classes`` and ``valid`` are ``(N,)``.
    """
    size = item_bytes(one)
    lanes = WIDTH // size
    nothing = splat(one, 0)
    loss = 0.0
    for n in range(len(classes)):
        x, g = outputs + n * O * size, gradient + n * O * size
        if not valid[n]:
            for o in range(0, O, lanes):
                store_up_to(one, g + o * size, nothing, O - o)
            continue
        most = splat(one, -np.inf)
        for o in range(0, O, lanes):
            value = load_up_to(one, x + o * size, O - o)
            most = maximum(most, first_lanes(value, O - o, most))
        highest = largest(most)  # taken off, so that exp cannot overflow
        sums = nothing
        for o in range(0, O, lanes):
            exponent = load_up_to(one, x + o * size, O - o) - splat(one, highest)
            power = exp_clamped(exponent, least, 0.0)
            power = select_greater(splat(one, least), exponent, nothing, power)
            power = first_lanes(power, O - o, nothing)
            store_up_to(one, g + o * size, power, O - o)
            sums = sums + power
        whole = total(sums)
        for o in range(0, O, lanes):
            power = load_up_to(one, g + o * size, O - o)
            store_up_to(one, g + o * size, power * splat(one, share / whole), O - o)
        chosen = classes[n] * size
        store_scalar(g + chosen, load_scalar(one, g + chosen) - share)
        loss += np.log(np.float64(whole)) - np.float64(load_scalar(one, x + chosen) - highest)
    return loss
