"""One block: fresh processes of each side, all there at once, and row by row each in turn.

A process is asked for a row in several short slices.  Between two slices of its own every other
process has one, in an order that reads the same from both ends (base, head, control, control, head,
base; the next time head is first): what the machine does in the meantime meets every side alike,
and no side always follows the same one.  Interference only ever takes time, so a process gives one
number of a row: the median time of its fastest slice.  The first processes of all sides share their
processors, and so do the second.

The control is the base once more: what differs between those two is the machine.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from ..errors import BackendUnavailable, WorkerError
from ..planning.plan import Job
from ..records import Key, Outcome
from ..running.process import Worker
from ..timing.measure import Target
from ..units import Seconds
from .sides import Side

SIDES = ("base", "head", "control")
# Of a side in a block.
PROCESSES = 2
# The status of a row that was run, and judged to be right, without being timed.
VERIFIED = "skipped"

Kind = tuple[str, int]


class Repeater(Worker, Protocol):
    """A worker that measures a row as often as it is asked to, without preparing it anew."""

    def again(self, target: Target, limit: Seconds) -> Outcome:
        """Measure the row that was verified last, and only verified, as it stands there."""
        ...


# Of a side, a backend, so many threads, and the how many-th of its side it is.
MakeWorker = Callable[[Side, str, int, int], Repeater]


class Observer(Protocol):
    """Who watches a gate."""

    def began(self, what: str, rows: int) -> None:
        """A part of it has begun, with so many rows to go."""
        ...


@dataclass(frozen=True)
class Sampling:
    """How a process is sampled.

    Attributes:
        slices: how often it has its turn in a row.
        target: when a slice ends.
        limit: seconds after which a row is given up.
    """

    slices: int = 3
    target: Target = field(default_factory=lambda: Target(budget=0.025, precision=0.005))
    limit: Seconds = 120.0


@dataclass
class Times:
    """What the processes of a row gave, block by block.

    Attributes:
        seconds: of each side, the processes of each block.
        trouble: of each side, the first outcome without a time.
    """

    seconds: dict[str, list[list[Seconds]]] = field(
        default_factory=lambda: {side: [] for side in SIDES}
    )
    trouble: dict[str, Outcome] = field(default_factory=dict)


@dataclass(eq=False)
class Process:
    """A worker of a side, and why it cannot be asked, if so."""

    side: str
    worker: Repeater
    reason: Outcome | None = None

    def load(self) -> None:
        """Wait until it is there."""
        try:
            self.worker.version()
        except BackendUnavailable as error:
            self.reason = Outcome(status="unavailable", reason=str(error))
        except WorkerError as error:
            self.reason = Outcome(status="failed", reason=str(error))

    def verify(self, job: Job, limit: Seconds) -> Outcome:
        """Run a row once, and hold it against the oracle."""
        return self.reason or self.worker.perform(job.workload, None, limit, lambda _phase: None)


def run_block(
    rows: Mapping[str, Sequence[Job]],
    sides: Mapping[str, Side],
    times: Mapping[Key, Times],
    make_worker: MakeWorker,
    sampling: Sampling,
    order: random.Random,
) -> None:
    """Measure a block, and add what it gave to ``times``; ``rows`` are those of each side.

    A side that does not run a row has an empty block of it.
    """
    for job in {job: None for jobs in rows.values() for job in jobs}:
        for side in SIDES:
            times[job.key].seconds[side].append([])
    for kind in kinds_of(rows):
        with crew(PROCESSES, rows, sides, kind, make_worker) as processes:
            mine = jobs_of(rows, kind)
            order.shuffle(mine)
            for job in mine:
                taking_part = [each for each in processes if job in rows[each.side]]
                _run_row(job, taking_part, times[job.key], sampling)


def kinds_of(rows: Mapping[str, Sequence[Job]]) -> list[Kind]:
    """Every backend with a number of threads, each of which needs processes of its own."""
    return list(dict.fromkeys((job.backend, job.threads) for jobs in rows.values() for job in jobs))


@contextmanager
def crew(
    each: int,
    rows: Mapping[str, Sequence[Job]],
    sides: Mapping[str, Side],
    kind: Kind,
    make_worker: MakeWorker,
) -> Iterator[list[Process]]:
    """So many fresh processes of each side that has rows of a kind, loaded side by side."""
    taking_part = [name for name in SIDES if jobs_of({name: rows.get(name, ())}, kind)]
    processes = [
        Process(name, make_worker(sides[name], *kind, number))
        for name in taking_part
        for number in range(each)
    ]
    try:
        for process in processes:
            process.worker.start()
        for process in processes:
            process.load()
        yield processes
    finally:
        for process in processes:
            process.worker.close()


def in_turn(processes: Sequence[Process], number: int) -> list[Process]:
    """The order of a round of slices: the same from both ends, each time another side first."""
    sides = list(dict.fromkeys(process.side for process in processes))
    first = number % max(len(sides), 1)
    sides = sides[first:] + sides[:first]
    of = {side: [process for process in processes if process.side == side] for side in sides}
    there = [of[side][0] for side in sides]
    back = [process for side in reversed(sides) for process in of[side][1:]]
    return there + back


def jobs_of(rows: Mapping[str, Sequence[Job]], kind: Kind) -> list[Job]:
    """The rows of a kind, of any side, each once."""
    found = dict.fromkeys(job for jobs in rows.values() for job in jobs)
    return [job for job in found if (job.backend, job.threads) == kind]


def _run_row(job: Job, processes: Sequence[Process], times: Times, sampling: Sampling) -> None:
    """Verify a row in each process, sample it slice by slice, and keep each fastest slice."""
    slices: dict[Process, list[Seconds]] = {}
    for process in processes:
        outcome = process.verify(job, sampling.limit)
        if outcome.status == VERIFIED:
            slices[process] = []
        else:
            times.trouble.setdefault(process.side, outcome)
    for number in range(sampling.slices):
        for process in in_turn(list(slices), number):
            outcome = process.worker.again(sampling.target, sampling.limit)
            if outcome.time_s is None:
                times.trouble.setdefault(process.side, outcome)
                del slices[process]
            else:
                slices[process].append(outcome.time_s.median)
    for process, medians in slices.items():
        times.seconds[process.side][-1].append(min(medians))
