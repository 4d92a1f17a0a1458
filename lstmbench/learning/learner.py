"""The protocol between a trial and a framework that trains: batches in, losses and answers out."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lstmbench_kernels.training import Network, set_forget_bias, set_time_scales

from ..tasks import Batch, Task
from ..workload import split_cell_name
from .records import Settings

Array = NDArray[Any]
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Recipe:
    """What a learner is made of.

    ``network`` has the initial weights, and is ours; others copy and convert them.  ``ragged`` says
    that sequences of a batch may differ in length.
    """

    network: Network
    task: Task
    settings: Settings
    ragged: bool


class Learner(Protocol):
    """A network and its optimiser in one framework."""

    def prepare(self, batch: Batch) -> Any:
        """The batch as the framework takes it; outside the time."""
        ...

    def step(self, batch: Any) -> float:
        """Learn from a prepared batch; its loss before that.

        Raises ``FloatingPointError`` where the loss or the norm of the gradients is not finite.
        """
        ...

    def outputs(self, batch: Any) -> Array:
        """The answers to a prepared batch, as ``Task.score`` takes them."""
        ...

    def state(self) -> dict[str, Array]:
        """Copies of all that changes while learning."""
        ...

    def load(self, state: Arrays) -> None:
        """Go on from a state of a learner that was made in the same way."""
        ...


# Where the learner of each backend is.
LEARNERS = {"numba-cpu": "ours", "torch-cpu": "of_torch", "keras-cpu": "of_keras"}


def make_recipe(task: Task, settings: Settings, cell: str, seed: int) -> Recipe:
    """What every backend of a seed begins with."""
    kind, bidirectional = split_cell_name(cell)
    network = Network(
        kind,
        task.input_size,
        settings.hidden_size,
        task.output_size,
        settings.num_layers,
        bidirectional=bidirectional,
        dropout=settings.dropout,
        every_step=task.answer == "every",
        num_threads=settings.threads,
        seed=seed,
    )
    if settings.forget_bias is not None and kind == "lstm":
        set_forget_bias(network, settings.forget_bias)
    if settings.time_scale is not None and kind in ("lstm", "gru"):
        set_time_scales(network, settings.time_scale, seed=seed)
    test = task.test_set()
    return Recipe(network, task, settings, ragged=bool(np.any(test.lengths != len(test.x))))


def make_learner(backend: str, recipe: Recipe) -> Learner:
    """The learner of a backend, whose framework is there."""
    made: Learner = import_module(f".{LEARNERS[backend]}", __package__).make(recipe)
    return made


def require_finite(loss: float, norm: float, step: int) -> None:
    """Raise ``FloatingPointError`` where a step cannot be gone on from."""
    for what, value in (("loss", loss), ("norm of the gradients", norm)):
        if not np.isfinite(value):
            raise FloatingPointError(f"step {step}: the {what} is {value}")
