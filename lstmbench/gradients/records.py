"""The file of `lstmbench gradients`: for each network, what is left of a gradient at each lag."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..environment import Environment
from ..model import Model, NotNegative, Size


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
