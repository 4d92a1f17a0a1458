"""Say whether two marked bits differ, far apart among other bits: neither alone tells anything."""

from functools import partial

import numpy as np

from .task import Example, Goal, Task

PLACES = 10  # each of the two is one of so many


def task(lag: int = 100) -> Task:
    """The first bit comes ``lag`` steps or more before the answer, the second half way."""
    return Task(
        name="delayed-xor",
        description="whether two marked bits among many differ",
        source="Hochreiter & Schmidhuber, Neural Computation 9(8), 1997, section 6 names the "
        "problem; the sequence is our own",
        input_size=2,
        output_size=2,
        loss="cross-entropy",
        answer="last",
        goal=Goal("error rate", 1 / 256),
        trivial=1 / 2,
        baselines={"one of the two bits alone": 1 / 2},
        example=partial(example, lag),
    )


def example(lag: int, rng: np.random.Generator) -> Example:
    """Bits of -1 or 1 beside marks of 0 or 1: one in the first ten steps, one from half way on."""
    length = lag + PLACES
    bits = 2.0 * rng.integers(2, size=length) - 1.0
    marks = np.zeros(length)
    first, second = rng.integers(PLACES), length // 2 + rng.integers(PLACES)
    marks[[first, second]] = 1.0
    return np.stack([bits, marks], 1).astype(np.float32), bits[first] != bits[second]
