"""From sides and rows to decisions: prove, screen, confirm what needs it, and look at the controls.

Before anything is timed, every row of every side is run once and held against the oracle: what is
wrong, missing or new is known then, and everything is compiled.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..clock import Clock
from ..measure import Target
from ..plan import Job
from ..records import Key, Outcome
from ..signed_rank import estimate, lower_bound, p_above, upper_bound
from ..units import Seconds
from .blocks import SIDES, MakeWorker, Observer, Times, run_block, sweep
from .judgement import (
    DECISIONS,
    Decision,
    Rule,
    changes_of,
    decide,
    is_unchanged,
    smallest_effect,
)
from .records import Change, Compilation, Control, ControlKind, GateRow, RowDecision
from .sides import Side

Numbers = NDArray[np.float64]

# A median absolute deviation of normal numbers is this part of their standard deviation.
MAD = 0.6745
# Blocks that scatter by more than this tell nothing of a few percent.
MOST_SCATTER = 0.10
VERIFIED = "skipped"
# Of a side in a block.
PROCESSES = 2


@dataclass(frozen=True)
class Policy:
    """What is asked of a gate.

    Attributes:
        rule: how sure it is, and how many blocks it takes.
        margin: the change that is allowed, as a fraction; ``margins`` says another for some rows.
        floor: a change of fewer seconds is always allowed.
        budget: seconds that all of it may take.
        target: how long each row is sampled in a process.
        limit: seconds after which a row is given up.
        seed: of the order of rows.
    """

    rule: Rule = field(default_factory=Rule)
    margin: float = 0.02
    margins: Mapping[Key, float] = field(default_factory=dict)
    floor: Seconds = 1e-6
    budget: Seconds = 600.0
    target: Target = field(default_factory=lambda: Target(budget=0.15, precision=0.005))
    limit: Seconds = 120.0
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


@dataclass(frozen=True)
class Findings:
    """What the stages came to."""

    rows: tuple[GateRow, ...]
    controls: tuple[Control, ...]
    compilation: Compilation | None
    confirmation: int


def run_stages(
    rows: Rows,
    sides: Mapping[str, Side],
    policy: Policy,
    make_worker: MakeWorker,
    clock: Clock,
    observer: Observer,
) -> Findings:
    """Run both stages, and decide about every declared row."""
    stages = _Stages(rows, sides, policy, make_worker, clock, observer)
    proved = {
        side: dict(_prove(rows.declared, sides[side], make_worker, policy, observer))
        for side in SIDES
    }
    unfit = {job.key: row for job in rows.declared if (row := _unfit(job, proved))}
    fit = [job for job in rows.declared if job.key not in unfit]
    screened, _ = stages.measure(fit, policy.rule.screening)
    doubtful = [job for job in fit if not _is_done(job, screened[job.key], policy)]
    confirmed, blocks = stages.measure(doubtful, policy.rule.confirmation if doubtful else 0)
    decided = _confirmed(doubtful, confirmed, len(rows.declared), policy)
    for job in fit:
        if job not in doubtful:
            decided[job.key] = _unchanged(job, screened[job.key], len(rows.declared), policy)
    return Findings(
        rows=tuple(unfit.get(job.key) or decided[job.key] for job in rows.declared),
        controls=tuple(_controls(rows, (screened, confirmed), policy)),
        compilation=_compilation(proved),
        confirmation=blocks,
    )


class _Stages:
    """Blocks of rows and of controls, until the budget is spent."""

    def __init__(
        self,
        rows: Rows,
        sides: Mapping[str, Side],
        policy: Policy,
        make_worker: MakeWorker,
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._rows, self._sides, self._policy = rows, sides, policy
        self._make_worker, self._clock, self._observer = make_worker, clock, observer
        self._order = random.Random(policy.seed)
        self._end = clock.now() + policy.budget

    def measure(self, jobs: Sequence[Job], most: int) -> tuple[dict[Key, Times], int]:
        """What blocks of some rows gave, and how many there was time for."""
        watched, foreign = self._rows.watched, self._rows.foreign
        of_sides = {
            "base": [*dict.fromkeys((*jobs, *watched)), *foreign],
            "head": [*jobs, *foreign],
            "control": list(watched),
        }
        times = {job.key: Times() for job in of_sides["base"]}
        begin = self._clock.now()
        for done in range(most):
            each = (self._clock.now() - begin) / done if done else 0.0
            if self._clock.now() + each > self._end:
                return times, done
            run_block(
                of_sides,
                self._sides,
                times,
                self._make_worker,
                target=self._policy.target,
                limit=self._policy.limit,
                order=self._order,
                observer=self._observer,
            )
        return times, most


def _prove(
    jobs: Sequence[Job],
    side: Side,
    make_worker: MakeWorker,
    policy: Policy,
    observer: Observer,
) -> list[tuple[Key, Outcome]]:
    """Run every row of a side once, untimed, against the oracle."""
    observer.process(side.name, len(jobs))
    return [
        (job.key, outcome) for job, outcome in sweep(jobs, side, make_worker, None, policy.limit)
    ]


def _unfit(job: Job, proved: Mapping[str, Mapping[Key, Outcome]]) -> GateRow | None:
    """The row where it cannot be judged: wrong, missing, or new; None where it can."""
    base, head = (proved[side][job.key] for side in ("base", "head"))
    if head.status == "incorrect":
        return _row(job, "incorrect", reason=head.reason)
    if head.status != VERIFIED:
        return _row(job, "missing", reason=f"{head.status}: {head.reason}")
    if base.status != VERIFIED:
        return _row(job, "new", reason=f"base: {base.status}: {base.reason}")
    return None


def _is_done(job: Job, times: Times, policy: Policy) -> bool:
    """Whether screening has shown a row to be unchanged."""
    changes = _changes(times)
    return bool(is_unchanged(changes, _allowed(job, times, policy), policy.rule))


def _changes(times: Times, one: str = "base", other: str = "head") -> Numbers:
    """The log ratio of each block in which every process gave a time."""
    pairs = [
        (first, second)
        for first, second in zip(times.seconds[one], times.seconds[other], strict=True)
        if len(first) == len(second) == PROCESSES
    ]
    if not pairs:
        return np.empty(0)
    seconds = np.array(pairs)
    return changes_of(seconds[:, 0], seconds[:, 1])


def _allowed(job: Job, times: Times, policy: Policy) -> float:
    """The change that a row is allowed, as a log."""
    margin = policy.margins.get(job.key, policy.margin)
    base = _median(times, "base")
    return float(np.log1p(max(margin, policy.floor / base) if base else margin))


def _median(times: Times, side: str) -> Seconds | None:
    """The median over all processes of a side."""
    found = [seconds for block in times.seconds[side] for seconds in block]
    return float(np.median(found)) if found else None


def _unchanged(job: Job, times: Times, declared: int, policy: Policy) -> GateRow:
    """A row that screening is done with."""
    return _judged(job, times, _changes(times), "unchanged", "screening", declared, policy)


def _confirmed(
    jobs: Sequence[Job], measured: Mapping[Key, Times], declared: int, policy: Policy
) -> dict[Key, GateRow]:
    """What the second stage decides, by its own blocks alone."""
    found = {}
    series: dict[Key, Numbers] = {}
    for job in jobs:
        times = measured[job.key]
        for side, outcome in times.trouble.items():
            if side != "control":
                reason = f"{side}: {outcome.status}: {outcome.reason}"
                found[job.key] = _row(job, "missing", reason=reason)
        changes = _changes(times)
        if job.key not in found and not len(changes):
            reason = "the budget was spent before it could be confirmed"
            found[job.key] = _row(job, "inconclusive", reason=reason)
        elif job.key not in found:
            series[job.key] = changes
    whole = [job for job in jobs if job.key in series]
    if whole:
        allowed = np.array([_allowed(job, measured[job.key], policy) for job in whole])
        decisions = decide(
            np.array([series[job.key] for job in whole]), allowed, declared, policy.rule
        )
        for job, decision in zip(whole, decisions, strict=True):
            times, changes = measured[job.key], series[job.key]
            word = DECISIONS[decision]
            found[job.key] = _judged(job, times, changes, word, "confirmation", declared, policy)
    return found


def _judged(
    job: Job,
    times: Times,
    changes: Numbers,
    decision: Decision,
    stage: Literal["screening", "confirmation"],
    declared: int,
    policy: Policy,
) -> GateRow:
    """A row with what its decision rests on."""
    allowed = _allowed(job, times, policy)
    least = smallest_effect(changes, allowed, declared, policy.rule)
    # What was confirmed or not is told with the bounds of the test that decided it.
    alpha = policy.rule.equivalence
    if decision in ("regressed", "improved"):
        alpha = policy.rule.family / declared
    return _row(
        job,
        decision,
        stage=stage,
        change=change_of(changes, alpha),
        allowed=float(np.expm1(allowed)),
        smallest_effect=float(np.expm1(least)) if np.isfinite(least) else None,
        base_s=_median(times, "base"),
        head_s=_median(times, "head"),
    )


def change_of(changes: Numbers, alpha: float) -> Change:
    """The record of a series of changes."""
    low, high = lower_bound(changes, alpha), upper_bound(changes, alpha)
    return Change(
        ratio=float(np.exp(estimate(changes))),
        low=float(np.exp(low)) if np.isfinite(low) else None,
        high=float(np.exp(high)) if np.isfinite(high) else None,
        alpha=alpha,
        blocks=tuple(changes.tolist()),
    )


def _row(job: Job, decision: RowDecision, **fields: Any) -> GateRow:
    w = job.workload
    return GateRow(
        id=w.id,
        data=w.data,
        lengths=w.lengths,
        backend=job.backend,
        threads=job.threads,
        decision=decision,
        **fields,
    )


def _controls(
    rows: Rows, measured: Sequence[Mapping[Key, Times]], policy: Policy
) -> Iterator[Control]:
    """The machine by the rows in which nothing under test differs, over both stages."""
    kinds: list[tuple[ControlKind, Sequence[Job], str]] = [
        ("null", rows.watched, "control"),
        ("contamination", rows.foreign, "head"),
    ]
    for kind, jobs, other in kinds:
        for job in jobs:
            parts = [_changes(of[job.key], "base", other) for of in measured if job.key in of]
            changes = np.concatenate(parts) if parts else np.empty(0)
            if len(changes):
                yield _control(kind, job, changes, policy)


def _control(kind: ControlKind, job: Job, changes: Numbers, policy: Policy) -> Control:
    scatter = float(np.median(np.abs(changes - np.median(changes))) / MAD)
    margin = np.log1p(policy.margin)
    p = min(float(p_above(each - margin, 0.0)) for each in (changes, -changes))
    trouble = None
    if p <= policy.rule.family:
        ratio = float(np.exp(estimate(changes)))
        trouble = f"the same code was {ratio:.3f} times as slow as itself (p = {p:.2g})"
    elif scatter > MOST_SCATTER:
        trouble = f"blocks of the same code scatter by {100 * scatter:.0f} %"
    return Control(
        kind=kind,
        id=job.workload.id,
        backend=job.backend,
        change=change_of(changes, policy.rule.equivalence),
        scatter=scatter,
        trouble=trouble,
    )


def _compilation(proved: Mapping[str, Mapping[Key, Outcome]]) -> Compilation | None:
    """What each side compiled before anything was timed; ``None`` where that was nothing."""
    seconds = {
        side: sum(outcome.compile_s or 0.0 for outcome in outcomes.values())
        for side, outcomes in proved.items()
    }
    if not any(seconds.values()):
        return None
    return Compilation(**{f"{side}_s": each for side, each in seconds.items()})
