"""A result file from pytest-benchmark's JSON, where that says which rows its benchmarks are.

``machine_info`` has the header of a result file; ``extra_info`` a whole row, as an export writes
it, or the id of a row and who computed it, as ``tests/benchmarks`` do.
"""

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from ..errors import ResultFormatError, UsageError
from ..model import Duration, Model, Size
from ..records import Header, Outcome, Result, Row, make_row, rates
from ..result import content, first_error
from ..statistics.order import MIN_SAMPLES
from ..timing.samples import Samples
from ..timing.times import Times
from ..workload import parse_id
from .pytest_benchmark import KEY


class Identity(Model):
    """Which row a benchmark is."""

    id: str
    backend: str
    backend_version: str | None = None
    device: str
    threads: Size


class Stats(Model):
    """What a benchmark measured."""

    data: Annotated[tuple[Duration, ...], Field(min_length=MIN_SAMPLES)]
    iterations: Size


def read(path: Path) -> Result:
    """Read a file of pytest-benchmark; raises ``ResultFormatError`` with one clear line."""
    try:
        file = json.loads(content(path))
    except (ValueError, RecursionError) as error:
        raise ResultFormatError(f"{path}: not JSON, or cut short: {error}") from error
    machine, benchmarks = _of(file, "machine_info"), _of(file, "benchmarks")
    if not isinstance(machine, dict) or not isinstance(benchmarks, list):
        raise ResultFormatError(f"{path}: not pytest-benchmark's (no machine_info and benchmarks)")
    if KEY not in machine:
        raise ResultFormatError(
            f"{path}: machine_info does not have {KEY!r}, the header of a result file; expected "
            "what lstmbench export or tests/benchmarks wrote"
        )
    try:
        header = Header.model_validate_json(json.dumps(machine[KEY]))
    except ValidationError as error:
        raise ResultFormatError(f"{path}: machine_info.{KEY}: {first_error(error)}") from error
    rows = tuple(_row(path, benchmark) for benchmark in benchmarks)
    try:
        return Result(**{n: getattr(header, n) for n in Header.model_fields}, rows=rows)
    except ValidationError as error:
        raise ResultFormatError(f"{path}: {first_error(error)}") from error


def _of(value: object, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _row(path: Path, benchmark: object) -> Row:
    """The row that a benchmark says it is."""
    name = f"{_of(benchmark, 'fullname')!s:.200}"
    extra = _of(benchmark, "extra_info")
    if not isinstance(extra, dict) or "id" not in extra:
        raise ResultFormatError(f"{path}: benchmark {name}: extra_info has no id of a row")
    try:
        stats = Stats.model_validate_json(json.dumps(_of(benchmark, "stats")))
        if "time_s" in extra:
            return Row.model_validate_json(json.dumps({**extra, "samples_s": stats.data}))
        return _row_of(Identity.model_validate_json(json.dumps(extra)), stats)
    except ValidationError as error:
        raise ResultFormatError(f"{path}: benchmark {name}: {first_error(error)}") from error
    except UsageError as error:
        raise ResultFormatError(f"{path}: benchmark {name}: {error}") from error


def _row_of(identity: Identity, stats: Stats) -> Row:
    workload, times = parse_id(identity.id), Times.of(stats.data)
    return make_row(
        workload,
        backend=identity.backend,
        backend_version=identity.backend_version,
        device=identity.device,
        threads=identity.threads,
        outcome=Outcome(
            status="ok",
            time_s=times,
            samples_s=Samples(stats.data),
            loops=stats.iterations,
            **rates(workload, times.median),
        ),
    )
