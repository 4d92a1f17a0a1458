"""What is asked of a gate, and what it runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..planning.plan import Job
from ..units import Seconds
from ..workload import RowName
from .blocks import Sampling
from .judgement import Rule


@dataclass(frozen=True)
class Policy:
    """What is asked of a gate.

    Attributes:
        rule: how sure it is, and how many blocks it takes.
        margin: the change that is allowed, as a fraction; ``margins`` says another for some rows.
        compile_margin: the same of the seconds that a row takes to compile.
        floor: a change of fewer seconds is always allowed.
        budget: seconds that all of it may take.
        sampling: how each process is sampled.
        seed: of the order of rows.
    """

    rule: Rule = field(default_factory=Rule)
    margin: float = 0.02
    margins: Mapping[RowName, float] = field(default_factory=dict)
    compile_margin: float = 0.10
    floor: Seconds = 1e-6
    budget: Seconds = 600.0
    sampling: Sampling = field(default_factory=Sampling)
    seed: int = 0


@dataclass(frozen=True)
class Rows:
    """What a gate runs.

    Attributes:
        declared: the rows that are judged.
        watched: of those, the ones that the control runs too.
        foreign: rows of code that is not under test.
    """

    declared: Sequence[Job]
    watched: Sequence[Job]
    foreign: Sequence[Job]
