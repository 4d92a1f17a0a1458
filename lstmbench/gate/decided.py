"""From the times of a row to its record: what changed, what is allowed, and what that comes to."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..planning.plan import Job
from ..records import Key
from ..statistics.signed_rank import estimate, lower_bound, upper_bound
from ..units import Seconds
from .blocks import PROCESSES, Times
from .judgement import DECISIONS, Decision, Rule, changes_of, decide, is_unchanged, smallest_effect
from .policy import Policy
from .records import Change, GateRow, RowDecision

Numbers = NDArray[np.float64]
Stage = Literal["screening", "confirmation", "proof"]


def row_of(job: Job, decision: RowDecision, **fields: Any) -> GateRow:
    """The record of a job."""
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


def changes_in(times: Times, one: str = "base", other: str = "head") -> Numbers:
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


def settled(
    jobs: Sequence[Job], measured: Mapping[Key, Times], stage: Stage, declared: int, policy: Policy
) -> dict[Key, GateRow]:
    """The rows that need no more blocks: shown to be unchanged, or without a time in some block."""
    found = {}
    for job in jobs:
        times = measured[job.key]
        trouble = [(side, times.trouble[side]) for side in times.trouble if side != "control"]
        changes, allowed = changes_in(times), _allowed(job, times, policy)
        if trouble:
            side, outcome = trouble[0]
            reason = f"{side}: {outcome.status}: {outcome.reason}"
            found[job.key] = row_of(job, "missing", reason=reason)
        elif is_unchanged(changes, allowed, policy.rule):
            found[job.key] = _row(job, times, changes, "unchanged", stage, declared, policy)
    return found


def confirmed(
    jobs: Sequence[Job], measured: Mapping[Key, Times], declared: int, policy: Policy
) -> dict[Key, GateRow]:
    """What the second stage decides at its end, by its own blocks alone."""
    found = {}
    series: dict[Key, Numbers] = {}
    for job in jobs:
        changes = changes_in(measured[job.key])
        if len(changes):
            series[job.key] = changes
        else:
            reason = "the budget was spent before it could be confirmed"
            found[job.key] = row_of(job, "inconclusive", reason=reason)
    whole = [job for job in jobs if job.key in series]
    if whole:
        allowed = np.array([_allowed(job, measured[job.key], policy) for job in whole])
        decisions = decide(
            np.array([series[job.key] for job in whole]), allowed, declared, policy.rule
        )
        for job, decision in zip(whole, decisions, strict=True):
            times, changes = measured[job.key], series[job.key]
            word = DECISIONS[decision]
            found[job.key] = _row(job, times, changes, word, "confirmation", declared, policy)
    return found


def judged(
    changes: Numbers, decision: Decision, stage: Stage, allowed: float, declared: int, rule: Rule
) -> dict[str, Any]:
    """The fields of a row that tell what its decision rests on; ``allowed`` is a log."""
    least = smallest_effect(changes, allowed, declared, rule)
    # What was confirmed or not is told with the bounds of the test that decided it.
    alpha = rule.equivalence
    if decision in ("regressed", "improved"):
        alpha = rule.family / declared
    return {
        "stage": stage,
        "change": change_of(changes, alpha),
        "allowed": float(np.expm1(allowed)),
        "smallest_effect": float(np.expm1(least)) if np.isfinite(least) else None,
    }


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


def _row(
    job: Job,
    times: Times,
    changes: Numbers,
    decision: Decision,
    stage: Stage,
    declared: int,
    policy: Policy,
) -> GateRow:
    """A row with what its decision rests on."""
    return row_of(
        job,
        decision,
        **judged(changes, decision, stage, _allowed(job, times, policy), declared, policy.rule),
        base_s=_median(times, "base"),
        head_s=_median(times, "head"),
    )


def _allowed(job: Job, times: Times, policy: Policy) -> float:
    """The change that a row is allowed, as a log."""
    margin = policy.margins.get(job.workload.name, policy.margin)
    base = _median(times, "base")
    return float(np.log1p(max(margin, policy.floor / base) if base else margin))


def _median(times: Times, side: str) -> Seconds | None:
    """The median over all processes of a side."""
    found = [seconds for block in times.seconds[side] for seconds in block]
    return float(np.median(found)) if found else None
