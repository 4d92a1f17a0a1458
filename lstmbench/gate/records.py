"""What a verdict file holds: every row with its decision and the changes that it rests on.

A series with a mistake in it is given up at the first: a million would be no better told.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, FailFast, Field

from ..machine.environment import Environment
from ..model import Model, NotNegative, Positive, Size

RowDecision = Literal[
    "regressed", "improved", "unchanged", "inconclusive", "new", "missing", "incorrect"
]
ControlKind = Literal["null", "contamination"]
Verdict = Literal["passed", "regressed", "inconclusive", "incomplete", "incorrect"]


class Change(Model):
    """How head differs from base: time of head / time of base, above 1 is slower."""

    ratio: Positive
    """The Hodges–Lehmann estimate over blocks."""
    low: Positive | None
    """Where the ratio is at least, but for the chance that ``alpha`` says; null: too few blocks."""
    high: Positive | None
    """Where it is at most; null where there are too few blocks to say."""
    alpha: Annotated[float, Field(gt=0, lt=1)]
    """The chance of each of the two bounds to be wrong."""
    blocks: Annotated[tuple[float, ...], FailFast()]
    """The log of the ratio in each block; of compile times in each row that compiled."""


class GateRow(Model):
    """One declared row."""

    id: str
    """CELL[-bi]/MODE/T..-B..-I..-H..-L..[-nobias]/DTYPE, or ``compilation``."""
    data: str
    """What the input was."""
    lengths: str
    """What the lengths of the sequences were."""
    backend: str
    """What computed it."""
    threads: Size
    """Threads that the worker was given."""
    decision: RowDecision
    """What came of it."""
    reason: str | None = None
    """Why there is no change to judge, in one line."""
    stage: Literal["screening", "confirmation", "proof"] | None = None
    """Which blocks decided; proof: compile times, pair by pair."""
    change: Change | None = None
    """How head differs from base."""
    allowed: NotNegative | None = None
    """The change that is allowed, as a fraction."""
    smallest_effect: NotNegative | None = None
    """The least slowdown that this run would have shown, as a fraction; null: none."""
    base_s: Positive | None = None
    """Median seconds of a call of base; of compilation the seconds of all rows together."""
    head_s: Positive | None = None
    """The same of head."""


class Control(Model):
    """A row in which nothing of what is under test differs: what differs is the machine."""

    kind: ControlKind
    """The base against itself, or code that is not under test on either side."""
    id: str
    """The row."""
    backend: str
    """What computed it."""
    change: Change
    """How the two differ."""
    scatter: NotNegative
    """The standard deviation of a block's log ratio, from its median absolute deviation."""
    trouble: str | None
    """What is wrong with the machine by this row, in one line; null where nothing is."""


class RuleRecord(Model):
    """How sure the gate was to be."""

    family: Positive
    """The chance of a false alarm on any of the declared rows."""
    equivalence: Positive
    """The chance that a row called unchanged has changed by what is allowed."""
    margin: NotNegative
    """The change that is allowed where a suite does not say another, as a fraction."""
    compile_margin: NotNegative
    """The change of the time to compile that is allowed, as a fraction."""
    floor_s: NotNegative
    """A change of fewer seconds than that is always allowed."""
    screening: Size
    """Blocks of all rows."""
    slices: Size
    """How often a process had its turn in a row of a block; the fastest slice counts."""
    slice_s: Positive
    """Seconds that a slice was sampled for."""
    confirmation: int
    """Blocks of the rows that needed them, as many as the budget had room for."""
    budget_s: Positive
    """Seconds that all of it was to take."""


class GateFile(Model):
    """A verdict file."""

    model_config = ConfigDict(title="lstmbench gate")

    schema_: Annotated[Literal["lstmbench/gate"], Field(alias="schema")] = "lstmbench/gate"
    """What kind of file this is."""
    version: Literal[1] = 1
    """The version of the format."""
    created: str
    """UTC start, ISO 8601."""
    command: str
    """The command line that makes it again."""
    suite: str
    """The suite that declared the rows."""
    base: str
    """What base was: a commit or a path."""
    head: str
    """What head was."""
    rule: RuleRecord
    """What was asked of it: how sure, and how much time."""
    seconds: NotNegative
    """How long it took."""
    environment: Environment
    """The machine, the software, and how the machine was at the start."""
    fingerprint: str
    """Hash of environment.machine."""
    verdict: Verdict
    """What it came to."""
    reason: str
    """Why, in one line."""
    exit_code: int
    """What the command ended with."""
    rows: Annotated[tuple[GateRow, ...], FailFast()]
    """Every declared row."""
    controls: Annotated[tuple[Control, ...], FailFast()]
    """What watched the machine."""
