"""The file of `lstmbench claims`: each claim, what was measured for it, and the verdict."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from ..model import Model
from ..origin import Made

Kind = Literal["learning", "gradients", "guesses", "result"]
Unit = Literal["share", "ratio", "s", "steps", "count", "score"]


class Verdict(StrEnum):
    """What the measurements say of a claim."""

    HOLDS = "holds"
    ONLY_WHEN = "holds only when"
    NOT = "does not hold"
    UNTESTED = "not testable here"


class Finding(Model):
    """One number that was measured, with its interval."""

    what: str
    """What it is."""
    value: float | None
    """The number; null where it is not there, such as a time to a target that nothing reached."""
    unit: Unit
    """A share is of 1; a score is in the metric of its task."""
    low: float | None = None
    """The lower end of the interval; null where there is none."""
    high: float | None = None
    """Its upper end."""
    interval: str = ""
    """What the interval is, such as least to most of 5 seeds; empty where there is none."""


class Claim(Model):
    """A claim of the literature and what became of it here."""

    id: Annotated[str, Field(pattern=r"^[1-9][a-z]?$")]
    """Such as 2a."""
    statement: str
    """The claim, in our words."""
    source: str
    """Where it is from."""
    test: str
    """How it was tested, and from which measurement on it counts as holding."""
    findings: tuple[Finding, ...]
    """What was measured."""
    verdict: Verdict
    """holds, holds only when, does not hold, or not testable here."""
    because: str
    """Why, and when it holds."""
    evidence: tuple[str, ...]
    """The names of the files that it was judged by; empty where it follows from the equations."""


class Exhibit(Model):
    """One file that claims were judged by."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+(/[A-Za-z0-9-][A-Za-z0-9.-]*)?$")]
    """What claims call it: of FILE.json it is FILE/NAME.json."""
    kind: Kind
    """What kind of file it is."""
    what: str
    """What was measured in it."""


class ClaimsFile(Made):
    """The field's claims about LSTMs, measured."""

    model_config = ConfigDict(title="lstmbench claims")

    schema_: Annotated[Literal["lstmbench/claims"], Field(alias="schema")] = "lstmbench/claims"
    """What kind of file this is."""
    quick: bool
    """Whether sizes were reduced: then a verdict is of the reduced sizes, and of few seeds."""
    claims: tuple[Claim, ...]
    """In the order of their ids."""
    exhibits: tuple[Exhibit, ...]
    """The files that they were judged by."""
