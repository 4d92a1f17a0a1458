"""Tag each step with the nearest letter before it and the nearest after it.

A network that reads forwards knows the first of the two and not the second, which is a fair coin
to it; a bidirectional one can know both.
"""

from functools import partial

import numpy as np

from .task import Example, Goal, Task, one_hot

A, B, BLANK = range(3)
GAPS = 10  # a sequence is as long as so many mean gaps


def task(lag: int = 10) -> Task:
    """Letters are ``lag`` steps apart in the mean."""
    letters = share_of_letters(GAPS * lag, lag)
    return Task(
        name="tagging",
        description="the nearest letter on the left and on the right of each step",
        source="our own; why to read both ways: Schuster & Paliwal, Bidirectional recurrent neural "
        "networks, IEEE Transactions on Signal Processing 45(11), 1997",
        input_size=3,
        output_size=4,
        loss="cross-entropy",
        answer="every",
        goal=Goal("error rate", 0.01),
        trivial=1 - (letters / 2 + (1 - letters) / 4),
        baselines={"the best that reads one way": one_way(letters)},
        example=partial(example, lag),
    )


def share_of_letters(length: int, lag: int) -> float:
    """How many steps have a letter: the first, the last, and of the others one in ``lag``."""
    return (2 + (length - 2) / lag) / length


def one_way(letters: float) -> float:
    """The least error rate of what reads one way, in the mean over sequences.

    A letter is its own nearest on both sides, and needs nothing else.  At a blank the letter on the
    side not yet read is a fair coin: of the two tags that are left, one is as likely as the other.
    Coins have luck: over test sets of 256 sequences with lag 10, what always says that both letters
    are the same had a standard deviation of 0.010 around this.
    """
    return (1 - letters) / 2


def example(lag: int, rng: np.random.Generator) -> Example:
    """One-hot a, b or blank; 0 to 3 for aa, ab, ba, bb: the letter on the left, on the right.

    Where a step has a letter itself, that is the nearest on both sides.
    """
    length = GAPS * lag
    letters = rng.integers(2, size=length)
    there = rng.random(length) < 1 / lag
    there[[0, -1]] = True
    places = np.flatnonzero(there)
    steps = np.arange(length)
    left = letters[places[np.searchsorted(places, steps, side="right") - 1]]
    right = letters[places[np.searchsorted(places, steps, side="left")]]
    return one_hot(np.where(there, letters, BLANK), 3), 2 * left + right
