"""What runs without a process and tells nobody: a worker, and who watches a run."""

from collections.abc import Callable
from copy import copy
from typing import Any

from lstmbench.backends.fake import FakeBackend
from lstmbench.errors import BackendUnavailable
from lstmbench.planning.plan import Job
from lstmbench.records import Outcome, Row
from lstmbench.running import worker
from lstmbench.timing.measure import Target
from lstmbench.workload import Workload


class InlineWorker:
    """A worker in this process, on the fake backend, that remembers what it was asked."""

    def __init__(
        self, rules: list[dict[str, Any]] | None = None, unavailable: Exception | None = None
    ) -> None:
        self._rules = rules or []
        self.backend = FakeBackend(self._rules)
        self.unavailable = unavailable
        self.asked: list[Workload] = []
        self.closed = False

    def named(self, backend: str) -> "InlineWorker":
        """One that plays the same script as another backend, and remembers in the same place."""
        other = copy(self)
        other.backend = FakeBackend(self._rules, backend)
        return other

    def start(self) -> None:
        """Nothing has to be loaded."""

    def version(self) -> str:
        if self.unavailable is not None:
            raise self.unavailable
        return self.backend.version

    def perform(
        self, workload: Workload, target: Target | None, limit: float, tell: Callable[[str], None]
    ) -> Outcome:
        assert limit > 0
        self.asked.append(workload)
        return worker.perform(self.backend, workload, target, tell)

    def close(self) -> None:
        self.closed = True


class Recorder:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.started_jobs: list[Job] = []
        self.phases: list[str] = []
        self.rows: list[Row] = []

    def started(self, job: Job) -> None:
        self.started_jobs.append(job)

    def phase(self, phase: str) -> None:
        self.phases.append(phase)

    def finished(self, row: Row) -> None:
        self.rows.append(row)


def missing_backend() -> BackendUnavailable:
    return BackendUnavailable("fake: not here; pip install fake")
