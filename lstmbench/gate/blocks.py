"""One block: fresh processes of each side in turn, each sweeping over the rows in random order.

The order is base, head, control, control, head, base: a steady drift of the machine meets every
side alike.  A process gives one number of a row, the median of its samples.  The control is the
base once more: what differs between those two is the machine.
"""

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ..errors import BackendUnavailable, WorkerError
from ..measure import Target
from ..plan import Job
from ..process import Worker
from ..records import Key, Outcome
from ..units import Seconds
from .sides import Side

ORDER = ("base", "head", "control", "control", "head", "base")
SIDES = ("base", "head", "control")

MakeWorker = Callable[[Side, str, int], Worker]


class Observer(Protocol):
    """Who watches the blocks."""

    def process(self, side: str, rows: int) -> None:
        """A process of a side has begun, with so many rows to go."""
        ...


@dataclass
class Times:
    """What the processes of a row gave, block by block.

    Attributes:
        seconds: of each side, the two processes of each block.
        trouble: of each side, the first outcome without a time.
    """

    seconds: dict[str, list[list[Seconds]]] = field(
        default_factory=lambda: {side: [] for side in SIDES}
    )
    trouble: dict[str, Outcome] = field(default_factory=dict)


def run_block(
    rows: Mapping[str, Sequence[Job]],
    sides: Mapping[str, Side],
    times: Mapping[Key, Times],
    make_worker: MakeWorker,
    *,
    target: Target,
    limit: Seconds,
    order: random.Random,
    observer: Observer,
) -> None:
    """Measure a block, and add what it gave to ``times``.

    Args:
        rows: of each side, the rows that it runs.
        limit: seconds after which a row is given up.
    """
    for side in SIDES:
        for job in rows.get(side, ()):
            times[job.key].seconds[side].append([])
    for side in ORDER:
        jobs = list(rows.get(side, ()))
        order.shuffle(jobs)
        if jobs:
            observer.process(side, len(jobs))
        for job, outcome in sweep(jobs, sides[side], make_worker, target, limit):
            if outcome.time_s is None:
                times[job.key].trouble.setdefault(side, outcome)
            else:
                times[job.key].seconds[side][-1].append(outcome.time_s.median)


def sweep(
    jobs: Sequence[Job],
    side: Side,
    make_worker: MakeWorker,
    target: Target | None,
    limit: Seconds,
) -> Iterable[tuple[Job, Outcome]]:
    """Run rows in fresh processes of a side, one for each backend and number of threads."""
    for kind in dict.fromkeys((job.backend, job.threads) for job in jobs):
        worker = make_worker(side, *kind)
        try:
            reason = _load(worker)
            for job in jobs:
                if (job.backend, job.threads) == kind:
                    yield (
                        job,
                        reason or worker.perform(job.workload, target, limit, lambda _phase: None),
                    )
        finally:
            worker.close()


def _load(worker: Worker) -> Outcome | None:
    """Wait until a worker is loaded; why it is not, as the outcome of every row of its own."""
    try:
        worker.version()
    except BackendUnavailable as error:
        return Outcome(status="unavailable", reason=str(error))
    except WorkerError as error:
        return Outcome(status="failed", reason=str(error))
    return None
