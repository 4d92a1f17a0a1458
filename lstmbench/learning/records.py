"""The file of `lstmbench learn`: what was trained, how, and what came of each trial."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..model import Model, NotNegative, Positive, Size
from ..origin import Made

Status = Literal["solved", "unsolved", "diverged", "failed", "unavailable"]
# Those that say something about learning.
TRAINED = ("solved", "unsolved", "diverged")
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
# Seconds of a trial: thirty years at most; of what lies beyond, ratios overflow.
Span = Annotated[float, Field(ge=0, le=1e9)]
# Part of the name of a file while a trial is on its way.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")]
Optimiser = Literal["adam", "rmsprop", "sgd"]


class Settings(Model):
    """All that says what a trial does, besides its cell, its backend and its seed."""

    task: str
    """The name of the task."""
    lag: Size | None
    """Steps over which something has to be remembered; null: that of the task."""
    cells: tuple[Name, ...]
    """Cells, in their order; -bi is bidirectional."""
    backends: tuple[Name, ...]
    """Backends, in the order in which they take turns."""
    hidden_size: Size
    """H."""
    num_layers: Size
    """Layers one above the other."""
    batch_size: Size
    """Sequences in a step."""
    optimiser: Optimiser
    """Its formula is that of PyTorch, with PyTorch's defaults, for every backend."""
    lr: Positive
    """The learning rate."""
    clip: Positive | None
    """The greatest global norm of the gradients; null: none."""
    forget_bias: float | None
    """What the biases of an LSTM's forget gate sum to at first; null: as drawn."""
    time_scale: Size | None = None
    """Units of an LSTM or a GRU begin with memories of 1 to so many steps; null: as drawn."""
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The share of numbers that are dropped in training between a layer and the next."""
    seeds: Size
    """Seeds 0 to this less one, each with weights and batches of its own."""
    target: Positive
    """A trial is solved where the score of the test set is below this."""
    max_steps: Size
    """Steps of a trial at most."""
    budget_s: Positive
    """Seconds of training of a trial at most; looked at with each evaluation."""
    every: Size
    """Steps from one evaluation to the next."""
    threads: Size
    """Of each backend."""
    test_lags: tuple[Size, ...] = ()
    """Lags at which a network is scored once more when its trial has ended."""


class Lesson(Model):
    """The task, in its own words and numbers."""

    description: str
    """What is to be learnt."""
    source: str
    """Where the definition is from."""
    metric: str
    """What a score is; lower is better."""
    trivial: NotNegative
    """The score of the best answer that does not look at the input."""
    baselines: dict[str, NotNegative]
    """Scores of other answers, by name."""
    test_size: Size
    """Sequences in the test set."""


class Point(Model):
    """A trial at one evaluation."""

    step: Count
    """Steps so far."""
    seconds: Span
    """Seconds of training steps so far."""
    loss: float | None
    """Mean loss of the batches since the evaluation before; null at the start."""
    score: NotNegative | None
    """That of the test set; null where it is not finite."""


class Beyond(Model):
    """A trained network on the test set of another lag, without more training."""

    lag: Size
    """That of the test set."""
    score: NotNegative | None
    """Null where it is not finite."""
    below_target: bool
    """Whether it is below the target of the trial."""
    trivial: NotNegative
    """The score there of the best answer that does not look at the input."""


class Trial(Model):
    """One cell, one backend, one seed."""

    cell: str
    """Such as lstm or gru-bi."""
    backend: str
    """Its name."""
    backend_version: str
    """What it calls itself; empty where it could not be loaded."""
    seed: Count
    """Of weights and batches."""
    status: Status
    """Solved: the target was reached. Diverged: a loss, a gradient or a score was not finite."""
    reason: str
    """Why a trial ended without its target; empty where it is solved."""
    steps_to_target: Size | None
    """The step of the first evaluation below the target; null where there is none."""
    seconds_to_target: Span | None
    """Seconds of training steps until then."""
    sequences_per_s: NotNegative | None
    """Sequences trained on in a second of training."""
    initial_score: NotNegative | None
    """Before the first step; null where there is none."""
    final_score: NotNegative | None
    """At the last evaluation."""
    other_load: NotNegative | None
    """Processors that other processes kept busy meanwhile; null where that cannot be told."""
    curve: tuple[Point, ...]
    """One point for each evaluation, the first before the first step."""
    beyond: tuple[Beyond, ...] = ()
    """One for each other lag that was asked for."""

    @property
    def name(self) -> str:
        """The trial for a person."""
        return f"{self.cell} {self.backend} seed {self.seed}"


class Ratio(Model):
    """How much longer than our own backend one took to the target, with the same seed."""

    seed: Count
    """Which."""
    ratio: Positive
    """Seconds to target of this backend / ours; above 1 ours is faster."""


class Group(Model):
    """The trials of one cell and one backend together."""

    cell: str
    """Its name."""
    backend: str
    """Its name."""
    trials: Count
    """Those that trained: solved, unsolved or diverged."""
    solved: Count
    """Those of them that reached the target."""
    success_rate: Share | None
    """The one divided by the other; null where nothing trained."""
    success_ci95: tuple[Share, Share] | None
    """Its exact 95 % interval (Clopper and Pearson)."""
    seconds_median: Span | None
    """Median time to target, an unsolved trial later than any; null where that is in the middle."""
    seconds_range: tuple[Span, Span] | None
    """The least and the greatest time to target of the solved."""
    steps_median: NotNegative | None
    """The same of the steps."""
    sequences_per_s: NotNegative | None
    """The median over the trials."""
    final_score_median: NotNegative | None
    """The median over the trials of the score at the last evaluation; null where none is finite."""
    final_score_range: tuple[NotNegative, NotNegative] | None
    """The least and the greatest of them."""
    ratios: tuple[Ratio, ...]
    """Beside our own backend, for each seed that both solved; empty for our own."""


class LearningFile(Made):
    """What several backends needed to learn a task."""

    model_config = ConfigDict(title="lstmbench learning")

    schema_: Annotated[Literal["lstmbench/learning"], Field(alias="schema")] = "lstmbench/learning"
    """What kind of file this is."""
    settings: Settings
    """What was asked for."""
    lesson: Lesson
    """What was to be learnt."""
    timed: str
    """What is inside the seconds, and what is not."""
    trials: tuple[Trial, ...]
    """In the order in which they ran."""
    groups: tuple[Group, ...]
    """Each cell and backend over its seeds."""
