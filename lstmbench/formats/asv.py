"""A result file of airspeed velocity (asv), version 2: ``results/MACHINE/COMMIT-ENVIRONMENT.json``.

asv files its results under a commit, which a result file of ours does not know.  Samples are in the
file, so that ``asv compare`` has something to tell noise by.
"""

from datetime import UTC, datetime
from math import isfinite
from typing import Any

from ..errors import ResultFormatError, UsageError
from ..statistics.order import MIN_SAMPLES, median_interval
from .measured import Measured, Timed, as_text

ENVIRONMENT = "lstmbench"
COLUMNS = (
    "result",
    "params",
    "version",
    "started_at",
    "duration",
    "stats_ci_99_a",
    "stats_ci_99_b",
    "stats_q_25",
    "stats_q_75",
    "stats_number",
    "stats_repeat",
    "samples",
    "profile",
)


def text(measured: Measured) -> str:
    """The whole file; raises ``UsageError`` without a commit."""
    if measured.commit is None:
        raise UsageError("asv: expected --commit HASH, under which asv files a result")
    result = measured.result
    machine, software = result.environment.machine, result.environment.software
    started = _milliseconds(result.created)
    return as_text(
        {
            "commit_hash": measured.commit,
            "env_name": ENVIRONMENT,
            "date": started,
            "params": {
                "machine": result.fingerprint,
                "os": machine.system,
                "arch": machine.architecture,
                "cpu": machine.cpu_model,
                "num_cpu": str(machine.logical_cores),
                "ram": str(machine.memory_gib * 2**20),
                "python": software.get("python", ""),
            },
            "python": software.get("python", ""),
            "requirements": {n: v for n, v in software.items() if n != "python"},
            "env_vars": {},
            "result_columns": list(COLUMNS),
            "results": {timed.name: _values(timed, started) for timed in measured.rows},
            "durations": {},
            "version": 2,
        }
    )


def _values(timed: Timed, started: int) -> list[Any]:
    """One value a column; of a benchmark without parameters each is a list of one."""
    row, time = timed.row, timed.time
    statistics = (*_interval(timed), time.q1, time.q3, row.loops, time.samples)
    return [
        [time.median],
        [],
        None,
        started,
        None,
        *([value] if value is not None else None for value in statistics),
        [list(timed.samples)],
        None,
    ]


def _interval(timed: Timed) -> tuple[float | None, float | None]:
    """The 99 % interval of the median, where the samples are of one process and enough for it."""
    if timed.row.processes_s or len(timed.samples) < MIN_SAMPLES:
        return None, None
    low, high = median_interval(timed.samples, 0.99)
    return (low, high) if isfinite(low) and isfinite(high) else (None, None)


def _milliseconds(created: str) -> int:
    """A date as asv writes it: milliseconds since 1970."""
    try:
        when = datetime.fromisoformat(created)
    except ValueError as error:
        raise ResultFormatError(f"created: expected a date in ISO 8601, got {created!r}") from error
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return round(when.timestamp() * 1000)
