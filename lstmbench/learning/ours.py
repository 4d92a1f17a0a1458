"""Training with the kernels of this project."""

from typing import Any

from lstmbench_kernels.training import (
    SGD,
    Adam,
    RMSprop,
    Trainer,
    cross_entropy,
    mean_squared_error,
)

from ..tasks import Batch
from .learner import Array, Arrays, Recipe

OPTIMISERS = {"adam": Adam, "rmsprop": RMSprop, "sgd": SGD}
LOSSES = {"mean squared error": mean_squared_error, "cross-entropy": cross_entropy}


class OurLearner:
    """A ``Trainer``; a prepared batch is what it was."""

    def __init__(self, recipe: Recipe) -> None:
        settings, self._network, self._ragged = recipe.settings, recipe.network, recipe.ragged
        make: Any = OPTIMISERS[settings.optimiser]
        self._trainer = Trainer(
            self._network,
            make(self._network.parameters, settings.lr),
            LOSSES[recipe.task.loss],
            clip=settings.clip,
        )

    def _lengths(self, batch: Batch) -> Any:
        return batch.lengths if self._ragged else None

    def prepare(self, batch: Batch) -> Batch:
        return batch

    def step(self, batch: Batch) -> float:
        return self._trainer.step(batch.x, batch.targets, lengths=self._lengths(batch))

    def outputs(self, batch: Batch) -> Array:
        return self._network.forward(batch.x, lengths=self._lengths(batch))

    def state(self) -> dict[str, Array]:
        return self._trainer.state()

    def load(self, state: Arrays) -> None:
        self._trainer.load(state)


def make(recipe: Recipe) -> OurLearner:
    return OurLearner(recipe)
