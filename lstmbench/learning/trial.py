"""One trial: train until the target is reached, look at the test set every so many steps.

Seconds are those of the steps alone, by a clock that never goes back.  Drawing and preparing
batches, evaluation, checkpoints and compilation are outside: one step that is taken back compiles.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import isfinite
from statistics import fmean
from typing import Any

import numpy as np

from ..tasks import Batch, Task, load
from ..timing.clock import Clock
from ..units import Seconds
from .checkpoint import Checkpoint
from .learner import Learner
from .records import Beyond, Point, Settings, Status

TIMED = (
    "training steps: forward, loss, backward, clipping and the optimiser, until the loss is a "
    "number of Python's; drawing the batches and giving them to the framework, evaluation, "
    "checkpoints and compilation are outside; PyTorch runs eager, torch.nn and torch.optim with "
    "their defaults, Keras one tf.function a step, without XLA"
)


@dataclass(frozen=True)
class Outcome:
    """How a trial ended, its curve, and how it does at other lags."""

    status: Status
    reason: str
    steps: int
    seconds: Seconds
    curve: tuple[Point, ...]
    beyond: tuple[Beyond, ...] = ()


@dataclass
class _Progress:
    """A trial on its way."""

    random: np.random.Generator
    step: int = 0
    seconds: Seconds = 0.0
    curve: tuple[Point, ...] = ()

    def facts(self) -> dict[str, Any]:
        return {
            "random": self.random.bit_generator.state,
            "step": self.step,
            "seconds": self.seconds,
            "curve": [point.model_dump() for point in self.curve],
        }

    @classmethod
    def of(cls, seed: int, facts: dict[str, Any] | None) -> "_Progress":
        found = cls(np.random.default_rng(seed))
        if facts is not None:
            found.random.bit_generator.state = facts["random"]
            found.step, found.seconds = facts["step"], facts["seconds"]
            found.curve = tuple(Point.model_validate(point) for point in facts["curve"])
        return found


def run(
    learner: Learner,
    task: Task,
    settings: Settings,
    seed: int,
    *,
    clock: Clock,
    begun: Checkpoint | None = None,
    keep: Callable[[Checkpoint], None] = lambda _checkpoint: None,
    tell: Callable[[Point], None] = lambda _point: None,
) -> Outcome:
    """Train from the start, or from where a checkpoint was made.

    Args:
        keep: is given a checkpoint at every evaluation.
        tell: is given each point of the curve, the old ones too.
    """
    _compile(learner, task, settings)
    now = _Progress.of(seed, begun.facts if begun else None)
    if begun:
        learner.load(begun.arrays)
    for point in now.curve:
        tell(point)
    test = task.test_set()
    prepared = learner.prepare(test)

    def look(loss: float | None) -> None:
        found = Point(
            step=now.step,
            seconds=now.seconds,
            loss=loss,
            score=score(learner, task, test, prepared),
        )
        now.curve += (found,)
        keep(Checkpoint(learner.state(), now.facts()))
        tell(found)

    def ended(status: Status, reason: str) -> Outcome:
        beyond = tuple(_beyond(learner, settings))
        return Outcome(status, reason, now.step, now.seconds, now.curve, beyond)

    if not now.curve:
        look(None)
    while (end := _end(now, settings)) is None:
        try:
            loss = _train(learner, task, settings, now, clock)
        except FloatingPointError as error:
            return ended("diverged", str(error))
        look(loss)
    return ended(*end)


def score(learner: Learner, task: Task, test: Batch, prepared: Any) -> float | None:
    """That of the answers to a test set; ``None`` where it is not finite."""
    with np.errstate(over="ignore", invalid="ignore"):
        found = task.score(learner.outputs(prepared), test)
    return found if isfinite(found) else None


def _beyond(learner: Learner, settings: Settings) -> Iterator[Beyond]:
    """What is learnt is asked for once more, in the test sets of other lags."""
    for lag in settings.test_lags:
        task = load(settings.task, lag=lag)
        test = task.test_set()
        found = score(learner, task, test, learner.prepare(test))
        yield Beyond(
            lag=lag,
            score=found,
            below_target=found is not None and found < settings.target,
            trivial=task.trivial,
        )


def _compile(learner: Learner, task: Task, settings: Settings) -> None:
    """Take a step on a batch that is nobody's, and take it back."""
    fresh = learner.state()
    batch = task.batch(np.random.default_rng([0, 1]), settings.batch_size)
    with suppress(FloatingPointError):
        learner.step(learner.prepare(batch))
    learner.load(fresh)


def _train(learner: Learner, task: Task, settings: Settings, now: _Progress, clock: Clock) -> float:
    """Steps until the next evaluation; their mean loss."""
    losses = []
    for _ in range(min(settings.every, settings.max_steps - now.step)):
        batch = learner.prepare(task.batch(now.random, settings.batch_size))
        start = clock.now()
        loss = learner.step(batch)
        now.seconds += clock.now() - start
        now.step += 1
        losses.append(loss)
    return fmean(losses)


def _end(now: _Progress, settings: Settings) -> tuple[Status, str] | None:
    """How the trial has ended by now; ``None`` where it goes on."""
    score = now.curve[-1].score
    if score is None:
        return "diverged", f"step {now.step}: the score of the test set is not finite"
    if score < settings.target:
        return "solved", ""
    if now.step >= settings.max_steps:
        return "unsolved", f"the target was not reached in {now.step} steps"
    if now.seconds >= settings.budget_s:
        return "unsolved", f"the target was not reached in {now.seconds:.0f} s of training"
    return None
