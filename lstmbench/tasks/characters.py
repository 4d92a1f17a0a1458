"""Say which character comes next in a text, at every step."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..data import load_text
from .task import Example, Goal, Task, one_hot

STEPS = 64
TRAINED = 0.9

Codes = NDArray[np.int64]


def task() -> Task:
    """The first nine tenths of the text to train on, the rest to test with."""
    text = load_text()
    alphabet = sorted(set(text))
    codes = np.array([alphabet.index(character) for character in text])
    split = int(TRAINED * len(codes))
    count = len(alphabet)
    pairs = _entropy_of_pairs(codes, split, count)
    return Task(
        name="characters",
        description="the next character of a text",
        source="our own text, lstmbench/data/ferry.txt",
        input_size=count,
        output_size=count,
        loss="cross-entropy",
        answer="every",
        # To be better, a network has to use more than the character before.
        goal=Goal("cross-entropy", pairs),
        trivial=_entropy_of_characters(codes, split, count),
        baselines={"the character before alone": pairs},
        example=partial(_any_window, codes[:split], count),
        test_examples=tuple(
            _window(codes, start, count) for start in range(split, len(codes) - STEPS, STEPS)
        ),
    )


def _any_window(codes: Codes, count: int, rng: np.random.Generator) -> Example:
    return _window(codes, int(rng.integers(len(codes) - STEPS)), count)


def _window(codes: Codes, start: int, count: int) -> Example:
    """Characters one-hot, and for each the one after it."""
    ahead = codes[start : start + STEPS + 1]
    return one_hot(ahead[:-1], count), ahead[1:]


def _tested(codes: Codes, split: int) -> tuple[Codes, Codes]:
    """The characters of the test set, and for each the one after it."""
    whole = (len(codes) - 1 - split) // STEPS * STEPS
    return codes[split : split + whole], codes[split + 1 : split + whole + 1]


def _entropy_of_characters(codes: Codes, split: int, count: int) -> float:
    """Nats a character of the test set, by how often each occurs before it (and once more)."""
    often = 1.0 + np.bincount(codes[:split], minlength=count)
    return float(-np.log(often / often.sum())[_tested(codes, split)[1]].mean())


def _entropy_of_pairs(codes: Codes, split: int, count: int) -> float:
    """The same for each character after the one before it."""
    often = np.ones((count, count))
    np.add.at(often, (codes[: split - 1], codes[1:split]), 1.0)
    return float(-np.log(often / often.sum(1, keepdims=True))[_tested(codes, split)].mean())
