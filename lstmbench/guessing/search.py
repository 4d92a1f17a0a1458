"""Draw networks until one is right on every training sequence."""

from collections.abc import Iterator
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from ..errors import UsageError
from ..tasks import LAGGED, Batch, Task
from . import network
from .network import Array
from .records import Guess, Settings

# An answer is right where the output is as near to its class, 0 or 1; as many sequences as there.
NEAR = 0.1
SEQUENCES = 100
# Networks at once: half as many are slower by 1.6, twice as many faster by 1.4 but mostly too many.
CHUNK = 1024


def run(task: Task, settings: Settings) -> Iterator[Guess]:
    """One for each seed; raises ``UsageError`` where the task is none for such networks."""
    if not fits(task):
        known = ", ".join(name for name, of in LAGGED.items() if fits(of()))
        raise UsageError(
            f"task {task.name}: expected one of two classes, told at the end of a sequence "
            f"({known}): such a network has one output"
        )
    test = task.test_set()
    for seed in range(settings.seeds):
        yield guess(task, test, settings, seed)


def fits(task: Task) -> bool:
    """Whether the one output of a network can answer it: two classes, told at the end."""
    return (task.loss, task.answer, task.output_size) == ("cross-entropy", "last", 2)


def guess(task: Task, test: Batch, settings: Settings, seed: int, chunk: int = CHUNK) -> Guess:
    """Guess with a seed, which training sequences and weights follow from."""
    of_sequences, of_weights = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(2))
    training = task.batch(of_sequences, settings.sequences)
    found, guesses, began = None, 0, perf_counter()
    while found is None and guesses < settings.max_guesses:
        weights = network.draw(
            of_weights, min(chunk, settings.max_guesses - guesses), task.input_size
        )
        passed = right(weights, training)
        found = weights[passed[0]] if len(passed) else None
        guesses += int(passed[0]) + 1 if len(passed) else len(weights)
    seconds = perf_counter() - began
    score = None if found is None else tested(found, task, test)
    return Guess(
        seed=seed,
        guesses=guesses,
        seconds=seconds,
        solved=score is not None and score < settings.target,
        score=score,
        weights=() if found is None else tuple(found.tolist()),
    )


def right(weights: Array, batch: Batch) -> NDArray[np.intp]:
    """Which networks are right on every sequence of a batch, by their numbers, ascending.

    The first sequence already leaves out more than half of them: those that are left see the more
    sequences at once the fewer they are.
    """
    left, seen = np.arange(len(weights)), 0
    while len(left) and seen < len(batch.targets):
        these = slice(seen, seen + len(weights) // len(left))
        said = network.outputs(weights[left], batch.x[:, these])
        left = left[(np.abs(said - batch.targets[these]) < NEAR).all(axis=1)]
        seen = these.stop
    return left


def tested(weights: Array, task: Task, test: Batch) -> float:
    """The score of one network on the test set: the nearer class is its answer."""
    (said,) = network.outputs(weights[np.newaxis], test.x)
    return task.score(np.stack([1.0 - said, said], axis=-1), test)
