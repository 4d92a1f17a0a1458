"""Say whether the number of ones among many bits is odd: each bit turns the answer over.

Two tanh units with the right weights do it for any length, so that guessing weights at random finds
such a network, where descending a gradient does not.
"""

from functools import partial

import numpy as np

from .task import Example, Goal, Task


def task(lag: int = 500) -> Task:
    """A sequence has ``lag`` bits, and the answer needs all of them.

    To judge many guessed networks, ask them for few bits first: nearly all fail there already.
    """
    return Task(
        name="parity",
        description="whether the number of ones among many bits is odd",
        source="Hochreiter & Schmidhuber, Neural Computation 9(8), 1997, sections 5 and 6; bits of "
        "-1 and 1: Schmidhuber, Hochreiter & Bengio, Evaluating benchmark problems by random "
        "guessing, in A field guide to dynamical recurrent networks, IEEE Press, 2001",
        input_size=1,
        output_size=2,
        loss="cross-entropy",
        answer="last",
        goal=Goal("error rate", 1 / 256),
        trivial=1 / 2,
        baselines={"all bits but one": 1 / 2},
        example=partial(example, lag),
    )


def example(lag: int, rng: np.random.Generator) -> Example:
    """Bits of -1 or 1, and 1 where the ones are odd in number."""
    bits = rng.integers(2, size=lag)
    return (2 * bits - 1).astype(np.float32)[:, np.newaxis], bits.sum() % 2
