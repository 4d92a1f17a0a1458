"""The curves of several networks before and after they are trained on a task."""

from collections.abc import Iterator, Sequence

import numpy as np

from ..learning.layers import layers_of
from ..learning.learner import make_recipe
from ..learning.ours import OurLearner
from ..learning.records import Settings
from ..learning.trial import score
from ..tasks import Task, load
from .curves import Network, Networks, curve
from .records import Curve, Training


def measure(networks: Networks, lags: Sequence[int], training: Training) -> Iterator[Curve]:
    """Two curves for each network: with weights as they are drawn, and when it is trained.

    The input is a sequence of the test set, the same for every network of a seed; so are the
    batches.  A network that diverges has a reason in place of its second curve.
    """
    task = load(training.task, lag=training.lag)
    for network in networks.each():
        yield from _before_and_after(network, networks.hidden_size, lags, training, task)


def shortest(training: Training) -> int:
    """Steps of the shortest sequence of the test set: how far back every network can be asked."""
    lengths = load(training.task, lag=training.lag).test_set().lengths
    return int(lengths.min())


def _before_and_after(
    network: Network, hidden_size: int, lags: Sequence[int], training: Training, task: Task
) -> Iterator[Curve]:
    settings = _settings(training, hidden_size, network.forget_bias)
    recipe = make_recipe(task, settings, network.cell, network.seed)
    learner, test = OurLearner(recipe), task.test_set()
    at = network.seed % len(test.lengths)
    x = test.x[: test.lengths[at], at].astype(np.float64)

    def look(steps: int) -> Curve:
        weights = layers_of(recipe.network).parameters
        parameters = {name: array.astype(np.float64) for name, array in weights.items()}
        reached = score(learner, task, test, test)
        return curve(network, parameters, x, lags, steps=steps, score=reached)

    yield look(0)
    steps, random = 0, np.random.default_rng(network.seed)
    try:
        while steps < training.steps:
            steps += 1
            learner.step(task.batch(random, training.batch_size))
    except FloatingPointError as error:
        yield Curve(
            cell=network.cell,
            forget_bias=network.forget_bias,
            seed=network.seed,
            steps=steps,
            reason=f"diverged: {error}",
            hidden=(),
            cell_state=(),
        )
    else:
        yield look(steps)


def _settings(training: Training, hidden_size: int, forget_bias: float | None) -> Settings:
    """The same recipe as `lstmbench learn` would train by, on one thread."""
    return Settings(
        task=training.task,
        lag=training.lag,
        cells=(),
        backends=(),
        hidden_size=hidden_size,
        num_layers=1,
        batch_size=training.batch_size,
        optimiser=training.optimiser,
        lr=training.lr,
        clip=training.clip,
        forget_bias=forget_bias,
        seeds=1,
        target=training.target,
        max_steps=training.steps,
        budget_s=1e9,
        every=training.steps,
        threads=1,
    )
