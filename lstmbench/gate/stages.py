"""From sides and rows to decisions: prove, screen, confirm what needs it, and watch the machine."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..planning.plan import Job
from ..records import Key
from ..timing.clock import Clock
from .blocks import MakeWorker, Observer, Times, run_block
from .compilation import compilation
from .controls import controls_of
from .decided import confirmed, settled
from .policy import Policy, Rows
from .proof import prove, unfit
from .records import Control, GateRow
from .sides import Side


@dataclass(frozen=True)
class Findings:
    """What the stages came to."""

    rows: tuple[GateRow, ...]
    controls: tuple[Control, ...]
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
    proofs = prove(rows.declared, sides, make_worker, policy.sampling.limit, observer)
    out = {job.key: row for job in rows.declared if (row := unfit(job, proofs[0]))}
    fit = [job for job in rows.declared if job.key not in out]
    declared = len(rows.declared)
    compiled = compilation(proofs, policy.rule.of_compilation, policy)
    if compiled:
        policy = replace(policy, rule=policy.rule.of_rows)
    first: dict[Key, Times] = {}
    if fit:
        stages.measure("screening", fit, rows.watched, policy.rule.screening, first)
    decided = settled(fit, first, "screening", declared, policy)
    left = [job for job in fit if job.key not in decided]
    second: dict[Key, Times] = {}
    blocks = 0
    policy = replace(policy, rule=policy.rule.of_each_look)
    for part in policy.rule.looks:
        if not left:
            break
        watched = [job for job in rows.watched if job in left] or rows.watched[:1]
        blocks += stages.measure("confirmation", left, watched, part, second)
        decided |= settled(left, second, "confirmation", declared, policy)
        left = [job for job in left if job.key not in decided]
    decided |= confirmed(left, second, declared, policy)
    return Findings(
        rows=(
            *(out.get(job.key) or decided[job.key] for job in rows.declared),
            *([compiled] if compiled else []),
        ),
        controls=tuple(controls_of(rows, (first, second), policy)),
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

    def measure(
        self,
        name: str,
        jobs: Sequence[Job],
        watched: Sequence[Job],
        most: int,
        times: dict[Key, Times],
    ) -> int:
        """Add what blocks of some rows and of the controls give; how many there was time for."""
        foreign = self._rows.foreign
        of_sides = {
            "base": [*dict.fromkeys((*jobs, *watched)), *foreign],
            "head": [*jobs, *foreign],
            "control": list(watched),
        }
        for job in of_sides["base"]:
            times.setdefault(job.key, Times())
        begin = self._clock.now()
        for done in range(most):
            each = (self._clock.now() - begin) / done if done else 0.0
            if self._clock.now() + each > self._end:
                return done
            self._observer.began(f"{name}, block {done + 1} of {most}", len(of_sides["base"]))
            run_block(
                of_sides, self._sides, times, self._make_worker, self._policy.sampling, self._order
            )
        return most
