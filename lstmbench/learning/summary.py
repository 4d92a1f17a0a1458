"""Trials of several seeds together: how many were solved, how fast, and beside our own."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isinf
from statistics import median

from ..statistics.order import proportion_interval
from .records import TRAINED, Beyond, Group, Ratio, Trial

OURS = "numba-cpu"


@dataclass(frozen=True)
class Reach:
    """The trials of one cell and one backend at another lag; ``None`` where no score is finite."""

    cell: str
    backend: str
    lag: int
    trials: int
    below_target: int
    score_median: float | None
    score_range: tuple[float, float] | None
    trivial: float


def groups(trials: Sequence[Trial]) -> tuple[Group, ...]:
    """One for each cell and backend, in the order of the trials."""
    kinds: dict[tuple[str, str], list[Trial]] = {}
    for trial in trials:
        kinds.setdefault((trial.cell, trial.backend), []).append(trial)
    return tuple(
        _group(cell, backend, of, kinds.get((cell, OURS), []))
        for (cell, backend), of in kinds.items()
    )


def _group(cell: str, backend: str, trials: Sequence[Trial], ours: Sequence[Trial]) -> Group:
    trained = [trial for trial in trials if trial.status in TRAINED]
    solved = [trial for trial in trained if trial.status == "solved"]
    seconds = [trial.seconds_to_target for trial in solved if trial.seconds_to_target is not None]
    rates = [trial.sequences_per_s for trial in trained if trial.sequences_per_s is not None]
    scores = [trial.final_score for trial in trained if trial.final_score is not None]
    count, of = len(solved), len(trained)
    return Group(
        cell=cell,
        backend=backend,
        trials=of,
        solved=count,
        success_rate=count / of if of else None,
        success_ci95=proportion_interval(count, of) if of else None,
        seconds_median=_middle([trial.seconds_to_target for trial in trained]),
        seconds_range=(min(seconds), max(seconds)) if seconds else None,
        steps_median=_middle([trial.steps_to_target for trial in trained]),
        sequences_per_s=median(rates) if rates else None,
        final_score_median=_middle([trial.final_score for trial in trained]),
        final_score_range=(min(scores), max(scores)) if scores else None,
        ratios=_ratios(solved, ours) if backend != OURS else (),
    )


def reaches(trials: Sequence[Trial]) -> tuple[Reach, ...]:
    """One for each cell, backend and other lag, in the order of the trials."""
    kinds: dict[tuple[str, str, int], list[Beyond]] = {}
    for trial in trials:
        for each in trial.beyond:
            kinds.setdefault((trial.cell, trial.backend, each.lag), []).append(each)
    found = []
    for key, of in kinds.items():
        scores = [each.score for each in of if each.score is not None]
        found.append(
            Reach(
                *key,
                trials=len(of),
                below_target=sum(each.below_target for each in of),
                score_median=_middle([each.score for each in of]),
                score_range=(min(scores), max(scores)) if scores else None,
                trivial=of[0].trivial,
            )
        )
    return tuple(found)


def _middle(values: Sequence[float | None]) -> float | None:
    """The median where None is later than any; None where that is in the middle."""
    found = median([inf if value is None else float(value) for value in values] or [inf])
    return None if isinf(found) else found


def _ratios(solved: Sequence[Trial], ours: Sequence[Trial]) -> tuple[Ratio, ...]:
    own = {trial.seed: trial.seconds_to_target for trial in ours if trial.status == "solved"}
    found = []
    for trial in solved:
        theirs, mine = trial.seconds_to_target, own.get(trial.seed)
        if theirs and mine:
            found.append(Ratio(seed=trial.seed, ratio=theirs / mine))
    return tuple(found)
