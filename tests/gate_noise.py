"""Times as processes of a shared machine give them: noise models for simulated gates."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
# (generator, shape (runs, rows, blocks, 4)) to logs of times, in the order A B B A.
Noise = Callable[[np.random.Generator, tuple[int, ...]], Numbers]


def normal(sd: float) -> Noise:
    """Processes differ by so much, and by nothing else."""
    return lambda rng, shape: rng.normal(0.0, sd, shape)


def drift(sd: float, whole: float) -> Noise:
    """The machine becomes slower by ``whole`` from the first process to the last."""

    def noise(rng: np.random.Generator, shape: tuple[int, ...]) -> Numbers:
        steady = np.linspace(0.0, whole, shape[-2] * shape[-1]).reshape(shape[-2:])
        return rng.normal(0.0, sd, shape) + steady

    return noise


def slow_tails(sd: float, share: float) -> Noise:
    """A share of the processes is disturbed, and slower by up to several deviations."""

    def noise(rng: np.random.Generator, shape: tuple[int, ...]) -> Numbers:
        disturbed = rng.random(shape) < share
        return rng.normal(0.0, sd, shape) + disturbed * np.abs(rng.normal(0.0, 4 * sd, shape))

    return noise


def bimodal(sd: float, apart: float) -> Noise:
    """Each process has one of two speeds, by how its memory happened to lie."""
    return lambda rng, shape: rng.normal(0.0, sd, shape) + apart * rng.integers(0, 2, shape)


def bursts(sd: float, share: float, slower: float) -> Noise:
    """Whole blocks meet a busy neighbour, from some process of theirs on."""

    def noise(rng: np.random.Generator, shape: tuple[int, ...]) -> Numbers:
        hit = rng.random((*shape[:-3], 1, shape[-2], 1)) < share
        first = rng.integers(0, shape[-1], (*shape[:-3], 1, shape[-2], 1))
        after = np.arange(shape[-1]) >= first
        return rng.normal(0.0, sd, shape) + slower * (hit & after)

    return noise


MODELS: dict[str, Noise] = {
    "1 % noise": normal(0.01),
    "2 % noise": normal(0.02),
    "5 % noise": normal(0.05),
    "3 % drift": drift(0.01, 0.03),
    "slow tails": slow_tails(0.02, 0.08),
    "bimodal processes": bimodal(0.005, 0.04),
    "bursts of load": bursts(0.01, 0.2, 0.3),
}
