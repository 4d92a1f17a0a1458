"""A training step, and all that a run needs to go on where it was.

outputs = network.forward(x, training=True)
loss, doutputs = mean_squared_error(outputs, targets)
gradients = network.backward(doutputs)
clip_norm(gradients, 5.0)
optimiser.step(gradients)
network.pack()
"""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..check import check_array, check_names
from .clipping import clip_norm
from .masks import valid_steps
from .network import Network
from .optimisers import Optimiser

Array = NDArray[Any]
Loss = Callable[[Array, Array, Array | None], tuple[float, Array]]


class Trainer:
    """A network, its optimiser and its loss.

    Attributes:
        steps: done so far.
        gradient_norm: that of the latest step, before clipping.
    """

    def __init__(
        self, network: Network, optimiser: Optimiser, loss: Loss, *, clip: float | None = 5.0
    ) -> None:
        if optimiser.parameters is not network.parameters:
            raise ValueError("optimiser: expected one of this network's parameters")
        self.network, self.optimiser, self.loss, self.clip = network, optimiser, loss, clip
        self.gradient_norm = 0.0
        self._outputs: Array | None = None  # of the latest step

    @property
    def steps(self) -> int:
        return self.optimiser.steps

    @np.errstate(over="ignore", invalid="ignore")  # told once, below
    def step(
        self, x: Array, targets: Array, *, lengths: Any = None, mask: Array | None = None
    ) -> float:
        """Learn from one batch; its loss before that.

        Args:
            x: ``(T, B, I)``.
            targets: as the loss takes them.
            lengths: the valid steps of each sequence, ``(B,)``.
            mask: the steps that count in the loss; all valid ones where None.

        Raises:
            FloatingPointError: the loss or a gradient is not finite; the weights stay as they were.
        """
        if mask is None and lengths is not None and self.network.every_step:
            mask = valid_steps(lengths, len(x))
        room = self._room(np.shape(x))
        outputs = self.network.forward(x, lengths=lengths, training=True, out=room)
        self._outputs = outputs
        loss, doutputs = self.loss(outputs, targets, mask)
        self._check("loss", loss)
        gradients = self.network.backward(doutputs)
        self.gradient_norm = clip_norm(gradients, self.clip)
        self._check("norm of the gradients", self.gradient_norm)
        self.optimiser.step(gradients)
        self.network.pack()
        return loss

    def _room(self, shape: tuple[int, ...]) -> Array | None:
        """The outputs of the step before, where an input of this shape gives as many.

        Given up, memory of that size goes back to the system, and is cleared for the next step.
        """
        steps = shape[:2] if self.network.every_step else shape[1:2]
        fits = self._outputs is not None and self._outputs.shape[:-1] == steps
        return self._outputs if fits else None

    def _check(self, what: str, value: float) -> None:
        if not isfinite(value):
            raise FloatingPointError(
                f"step {self.steps + 1}: the {what} is {value}; the weights are those after step "
                f"{self.steps}; a lower learning rate or a lower clip may help"
            )

    def state(self) -> dict[str, Array]:
        """Copies of all that changes: weights, the optimiser's slots, counts and the random state.

        What the network and the optimiser were made with is not in it.
        """
        return {name: array.copy() for name, array in self._arrays().items()} | {
            "steps": np.array(self.steps),
            "random": np.array([self.network.stack.seed, self.network.stack.draws]),
        }

    def _arrays(self) -> dict[str, Array]:
        return {f"parameters.{name}": array for name, array in self.network.parameters.items()} | {
            f"optimiser.{name}": array for name, array in self.optimiser.slots.items()
        }

    def load(self, state: Mapping[str, Array]) -> None:
        """Go on from a state of a trainer that was made as this one.

        Raises:
            ValueError: a name is missing or unexpected, or a shape is wrong.
            TypeError: an array is of another dtype.
        """
        arrays = self._arrays()
        check_names(dict.fromkeys(state), {**arrays, "steps": ..., "random": ...}, "load")
        found = {
            name: check_array(name, state[name], "shape", array.shape, array.dtype.name)
            for name, array in arrays.items()
        }
        seed, draws = check_array("random", state["random"], "(2,)", (2,), "int64").tolist()
        steps = check_array("steps", state["steps"], "()", (), "int64").item()
        for name, array in arrays.items():
            array[...] = found[name]
        self.optimiser.steps = steps
        self.network.stack.seed, self.network.stack.draws = seed, draws
        self.network.pack()
