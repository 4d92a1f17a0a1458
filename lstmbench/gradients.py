"""The file of `lstmbench gradients`: for each network, what is left of a gradient at each lag."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Annotated, Literal

import numpy as np
from pydantic import ConfigDict, Field

from . import flow
from .environment import Environment
from .model import Model, NotNegative, Size


class Curve(Model):
    """One network: a cell, a forget bias, a seed."""

    cell: str
    """lstm, gru, rnn-tanh or rnn-relu."""
    forget_bias: float | None
    """What the biases of the forget gate sum to; null where they are as they were drawn."""
    seed: int
    """Of the weights."""
    hidden: tuple[NotNegative, ...]
    """At each lag the gain of ∂h_T/∂h_{T-k}; 0 where it is below what a float64 can say."""
    cell_state: tuple[NotNegative, ...]
    """The gain of ∂c_T/∂c_{T-k}; empty where the cell has no c."""


class GradientsFile(Model):
    """Gradients through time at initialisation, for several cells."""

    model_config = ConfigDict(title="lstmbench gradients")

    schema_: Annotated[Literal["lstmbench/gradients"], Field(alias="schema")] = (
        "lstmbench/gradients"
    )
    """What kind of file this is."""
    version: Literal[1] = 1
    """The version of the format."""
    created: str
    """UTC, ISO 8601."""
    command: str
    """The command line that makes it again."""
    environment: Environment
    """The machine and the software."""
    hidden_size: Size
    """H."""
    lags: tuple[Size, ...]
    """Each k, ascending; the last is the length of the sequence."""
    curves: tuple[Curve, ...]
    """One for each cell, forget bias and seed."""


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
