"""Add two numbers that are marked in a long sequence of others."""

from functools import partial

import numpy as np

from .task import Example, Goal, Task

FIRST = 10  # the first of the two is one of so many at the beginning


def task(lag: int = 100) -> Task:
    """The first number comes ``lag`` steps or more before the answer, the other anywhere."""
    return Task(
        name="adding",
        description="the sum of two marked numbers among many",
        source="Le, Jaitly & Hinton, arXiv:1504.00941, 2015, section 4.1 (numbers, answer and "
        "baseline); Hochreiter & Schmidhuber, Neural Computation 9(8), 1997, section 5.4 "
        "(the first is one of the first ten)",
        input_size=2,
        output_size=1,
        loss="mean squared error",
        answer="last",
        goal=Goal("mean squared error", 0.01),
        trivial=1 / 6,  # the variance of a sum of two: the answer is always 1
        baselines={"the second number alone": 1 / 12},
        example=partial(example, lag),
    )


def example(lag: int, rng: np.random.Generator) -> Example:
    """Numbers of U[0, 1) beside marks of 0 or 1, and the sum of the two that are marked."""
    length = lag + FIRST
    numbers, marks = rng.random(length), np.zeros(length)
    first = rng.integers(FIRST)
    other = rng.integers(length - 1)
    marks[[first, other + (other >= first)]] = 1.0
    x = np.stack([numbers, marks], 1).astype(np.float32)
    return x, [x[:, 0] @ x[:, 1]]
