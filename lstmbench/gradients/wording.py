"""How a measurement of gradients is told, on a page and on a terminal."""

from statistics import median

from ..learning import words
from ..learning.words import lag, number
from ..markdown import one_line
from .records import Curve, GradientsFile, Training
from .summary import Outcome, named


def when(file: GradientsFile) -> str:
    """When in their lives the networks were measured."""
    if file.training is None:
        return "at initialisation"
    return f"before and after training on {file.training.task}{lag(file.training.lag)}"


def seeds(outcome: Outcome) -> str:
    """With how many the task was solved."""
    return f"{outcome.solved} of {outcome.seeds}"


def below(training: Training) -> str:
    """What it takes to have solved the task."""
    return f"{training.lesson.metric} below {number(training.target)}"


def scores(outcome: Outcome) -> str:
    """The median at the end, and the range."""
    of = outcome.scores
    return words.scores(median(of), (of[0], of[-1])) if of else words.scores(None, None)


def ended(curve: Curve) -> str:
    """What came of training one network, in one line."""
    came = curve.reason or f"score {number(curve.score)} after {curve.steps} steps"
    return one_line(f"{named(curve)}, seed {curve.seed}: {came}")
