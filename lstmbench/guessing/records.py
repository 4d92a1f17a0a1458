"""The file of `lstmbench guess`: what was guessed, how, and what came of each seed."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..learning.records import Count, Lesson, Span
from ..model import Model, NotNegative, Positive, Size
from ..origin import Made


class Settings(Model):
    """All that says what is guessed, besides the seed."""

    task: str
    """The name of the task."""
    lag: Size | None
    """Steps over which something has to be remembered; null: that of the task."""
    network: str
    """The network whose weights are guessed."""
    weight_range: Positive
    """Each weight is drawn evenly from minus this to this."""
    sequences: Size
    """Training sequences: a network is found where it is right on all."""
    near: Positive
    """An answer is right where the output is nearer than this to the class, 0 or 1."""
    target: Positive
    """A seed is solved where the score of the test set is below this."""
    seeds: Size
    """Seeds 0 to this less one, each with weights and training sequences of its own."""
    max_guesses: Size
    """Networks of a seed at most."""


class Guess(Model):
    """What came of one seed."""

    seed: Count
    """Of weights and training sequences."""
    guesses: Size
    """Networks drawn, the one that was right on all training sequences included."""
    seconds: Span
    """Drawing them and running them on training sequences."""
    solved: bool
    """Whether one was found, and the score of the test set is below the target."""
    score: NotNegative | None
    """That of the network found on the test set; null where none was found."""
    weights: tuple[float, ...]
    """Of the network found; empty where none was."""


class GuessesFile(Made):
    """How many random networks it takes to solve a task."""

    model_config = ConfigDict(title="lstmbench guesses")

    schema_: Annotated[Literal["lstmbench/guesses"], Field(alias="schema")] = "lstmbench/guesses"
    """What kind of file this is."""
    settings: Settings
    """What was asked for."""
    lesson: Lesson
    """What was to be learnt."""
    guesses: tuple[Guess, ...]
    """One for each seed."""
