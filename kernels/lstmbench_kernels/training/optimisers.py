"""SGD, Adam and RMSprop: PyTorch's formulas and defaults, in place, in one pass over all weights.

Each takes the parameters it is to change.  ``slots`` is what it remembers beside them, flat arrays
in their order; ``steps`` counts.  Both are all of its state.  ``lr`` may be changed at any time.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..cpu.compile import kernel
from .arrays import NamedArrays

Array = NDArray[Any]


class Optimiser(Protocol):
    """What a trainer asks of one."""

    parameters: NamedArrays
    lr: float
    steps: int

    @property
    def slots(self) -> Mapping[str, Array]:
        """What it remembers, by name."""

    def step(self, gradients: NamedArrays) -> None:
        """Change the parameters by their gradients."""


class SGD:
    """b ← momentum b + g,  w ← w - lr b  (Polyak 1964, as PyTorch has it)."""

    def __init__(self, parameters: NamedArrays, lr: float = 1e-3, *, momentum: float = 0.0) -> None:
        self.parameters, self.lr, self.momentum, self.steps = parameters, lr, momentum, 0
        self.slots = {"momentum": np.zeros_like(parameters.flat)} if momentum else {}

    def step(self, gradients: NamedArrays) -> None:
        """Change the parameters by their gradients."""
        self.steps += 1
        number = self.parameters.flat.dtype.type
        # Without momentum, nothing is remembered: the gradients stand in, as they are.
        buffer = self.slots.get("momentum", gradients.flat)
        _sgd(self.parameters.flat, buffer, gradients.flat, number(self.lr), number(self.momentum))


class Adam:
    """Adam (Kingma & Ba 2015, algorithm 1), with bias correction."""

    def __init__(
        self,
        parameters: NamedArrays,
        lr: float = 1e-3,
        *,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
    ) -> None:
        self.parameters, self.lr, self.betas, self.eps = parameters, lr, betas, eps
        self.steps = 0
        self.slots = {name: np.zeros_like(parameters.flat) for name in ("mean", "square")}

    def step(self, gradients: NamedArrays) -> None:
        """Change the parameters by their gradients."""
        self.steps += 1
        beta1, beta2 = self.betas
        number = self.parameters.flat.dtype.type
        _adam(
            self.parameters.flat,
            self.slots["mean"],
            self.slots["square"],
            gradients.flat,
            number(1 - beta1),
            number(beta2),
            number(1 - beta2),
            number(self.lr / (1 - beta1**self.steps)),
            number(sqrt(1 - beta2**self.steps)),
            number(self.eps),
        )


class RMSprop:
    """s ← α s + (1 - α) g²,  w ← w - lr g / (√s + ε)  (Tieleman & Hinton 2012, lecture 6.5)."""

    def __init__(
        self, parameters: NamedArrays, lr: float = 1e-2, *, alpha: float = 0.99, eps: float = 1e-8
    ) -> None:
        self.parameters, self.lr, self.alpha, self.eps, self.steps = parameters, lr, alpha, eps, 0
        self.slots = {"square": np.zeros_like(parameters.flat)}

    def step(self, gradients: NamedArrays) -> None:
        """Change the parameters by their gradients."""
        self.steps += 1
        number = self.parameters.flat.dtype.type
        _rmsprop(
            self.parameters.flat,
            self.slots["square"],
            gradients.flat,
            number(self.lr),
            number(self.alpha),
            number(1 - self.alpha),
            number(self.eps),
        )


# --- one pass each: outputs first


@kernel
def _sgd(w: Any, b: Any, g: Any, lr: Any, momentum: Any) -> None:
    for n in range(w.size):
        step = momentum * b[n] + g[n] if momentum != 0 else g[n]
        b[n] = step
        w[n] -= lr * step


@kernel
def _adam(
    w: Any, m: Any, s: Any, g: Any, rate1: Any, beta2: Any, rate2: Any, lr: Any, root: Any, eps: Any
) -> None:
    for n in range(w.size):
        mean = m[n] + rate1 * (g[n] - m[n])
        square = beta2 * s[n] + rate2 * g[n] * g[n]
        m[n] = mean
        s[n] = square
        w[n] -= lr * (mean / (np.sqrt(square) / root + eps))


@kernel
def _rmsprop(w: Any, s: Any, g: Any, lr: Any, alpha: Any, rate: Any, eps: Any) -> None:
    for n in range(w.size):
        square = alpha * s[n] + rate * g[n] * g[n]
        s[n] = square
        w[n] -= lr * (g[n] / (np.sqrt(square) + eps))
