"""The file of `lstmbench gradients`: for each network, what is left of a gradient at each lag."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..learning.records import Count, Lesson, Optimiser
from ..model import Model, NotNegative, Positive, Size
from ..origin import Made


class Training(Model):
    """What each network was trained on, and how, between its two curves."""

    task: str
    """The name of the task."""
    lag: Size | None
    """Steps over which something has to be remembered; null: that of the task."""
    steps: Size
    """Steps of training, each on one batch."""
    batch_size: Size
    """Sequences in a step."""
    optimiser: Optimiser
    """Its formula is that of PyTorch, with PyTorch's defaults."""
    lr: Positive
    """The learning rate."""
    clip: Positive | None
    """The greatest global norm of the gradients; null: none."""
    target: Positive
    """The task is solved where the score of the test set is below this."""
    lesson: Lesson
    """What was to be learnt."""


class Curve(Model):
    """One network, fresh or trained: a cell, a forget bias, a seed."""

    cell: str
    """lstm, gru, rnn-tanh or rnn-relu."""
    forget_bias: float | None
    """What the biases of the forget gate sum to at first; null where they are as drawn."""
    seed: int
    """Of the weights, and of the batches."""
    steps: Count = 0
    """Steps of training that the network has had, or the one that failed; 0: as drawn."""
    score: NotNegative | None = None
    """That of the test set with these weights; null without a task, and where it is not finite."""
    reason: str = ""
    """Why there are no gains; empty where there are."""
    hidden: tuple[NotNegative, ...]
    """At each lag the gain of ∂h_T/∂h_{T-k}; 0 where it is below what a float64 can say."""
    cell_state: tuple[NotNegative, ...]
    """The gain of ∂c_T/∂c_{T-k}; empty where the cell has no c."""


class GradientsFile(Made):
    """Gradients through time for several cells, at initialisation and after training."""

    model_config = ConfigDict(title="lstmbench gradients")

    schema_: Annotated[Literal["lstmbench/gradients"], Field(alias="schema")] = (
        "lstmbench/gradients"
    )
    """What kind of file this is."""
    hidden_size: Size
    """H."""
    training: Training | None = None
    """How the networks were trained; null: they were measured at initialisation only."""
    lags: tuple[Size, ...]
    """Each k, ascending; without training the last is the length of the sequence."""
    curves: tuple[Curve, ...]
    """One for each cell, forget bias and seed; with training two, the fresh network first."""
