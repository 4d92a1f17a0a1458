"""Before anything is timed, every row of every side is run once and held against the oracle.

What is wrong, missing or new is known then, and everything is compiled.  The sides go through the
rows side by side, so that the seconds that a row took to compile on each are a pair.  Rows that
compile something do so once more in other processes with empty caches, for twice as many pairs.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ..planning.plan import Job
from ..records import Key, Outcome
from ..units import Seconds
from .blocks import SIDES, VERIFIED, MakeWorker, Observer, crew, in_turn, jobs_of, kinds_of
from .decided import row_of
from .records import GateRow
from .sides import Side

Proof = Mapping[str, Mapping[Key, Outcome]]


def prove(
    jobs: Sequence[Job],
    sides: Mapping[str, Side],
    make_worker: MakeWorker,
    limit: Seconds,
    observer: Observer,
) -> list[Proof]:
    """What came of every row on every side, and once more of those that compiled, if any did."""
    observer.began("proof", len(jobs))
    first = _prove(jobs, sides, make_worker, limit)
    compiling = [job for job in jobs if any(first[side][job.key].compile_s for side in SIDES)]
    if not compiling:
        return [first]
    observer.began("compilation once more", len(compiling))
    # Another name, another cache.
    others = {name: replace(side, name=f"{name}-again") for name, side in sides.items()}
    return [first, _prove(compiling, others, make_worker, limit)]


def _prove(
    jobs: Sequence[Job], sides: Mapping[str, Side], make_worker: MakeWorker, limit: Seconds
) -> Proof:
    found: dict[str, dict[Key, Outcome]] = {side: {} for side in SIDES}
    rows = dict.fromkeys(SIDES, jobs)
    for kind in kinds_of(rows):
        with crew(1, rows, sides, kind, make_worker) as processes:
            for number, job in enumerate(jobs_of(rows, kind)):
                for process in in_turn(processes, number):
                    found[process.side][job.key] = process.verify(job, limit)
    return found


def compile_seconds(proof: Proof, other: str) -> Iterator[tuple[Seconds, Seconds]]:
    """Of every row that compiled something on base and on another side, the seconds of each."""
    for key, outcome in proof["base"].items():
        one, two = outcome.compile_s, proof[other][key].compile_s
        if one and two:
            yield one, two


def unfit(job: Job, proof: Proof) -> GateRow | None:
    """The row where it cannot be judged: wrong, missing, or new; ``None`` where it can."""
    base, head = (proof[side][job.key] for side in ("base", "head"))
    if head.status == "incorrect":
        return row_of(job, "incorrect", reason=head.reason)
    if head.status != VERIFIED:
        return row_of(job, "missing", reason=f"{head.status}: {head.reason}")
    if base.status != VERIFIED:
        return row_of(job, "new", reason=f"base: {base.status}: {base.reason}")
    return None
