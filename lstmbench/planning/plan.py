"""From a suite and a person's flags to the list of rows to measure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field

from ..backends.registry import entry
from ..breakeven import BreakEven, resized
from ..errors import UsageError
from ..model import Model
from ..records import Key, Row
from ..workload import Workload, combination
from .suite import MAX_ROWS, MAX_THREADS, Suite


class Plan(Model):
    """Everything a run is going to measure."""

    suite: str
    baseline: str
    backends: tuple[str, ...]
    required: Annotated[
        bool, Field(description="backends were named by a person: a missing one is an error")
    ]
    threads: tuple[int, ...]
    workloads: tuple[Workload, ...]
    question: Annotated[
        BreakEven | None,
        Field(description="a break-even search; workloads are then those at the low end"),
    ] = None

    def strangers(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows that no run of this plan makes."""
        along = self.question.along if self.question else None
        planned = {combination(workload, along) for workload in self.workloads}
        for row in rows:
            if (
                combination(row.workload, along) not in planned
                or row.backend not in self.backends
                or row.threads not in self.threads
            ):
                yield row

    def jobs(self, number: int = 0) -> Iterator["Job"]:
        """One job a row; backends side by side, so that drift of the machine meets all alike.

        The first backend of a round is the last of the next.
        """
        turn = number % len(self.backends)
        backends = self.backends[turn:] + self.backends[:turn]
        for workload, threads, backend in product(self.workloads, self.threads, backends):
            yield Job(backend, threads, workload)


@dataclass(frozen=True)
class Job:
    """One row to measure."""

    backend: str
    threads: int
    workload: Workload

    @property
    def key(self) -> Key:
        """The same as the ``key`` of the row it makes."""
        return (*self.workload.name, self.backend, self.threads)


def make_plan(
    suite: Suite,
    *,
    overrides: Mapping[str, Any],
    backends: Sequence[str] | None,
    baseline: str | None,
    threads: Sequence[int | Literal["all"]] | None,
    cores: int,
    question: BreakEven | None = None,
) -> Plan:
    """A plan from a suite; ``overrides`` replace an axis in every declaration of rows.

    ``cores`` is what ``all`` threads are, which is also the default.  With a ``question`` there are
    its two backends, and rows at the low end of its axis.

    Raises ``UsageError`` for unknown names and impossible sizes, before anything is measured.
    """
    if question is not None:
        overrides = {**overrides, question.along: question.low}
        backends, baseline = (question.against, question.backend), question.against
    rows = [declared.model_copy(update=dict(overrides)) for declared in suite.rows]
    workloads: dict[Workload, None] = {}
    for declared in rows:
        for workload in declared.workloads():
            workloads[workload] = None
            if len(workloads) > MAX_ROWS:
                raise UsageError(
                    f"suite {suite.name}: more than {MAX_ROWS} rows; choose fewer sizes"
                )
    if question is not None:
        for workload in workloads:
            resized(workload, question.along, question.high)
    chosen = list(dict.fromkeys(backends or suite.backends))
    base = baseline or (suite.baseline if suite.baseline in chosen else chosen[0])
    if base not in chosen:
        chosen.insert(0, base)
    for name in (*chosen, suite.baseline):
        entry(name)
    return Plan(
        suite=suite.name,
        baseline=base,
        backends=tuple(chosen),
        required=backends is not None,
        threads=thread_counts(threads or suite.threads, cores),
        workloads=tuple(workloads),
        question=question,
    )


def thread_counts(given: Sequence[int | Literal["all"]] | None, cores: int) -> tuple[int, ...]:
    """Numbers of threads, each once; ``all``, the default, is every core."""
    counts = tuple(dict.fromkeys(cores if n == "all" else n for n in given or ("all",)))
    for count in counts:
        if not 1 <= count <= MAX_THREADS:
            raise UsageError(f"threads: expected 1 to {MAX_THREADS}, got {count}")
    return counts
