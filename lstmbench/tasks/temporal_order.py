"""Tell in which order two symbols came, far apart among others."""

from functools import partial

import numpy as np

from .task import Example, Goal, Task, one_hot

# The symbols: distractors, the two that count, the first and the last of each sequence.
A, B, C, D, X, Y, E, END = range(8)


def task(lag: int = 79) -> Task:
    """The first symbol that counts comes ``lag`` steps or more before the answer (paper: 79)."""
    return Task(
        name="temporal-order",
        description="which two of X and Y came, in their order: one of four",
        source="Hochreiter & Schmidhuber, Neural Computation 9(8), 1997, section 5.6, task 6a",
        input_size=8,
        output_size=4,
        loss="cross-entropy",
        answer="last",
        goal=Goal("error rate", 1 / 256),
        trivial=3 / 4,
        baselines={"one of the two symbols alone": 1 / 2},
        example=partial(example, lag),
    )


def example(lag: int, rng: np.random.Generator) -> Example:
    """One-hot symbols, and 0 to 3 for XX, XY, YX, YY.

    A sequence is up to a tenth longer than the shortest.  The first symbol that counts stands after
    one to two tenths of the shortest, the second after five to six.
    """
    # At two tenths or before: the eight tenths after it are lag steps and the last.
    least = -(-5 * (lag + 1) // 4)
    length = least + rng.integers(least // 10, endpoint=True)
    symbols = rng.integers(A, D, length, endpoint=True)
    places = [rng.integers(least * n // 10, least * (n + 1) // 10, endpoint=True) for n in (1, 5)]
    pair = rng.integers(2, size=2)
    symbols[places] = X + pair
    symbols[0], symbols[-1] = E, END
    return one_hot(symbols, 8), 2 * pair[0] + pair[1]
