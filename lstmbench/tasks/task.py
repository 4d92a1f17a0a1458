"""What a task is: where its sequences come from, what counts as solved, what a trivial answer gets.

A task draws its sequences one after the other from a random generator, so that the same seed gives
the same sequences whatever the sizes of the batches.  It knows nothing of a network: it hands out
arrays, and scores the arrays that come back.
"""

# T = seq_len, B = batch_size, I = input_size, O = output_size

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .score import SCORES, Metric

Array = NDArray[Any]
Inputs = NDArray[np.float32]
# One sequence: x (T, I), and its answer or answers.
Example = tuple[Inputs, Any]

TEST_SEED = 20_260_101
TEST_SIZE = 256


@dataclass(frozen=True, eq=False)
class Batch:
    """Sequences and their answers.

    ``x`` is ``(T, B, I)`` float32, padded with zeros at the end; ``lengths`` is ``(B,)``, the valid
    steps of each sequence.  ``targets`` are ``(B, ...)`` where the answer is at the last valid
    step, ``(T, B, ...)`` where there is one at every step: whole numbers, the classes, or float32
    with a last axis of O.  No task with an answer at every step has sequences of unequal lengths.
    """

    x: Inputs
    targets: Array
    lengths: NDArray[np.int64]


@dataclass(frozen=True)
class Goal:
    """A task is solved where the score of the test set is below a limit."""

    metric: Metric
    below: float


@dataclass(frozen=True, kw_only=True)
class Task:
    """A source of sequences with answers, and what an answer is worth.

    ``source`` is where the definition is from.  ``trivial`` is the score of the best answer that
    does not look at the input; ``baselines`` are the scores of others that are worth knowing, by
    name.  Scores are of the goal's metric, and lower is better.

    ``example`` draws a sequence to train on.  The test set is what ``test_example`` draws (the same
    where it is none) from a seed of its own, or ``test_examples``, where those are all there are.
    """

    name: str
    description: str
    source: str
    input_size: int
    output_size: int
    loss: Literal["mean squared error", "cross-entropy"]
    answer: Literal["last", "every"]
    goal: Goal
    trivial: float
    example: Callable[[np.random.Generator], Example]
    baselines: Mapping[str, float] = field(default_factory=dict)
    test_example: Callable[[np.random.Generator], Example] | None = None
    test_examples: tuple[Example, ...] = ()

    def batch(self, rng: np.random.Generator, batch_size: int) -> Batch:
        """The next sequences to train on: two batches of 16 are those of one batch of 32."""
        return self._stacked([self.example(rng) for _ in range(batch_size)])

    def test_set(self, size: int = TEST_SIZE) -> Batch:
        """The first sequences of the test set, always the same; all, where there are fewer."""
        if self.test_examples:
            return self._stacked(self.test_examples[:size])
        rng = np.random.default_rng(TEST_SEED)
        draw = self.test_example or self.example
        return self._stacked([draw(rng) for _ in range(size)])

    def score(self, outputs: Array, batch: Batch) -> float:
        """How good answers are, in the goal's metric.

        Args:
            outputs: ``(B, O)`` at the last valid steps or ``(T, B, O)`` at all; of classes, logits.
            batch: what they answer.
        """
        steps = () if self.answer == "last" else batch.x.shape[:1]
        expected = (*steps, batch.x.shape[1], self.output_size)
        if outputs.shape != expected:
            letters = "(B, O)" if self.answer == "last" else "(T, B, O)"
            raise ValueError(f"outputs: expected {letters} = {expected}, got {outputs.shape}")
        return SCORES[self.goal.metric](outputs, batch.targets)

    def solved(self, score: float) -> bool:
        """Whether a score of the test set reaches the goal."""
        return score < self.goal.below

    def _stacked(self, examples: Iterable[Example]) -> Batch:
        xs, answers = zip(*examples, strict=True)
        lengths = np.array([len(x) for x in xs])
        padded = np.zeros((lengths.max(), len(xs), self.input_size), np.float32)
        for b, x in enumerate(xs):
            padded[: len(x), b] = x
        kind = np.float32 if self.loss == "mean squared error" else np.int64
        axis = 0 if self.answer == "last" else 1
        return Batch(padded, np.stack([np.asarray(a, kind) for a in answers], axis), lengths)


def one_hot(classes: NDArray[np.int64], count: int) -> Inputs:
    """Each class as a row with a single one: ``(T, count)``."""
    rows = np.zeros((len(classes), count), np.float32)
    rows[np.arange(len(classes)), classes] = 1.0
    return rows
