"""What watches the machine: rows in which nothing that is under test differs."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..planning.plan import Job
from ..records import Key
from ..statistics.signed_rank import estimate, p_above
from .blocks import Times
from .decided import Numbers, change_of, changes_in
from .policy import Policy, Rows
from .records import Control, ControlKind

# A median absolute deviation of normal numbers is this part of their standard deviation.
MAD = 0.6745
# Blocks that scatter by more than this tell nothing of a few percent.
MOST_SCATTER = 0.10


def controls_of(
    rows: Rows, measured: Sequence[Mapping[Key, Times]], policy: Policy
) -> Iterator[Control]:
    """The machine by each of them, over both stages."""
    kinds: list[tuple[ControlKind, Sequence[Job], str]] = [
        ("null", rows.watched, "control"),
        ("contamination", rows.foreign, "head"),
    ]
    for kind, jobs, other in kinds:
        for job in jobs:
            parts = [changes_in(of[job.key], "base", other) for of in measured if job.key in of]
            changes = np.concatenate(parts) if parts else np.empty(0)
            if len(changes):
                yield _control(kind, job, changes, policy)


def _control(kind: ControlKind, job: Job, changes: Numbers, policy: Policy) -> Control:
    scatter = float(np.median(np.abs(changes - np.median(changes))) / MAD)
    trouble = shift(changes, policy.margin, policy.rule.family)
    if trouble is None and scatter > MOST_SCATTER:
        trouble = f"blocks of the same code scatter by {100 * scatter:.0f} %"
    return Control(
        kind=kind,
        id=job.workload.id,
        backend=job.backend,
        change=change_of(changes, policy.rule.equivalence),
        scatter=scatter,
        trouble=trouble,
    )


def shift(changes: Numbers, margin: float, alpha: float) -> str | None:
    """What is wrong where the same code differs from itself by more than a margin; else None."""
    least = np.log1p(margin)
    p = min(float(p_above(each - least, 0.0)) for each in (changes, -changes))
    if p > alpha:
        return None
    ratio = float(np.exp(estimate(changes)))
    return f"the same code was {ratio:.3f} times as slow as itself (p = {p:.2g})"
