"""Repeat ten symbols after a long pause."""

from functools import partial
from math import log

import numpy as np

from .task import Example, Goal, Task, one_hot

SYMBOLS, COUNT = 8, 10
BLANK, NOW = 8, 9


def task(lag: int = 100) -> Task:
    """There are ``lag`` steps (the paper's T) between the symbols and their copy."""
    memoryless = COUNT * log(SYMBOLS) / (lag + 2 * COUNT)
    return Task(
        name="copy",
        description="ten symbols of eight, repeated after a pause",
        source="Arjovsky, Shah & Bengio, Unitary evolution recurrent neural networks, ICML 2016, "
        "section 5.1",
        input_size=SYMBOLS + 2,
        output_size=SYMBOLS + 1,
        loss="cross-entropy",
        answer="every",
        # The paper names no limit.
        goal=Goal("cross-entropy", memoryless / 10),
        trivial=memoryless,  # blanks where they belong, then each symbol as likely as another
        example=partial(example, lag),
    )


def example(lag: int, rng: np.random.Generator) -> Example:
    """One-hot: symbols, blanks, the sign to begin, blanks; blanks, then the symbols again."""
    symbols = rng.integers(SYMBOLS, size=COUNT)
    shown = np.full(lag + 2 * COUNT, BLANK)
    wanted = shown.copy()
    shown[:COUNT] = wanted[-COUNT:] = symbols
    shown[-COUNT - 1] = NOW
    return one_hot(shown, SYMBOLS + 2), wanted
