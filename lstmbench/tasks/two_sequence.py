"""Tell two kinds of sequences apart by how they begin; noise follows, and the answers are noisy."""

from functools import partial

import numpy as np

from .task import Example, Goal, Task

SIGNAL = 3
NOISE = np.sqrt(0.2)
TARGETS = (0.2, 0.8)
TARGET_NOISE = np.sqrt(0.1)


def task(lag: int = 100) -> Task:
    """The last step that tells is followed by ``lag`` steps of noise, and up to a tenth more."""
    return Task(
        name="two-sequence",
        description="which of two signals began a sequence of noise, from noisy answers",
        source="Hochreiter & Schmidhuber, Neural Computation 9(8), 1997, section 5.3, task 3c",
        input_size=1,
        output_size=1,
        loss="mean squared error",
        answer="last",
        goal=Goal("mean absolute error", 0.015),
        trivial=0.3,  # the answer is always 0.5
        example=partial(example, lag, TARGET_NOISE),
        test_example=partial(example, lag, 0.0),
    )


def example(lag: int, target_noise: float, rng: np.random.Generator) -> Example:
    """Three steps of 1 (class 1) or -1 (class 2), then noise of variance 0.2; 0.2 or 0.8."""
    kind = rng.integers(2)
    x = NOISE * rng.standard_normal(SIGNAL + lag + rng.integers(lag // 10, endpoint=True))
    x[:SIGNAL] = (1.0, -1.0)[kind]
    target = TARGETS[kind] + target_noise * rng.standard_normal()
    return x.astype(np.float32)[:, np.newaxis], [target]
