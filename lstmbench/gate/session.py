"""One gate from what a person asks for to the verdict file, the comment and the exit code."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from .. import origin
from ..analysis.summary import is_own
from ..backends.under_test import VARIABLE
from ..errors import Exit, UsageError, WorkerError
from ..labels import kind_of
from ..machine.environment import describe, fingerprint
from ..planning.plan import Plan
from ..result import write_atomically
from ..running.process import Installation, WorkerProcess
from ..running.run import start_worker
from ..timing.clock import Clock, WallClock
from .blocks import MakeWorker, Observer, Repeater
from .comment import comment
from .policy import Policy, Rows
from .records import GateFile, RuleRecord
from .sides import UNDER_TEST, Side
from .stages import run_stages
from .verdict import EXITS, conclude

# Rows that the control runs beside the base: small, medium and large ones of a suite.
WATCHED = 3


@dataclass(frozen=True)
class Outputs:
    """Where a verdict goes; ``None``: nowhere."""

    file: Path | None
    comment: Path | None


def gate(
    plan: Plan,
    policy: Policy,
    sides: Mapping[str, Side],
    make_worker: MakeWorker,
    observer: Observer,
    clock: Clock | None = None,
) -> GateFile:
    """Measure the rows of a plan on both sides, and come to a verdict."""
    clock = clock or WallClock()
    created, start, environment = datetime.now(UTC), clock.now(), describe()
    rows = rows_of(plan)
    findings = run_stages(rows, sides, policy, make_worker, clock, observer)
    verdict, reason = conclude(findings, policy)
    return GateFile(
        created=created.isoformat(timespec="seconds"),
        command=origin.command(),
        suite=plan.suite,
        base=sides["base"].revision,
        head=sides["head"].revision,
        rule=RuleRecord(
            family=policy.rule.family,
            equivalence=policy.rule.equivalence,
            margin=policy.margin,
            compile_margin=policy.compile_margin,
            floor_s=policy.floor,
            screening=policy.rule.screening,
            slices=policy.sampling.slices,
            slice_s=policy.sampling.target.budget,
            confirmation=findings.confirmation,
            budget_s=policy.budget,
        ),
        seconds=clock.now() - start,
        environment=environment,
        fingerprint=fingerprint(environment.machine),
        verdict=verdict,
        reason=reason,
        exit_code=int(EXITS[verdict]),
        rows=findings.rows,
        controls=findings.controls,
    )


def rows_of(plan: Plan) -> Rows:
    """The rows that are judged, and those that only watch the machine.

    Of the suite's backends the own ones are under test; where there are none, all are.  NumPy runs
    no code of either side.
    """
    jobs = list(plan.jobs())
    foreign = [job for job in jobs if kind_of(job.backend) == "numpy"]
    under_test = [job for job in jobs if is_own(job.backend)]
    declared = under_test or [job for job in jobs if job not in foreign]
    if not declared:
        raise UsageError(f"suite {plan.suite}: expected rows of a backend that can change")
    some = sorted({0, len(declared) // 2, len(declared) - 1})[:WATCHED]
    return Rows(declared, [declared[index] for index in some], foreign[:1])


@contextmanager
def workers() -> Iterator[MakeWorker]:
    """Workers of a side, which share oracles, and each side a cache of compiled code of its own."""
    with TemporaryDirectory(prefix="lstmbench-gate-") as folder:
        oracles, caches = Path(folder) / "oracles", Path(folder) / "caches"
        oracles.mkdir()

        def make(side: Side, backend: str, threads: int, number: int) -> Repeater:
            installation = Installation(
                side.python,
                side.path,
                {"NUMBA_CACHE_DIR": str(caches / side.name), VARIABLE: UNDER_TEST},
            )
            return SideWorker(side, start_worker(backend, threads, oracles, installation, number))

        yield make


class SideWorker:
    """A worker that has loaded the kernels of its side, and no others."""

    def __init__(self, side: Side, worker: WorkerProcess) -> None:
        self._side, self._worker = side, worker
        self.start, self.close = worker.start, worker.close
        self.perform, self.again = worker.perform, worker.again

    def version(self) -> str:
        """Wait until it is loaded; raises ``WorkerError`` where it is another build."""
        version = self._worker.version()
        loaded, own = self._worker.kernels, self._side.path[0]
        if loaded != own / UNDER_TEST:
            self._worker.close()
            raise WorkerError(f"{self._side.name}: expected the kernels of {own}, got {loaded}")
        return version


def publish(result: GateFile, outputs: Outputs) -> Exit:
    """Write what is asked for; the exit code."""
    if outputs.file is not None:
        write_atomically(outputs.file, result.as_file())
    page = comment(result)
    if outputs.comment is not None:
        write_atomically(outputs.comment, page)
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(page)
    return Exit(result.exit_code)
