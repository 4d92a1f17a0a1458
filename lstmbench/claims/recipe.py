"""Claim 7: the usual recipe, over the corners of its box."""

from collections.abc import Callable, Iterator
from typing import Any

from ..learning.records import LearningFile
from ..statistics.order import proportion_interval
from .evidence import Evidence
from .findings import LEARNS, learns, listed, named, percent
from .records import Claim, Finding, Verdict

PREFIX = "recipe/"
# Where a trial stands in the box, by the name of each axis.
AXES: dict[str, Callable[[LearningFile], Any]] = {
    "optimiser": lambda file: file.settings.optimiser,
    "learning rate": lambda file: file.settings.lr,
    "batch": lambda file: file.settings.batch_size,
    "units": lambda file: file.settings.hidden_size,
    "dropout": lambda file: file.settings.dropout,
}


def claims(found: Evidence) -> Iterator[Claim]:
    """7, where there is evidence."""
    files = _corners(found)
    if files:
        yield recipe(list(files.values()), sorted(files))


def _corners(found: Evidence) -> dict[str, LearningFile]:
    return {name: file for name, file in found.learning.items() if name.startswith(PREFIX)}


def recipe(files: list[LearningFile], names: list[str]) -> Claim:
    """How many corners train, and along which axis the others lie."""
    settings = files[0].settings
    findings = [_share("all of the box", files)]
    always: list[str] = []
    never: list[str] = []
    for axis, of in AXES.items():
        for value in sorted({of(file) for file in files}):
            inside = [file for file in files if of(file) == value]
            share = _share(f"{axis} {value}", inside)
            findings.append(share)
            if share.value in (0, 1):
                (always if share.value else never).append(f"{axis} {value}")
    good = _good(files)
    if all(good):
        verdict, because = Verdict.HOLDS, "every training in the box reaches the target"
    elif not any(good):
        verdict, because = Verdict.NOT, "no training in the box reaches the target"
    else:
        verdict = Verdict.ONLY_WHEN
        because = "; ".join(
            [
                f"the corner is a good one: {sum(good)} of {len(good)} trainings reach the target",
                *([f"all with {listed(always)}"] if always else []),
                *([f"none with {listed(never)}"] if never else []),
            ]
        )
    return Claim(
        id="7",
        statement="The usual recipe trains: Adam or RMSprop, learning rate 1e-4 to 1e-2, batch 32 "
        "to 128, 50 to 200 units, dropout 0.2 to 0.5, clipping at 5.",
        source="articles and courses about LSTMs; Gers, Schmidhuber & Cummins 2000 and Greff et "
        "al. 2017 for the importance of the learning rate",
        test=f"{named(settings.task, settings.lag)}, layers: {settings.num_layers}, clipped at "
        f"{settings.clip:g}, at most {settings.max_steps} steps or {settings.budget_s:g} s: each "
        "optimiser and rate at corners of batch, units and dropout; holds where at least "
        f"{percent(LEARNS)} of the seeds of each reach the target",
        findings=tuple(findings),
        verdict=verdict,
        because=because,
        evidence=tuple(names),
    )


def _share(what: str, files: list[LearningFile]) -> Finding:
    good = _good(files)
    low, high = proportion_interval(sum(good), len(good))
    return Finding(
        what=f"{what}: trainings that reach the target",
        value=sum(good) / len(good),
        unit="share",
        low=low,
        high=high,
        interval=f"{sum(good)} of {len(good)}; 95 %, Clopper and Pearson",
    )


def _good(files: list[LearningFile]) -> list[bool]:
    """Which of the trainings reach the target."""
    return [learns(group) for file in files for group in file.groups]


def grid(found: Evidence) -> tuple[list[str], list[list[str]]]:
    """A head and rows: steps to the target at each optimiser and rate, for each corner."""
    fields: dict[str, dict[str, str]] = {}
    for file in _corners(found).values():
        of = file.settings
        row = f"{of.optimiser}, {of.lr:g}"
        corner = f"B {of.batch_size}, H {of.hidden_size}, dropout {of.dropout:g}"
        fields.setdefault(row, {})[corner] = _steps(file)
    corners = list(dict.fromkeys(corner for row in fields.values() for corner in row))
    body = [[row, *(at.get(corner, "–") for corner in corners)] for row, at in fields.items()]
    return ["optimiser, rate", *corners], body


def _steps(file: LearningFile) -> str:
    """Of each seed the step at which it reached the target, or how it ended."""
    return ", ".join(
        str(trial.steps_to_target) if trial.status == "solved" else trial.status
        for trial in file.trials
    )
