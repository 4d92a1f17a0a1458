"""The curves of several networks: every cell, forget bias and seed."""

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np

from . import flow
from .records import Curve


def measure(
    cells: Sequence[str],
    forget_biases: Sequence[float | None],
    *,
    hidden_size: int,
    lags: Sequence[int],
    seeds: int,
) -> Iterator[Curve]:
    """A curve for each cell, forget bias (of an LSTM) and seed, in that order.

    The input is N(0, 1), one number a step, the same for every network of a seed.
    """
    for cell, bias, seed in product(cells, forget_biases, range(seeds)):
        if cell != "lstm" and bias is not forget_biases[0]:
            continue
        x = np.random.default_rng(seed).standard_normal((lags[-1], 1))
        given = bias if cell == "lstm" else None
        parameters = flow.initial(cell, hidden_size, forget_bias=given, seed=seed)
        found = flow.measure(cell, parameters, x, lags)
        yield Curve(
            cell=cell,
            forget_bias=given,
            seed=seed,
            hidden=found.hidden,
            cell_state=found.cell,
        )
