"""The loop: for each row of a plan, a worker verifies and measures it, and the journal keeps it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from ..backends.registry import entry, missing, untimed
from ..errors import BackendUnavailable, Exit, WorkerError
from ..machine.environment import available_memory, usable_cpus
from ..planning.plan import Job, Plan
from ..records import Key, Outcome, Row, Settings, make_row
from ..timing.measure import Target
from ..units import Seconds, size
from ..workload import memory_bytes
from .process import Installation, Worker, WorkerProcess
from .rounds import merge


class Observer(Protocol):
    """Who watches a run: the live view, plain lines, or nobody."""

    def started(self, job: Job) -> None: ...
    def phase(self, phase: str) -> None: ...
    def finished(self, row: Row) -> None: ...


@dataclass
class Pool:
    """One worker for each backend and number of threads, kept for all rows of the run."""

    make: Callable[[str, int], Worker]
    versions: dict[tuple[str, int], str] = field(default_factory=dict)
    unavailable: dict[tuple[str, int], str] = field(default_factory=dict)
    _workers: dict[tuple[str, int], Worker] = field(default_factory=dict)

    def load(self, kinds: Iterable[tuple[str, int]], *, required: bool) -> None:
        """Load every backend, all at once; one that cannot run here is an error if required."""
        kinds = list(dict.fromkeys(kinds))
        for kind in kinds:
            self._workers[kind] = self.make(*kind)
            self._workers[kind].start()
        for kind in kinds:
            try:
                self.versions[kind] = self._workers[kind].version()
            except (BackendUnavailable, WorkerError) as error:
                if required:
                    raise
                self.unavailable[kind] = str(error)

    def perform(
        self, job: Job, target: Target | None, limit: Seconds, tell: Callable[[str], None]
    ) -> Outcome:
        """What came of a job; one that cannot run is not attempted."""
        kind = (job.backend, job.threads)
        if kind in self.unavailable:
            return Outcome(status="unavailable", reason=self.unavailable[kind])
        need, free = memory_bytes(job.workload), available_memory()
        if need > free:
            return Outcome(
                status="oom",
                reason=f"needs about {size(need)}, {size(free)} are free; not attempted",
            )
        worker = self._workers[kind]
        return worker.perform(job.workload, target, limit, tell)

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers.values():
            worker.close()


def require(plan: Plan, *, measured: bool = True) -> None:
    """Raise ``BackendUnavailable`` where a person named a backend that is missing something.

    Where rows are to be measured, also where its times would mean nothing.
    """
    for name in plan.backends if plan.required else ():
        reason = missing(name) or (untimed(name) if measured else None)
        if reason is not None:
            raise BackendUnavailable(f"{name}: {reason}")


def start_worker(
    backend: str,
    threads: int,
    oracles: Path | None = None,
    installation: Installation = Installation(),  # noqa: B008  it has no state
    number: int = 0,
) -> WorkerProcess:
    """A worker process on as many processors as it has threads, one to a core.

    Workers of another ``number`` are on other processors, where there are enough.
    """
    cpus = usable_cpus()
    first = number * threads % len(cpus)
    bound = (cpus[first:] + cpus[:first])[:threads] if threads <= len(cpus) else ()
    return WorkerProcess(backend, threads, bound, oracles, installation)


@contextmanager
def workers() -> Iterator[Callable[[str, int], Worker]]:
    """``start_worker`` for workers that share what is right while the run lasts."""
    with TemporaryDirectory(prefix="lstmbench-") as folder:
        yield partial(start_worker, oracles=Path(folder))


def run(
    plan: Plan,
    settings: Settings,
    keep: Callable[[Row], None],
    observer: Observer,
    *,
    done: Sequence[Row] = (),
    measured: bool = True,
    make_worker: Callable[[str, int], Worker] = start_worker,
) -> list[Row]:
    """Measure what is not done yet, in the order of the plan; each row is given to ``keep``.

    Each round is a set of fresh processes and gives every row once; the rounds of a row are merged.
    Returns all rows, old and new.  Raises ``BackendUnavailable`` or ``WorkerError`` before the
    first row where a required backend cannot run, ``OutputError`` where a row cannot be kept.
    """
    target = Target(settings.budget_s, settings.precision) if measured else None
    rows: dict[Key, list[Row]] = {job.key: [] for job in plan.jobs()}
    for row in done:
        rows[row.key].append(row)
    for number in range(settings.rounds):
        jobs = [job for job in plan.jobs(number) if len(rows[job.key]) <= number]
        pool = Pool(make_worker)
        try:
            pool.load(
                ((job.backend, job.threads) for job in jobs), required=plan.required and number == 0
            )
            for job in jobs:
                observer.started(job)
                outcome = pool.perform(job, target, settings.timeout_s, observer.phase)
                row = make_row(
                    job.workload,
                    backend=job.backend,
                    backend_version=pool.versions.get((job.backend, job.threads)),
                    device=entry(job.backend).device,
                    threads=job.threads,
                    outcome=outcome,
                )
                keep(row)
                rows[row.key].append(row)
                observer.finished(row)
        finally:
            pool.close()
    return [merge(of) for of in rows.values()]


def exit_code(rows: Sequence[Row]) -> tuple[Exit, str]:
    """How a run that came to its end ends, with the reason in one line."""
    for status, code, what in (
        ("incorrect", Exit.INCORRECT, "wrong and not timed"),
        ("timeout", Exit.TIMEOUT, "given up for time"),
        ("failed", Exit.INCOMPLETE, "failed"),
        ("oom", Exit.INCOMPLETE, "out of memory"),
    ):
        bad = [row for row in rows if row.status == status]
        if bad:
            first = f"{bad[0].id} on {bad[0].backend}: {bad[0].reason}"
            return code, f"{len(bad)} of {len(rows)} rows {what}; the first: {first}"
    if all(row.status == "unavailable" for row in rows):
        return Exit.INCOMPLETE, "no backend could run a row"
    return Exit.OK, ""
