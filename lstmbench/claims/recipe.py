"""Claim 7: the usual recipe, over the corners of its box."""

from collections.abc import Callable, Iterator
from typing import Any

from ..learning.records import LearningFile
from ..stats import proportion_interval
from .evidence import Evidence
from .findings import LEARNS, listed
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
    files = [file for name, file in found.learning.items() if name.startswith(PREFIX)]
    if files:
        yield recipe(files, sorted(name for name in found.learning if name.startswith(PREFIX)))


def recipe(files: list[LearningFile], names: list[str]) -> Claim:
    """How many corners train, and along which axis the others lie."""
    settings = files[0].settings
    findings = [_share("all of the box", files)]
    bad = []
    for axis, of in AXES.items():
        for value in sorted({of(file) for file in files}):
            inside = [file for file in files if of(file) == value]
            share = _share(f"{axis} {value}", inside)
            findings.append(share)
            if share.value == 0:
                bad.append(f"a {axis} of {value}")
    trained = findings[0].value or 0
    if trained == 1:
        verdict, because = Verdict.HOLDS, "every training in the box reaches the target"
    elif trained == 0:
        verdict, because = Verdict.NOT, "no training in the box reaches the target"
    else:
        verdict = Verdict.ONLY_WHEN
        because = f"{findings[0].interval.split(';')[0]} trainings reach the target" + (
            f"; none with {listed(bad)}" if bad else ""
        )
    task = settings.task if settings.lag is None else f"{settings.task} at lag {settings.lag}"
    return Claim(
        id="7",
        statement="The usual recipe trains: Adam or RMSprop, learning rate 1e-4 to 1e-2, batch 32 "
        "to 128, 50 to 200 units, dropout 0.2 to 0.5, clipping at 5.",
        source="articles and courses about LSTMs; Gers, Schmidhuber & Cummins 2000 and Greff et "
        "al. 2017 for the importance of the learning rate",
        test=f"{task}, layers: {settings.num_layers}, clipped at {settings.clip:g}, at most "
        f"{settings.max_steps} steps: each optimiser and rate at corners of batch, units and "
        f"dropout; holds where all reach the target ({LEARNS:.0%} of the seeds of each)".replace(
            "%", " %"
        ),
        findings=tuple(findings),
        verdict=verdict,
        because=because,
        evidence=tuple(names),
    )


def _share(what: str, files: list[LearningFile]) -> Finding:
    groups = [group for file in files for group in file.groups]
    good = sum((group.success_rate or 0) >= LEARNS for group in groups)
    low, high = proportion_interval(good, len(groups))
    return Finding(
        what=f"{what}: trainings that reach the target",
        value=good / len(groups),
        unit="share",
        low=low,
        high=high,
        interval=f"{good} of {len(groups)}; 95 %, Clopper and Pearson",
    )
