"""The curves of several networks as their weights are drawn: every cell, forget bias and seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from . import flow
from .records import Curve


class Network(NamedTuple):
    """One network; its ``forget_bias`` is None where it is as drawn."""

    cell: str
    forget_bias: float | None
    seed: int


@dataclass(frozen=True)
class Networks:
    """A network for each cell, forget bias (of an LSTM) and seed."""

    cells: Sequence[str]
    forget_biases: Sequence[float | None]
    seeds: int
    hidden_size: int

    def each(self) -> Iterator[Network]:
        """All of them, in that order."""
        for cell in self.cells:
            biases = self.forget_biases if cell == "lstm" else (None,)
            for bias, seed in product(biases, range(self.seeds)):
                yield Network(cell, bias, seed)


def measure(networks: Networks, lags: Sequence[int]) -> Iterator[Curve]:
    """A curve for each network.

    The input is N(0, 1), one number a step, the same for every network of a seed.
    """
    for network in networks.each():
        cell, bias, seed = network
        x = np.random.default_rng(seed).standard_normal((lags[-1], 1))
        parameters = flow.initial(cell, networks.hidden_size, forget_bias=bias, seed=seed)
        yield curve(network, parameters, x, lags)


def curve(
    network: Network,
    parameters: flow.Parameters,
    x: flow.Array,
    lags: Sequence[int],
    *,
    steps: int = 0,
    score: float | None = None,
) -> Curve:
    """What is left of the gradients of a network with these weights; a reason where none is."""
    found, reason = flow.Flow((), ()), ""
    try:
        found = flow.measure(network.cell, parameters, x, lags)
    except FloatingPointError as error:
        reason = str(error)
    return Curve(
        cell=network.cell,
        forget_bias=network.forget_bias,
        seed=network.seed,
        steps=steps,
        score=score,
        reason=reason,
        hidden=found.hidden,
        cell_state=found.cell,
    )
