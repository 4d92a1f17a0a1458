"""Training with ``torch.nn`` and ``torch.optim`` as their users do, eager, on the CPU.

Sequences of unequal lengths are packed before the layers, at every call.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.utils import clip_grad_norm_, rnn

from ..backends.torch_modules import make_module, to_array
from ..tasks import Batch
from .layers import layers_of
from .learner import Array, Arrays, Recipe, require_finite

OPTIMISERS = {
    "adam": torch.optim.Adam,
    "rmsprop": torch.optim.RMSprop,
    "sgd": torch.optim.SGD,
}
# Above any norm: then a clip only measures.
NO_CLIP = float("inf")


class Prepared(NamedTuple):
    """A batch as tensors; ``lengths`` where sequences may differ in length."""

    x: Any
    targets: Any
    lengths: Any


class TorchLearner:
    """A module and an optimiser of PyTorch, with our weights."""

    def __init__(self, recipe: Recipe) -> None:
        settings, network = recipe.settings, recipe.network
        weight = network.parameters["head.weight"]
        parts = {
            "rnn": make_module(layers_of(network)),
            "head": torch.nn.Linear(weight.shape[1], weight.shape[0]),
        }
        parts["rnn"].dropout = settings.dropout
        torch.manual_seed(network.seed)  # what is dropped
        # It names the weights as our networks do.
        self.module = torch.nn.ModuleDict(parts)
        self.module.load_state_dict({n: torch.tensor(a) for n, a in network.parameters.items()})
        self._every_step = network.every_step
        self._directions = network.shape.num_directions
        make: Any = OPTIMISERS[settings.optimiser]
        self.optimiser = make(self.module.parameters(), lr=settings.lr)
        self._clip = settings.clip or NO_CLIP
        self._ragged = recipe.ragged
        self._squared = recipe.task.loss == "mean squared error"
        self._steps = 0

    def prepare(self, batch: Batch) -> Prepared:
        lengths = torch.from_numpy(batch.lengths) if self._ragged else None
        return Prepared(torch.from_numpy(batch.x), torch.from_numpy(batch.targets), lengths)

    def _network(self, batch: Prepared) -> Any:
        x = batch.x
        if batch.lengths is not None:
            x = rnn.pack_padded_sequence(x, batch.lengths, enforce_sorted=False)
        y, final = self.module["rnn"](x)
        if self._every_step:
            return self.module["head"](y)
        hT = final[0] if isinstance(final, tuple) else final
        last = hT[-self._directions :]
        return self.module["head"](last.transpose(0, 1).flatten(1))

    def _loss(self, outputs: Any, targets: Any) -> Any:
        if self._squared:
            return torch.nn.functional.mse_loss(outputs, targets)
        return torch.nn.functional.cross_entropy(outputs.flatten(0, -2), targets.flatten())

    def step(self, batch: Prepared) -> float:
        self.optimiser.zero_grad()
        loss = self._loss(self._network(batch), batch.targets)
        loss.backward()
        norm = clip_grad_norm_(self.module.parameters(), self._clip)
        require_finite(loss.item(), norm.item(), self._steps + 1)
        self.optimiser.step()
        self._steps += 1
        return float(loss.item())

    def outputs(self, batch: Prepared) -> Array:
        self.module.eval()
        with torch.inference_mode():
            found = to_array(self._network(batch))
        self.module.train()
        return found

    def state(self) -> dict[str, Array]:
        found = {f"parameters.{n}": t for n, t in self.module.state_dict().items()}
        for index, slots in self.optimiser.state_dict()["state"].items():
            found |= {
                f"optimiser.{index}.{n}": t for n, t in slots.items() if isinstance(t, torch.Tensor)
            }
        arrays = {name: to_array(tensor).copy() for name, tensor in found.items()}
        drawn = torch.get_rng_state().numpy().copy()
        return arrays | {"steps": np.array(self._steps), "random": drawn}

    def load(self, state: Arrays) -> None:
        tensors = {name: torch.tensor(array) for name, array in state.items()}
        self._steps = int(tensors.pop("steps"))
        torch.set_rng_state(tensors.pop("random"))
        weights: dict[str, Any] = {}
        slots: dict[int, dict[str, Any]] = {}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "parameters":
                weights[rest] = tensor
            else:
                index, _, slot = rest.partition(".")
                slots.setdefault(int(index), {})[slot] = tensor
        self.module.load_state_dict(weights)
        groups = self.optimiser.state_dict()["param_groups"]
        self.optimiser.load_state_dict({"state": slots, "param_groups": groups})


def make(recipe: Recipe) -> TorchLearner:
    return TorchLearner(recipe)
