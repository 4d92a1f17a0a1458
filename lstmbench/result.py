"""The result file: one JSON object, described by a JSON Schema, validated whenever it is read.

Numbers are seconds, bytes and counts; there is never a NaN or an infinity, but null and a reason.
Version history of the format (a tool that knows a version reads every file of that version):

1  the first
"""

import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, ValidationError, model_validator

from .environment import Environment
from .errors import OutputError, ResultFormatError, UsageError
from .model import Model, NotNegative, Positive, Size
from .workload import Workload

SCHEMA = "lstmbench/result"
VERSION = 1

Status = Literal["ok", "incorrect", "unavailable", "failed", "timeout", "oom", "skipped"]
# What makes a row one of its kind: id, data, backend, threads.
Key = tuple[str, str, str, int]


class Times(Model):
    """The distribution of the time of one call, in seconds."""

    median: Positive
    q1: Positive
    q3: Positive
    min: Positive
    max: Positive
    ci95: Annotated[
        tuple[Positive, Positive],
        Field(description="distribution-free 95 % interval of the median (order statistics)"),
    ]
    samples: Size

    @model_validator(mode="after")
    def _are_in_order(self) -> Self:
        low, high = self.ci95
        for ascending in (
            (self.min, self.q1, self.median, self.q3, self.max),
            (self.min, low, self.median, high, self.max),
        ):
            if list(ascending) != sorted(ascending):
                raise ValueError(f"expected times in ascending order, got {ascending}")
        return self

    @property
    def spread(self) -> float:
        """Half the width of the interval, as a fraction of the median."""
        return (self.ci95[1] - self.ci95[0]) / 2 / self.median


class Errors(Model):
    """The largest errors against the float64 oracle, at unit scale, and their bound."""

    output: NotNegative
    gradient: NotNegative | None
    tolerance: Positive


class Outcome(Model):
    """What came of one row: how it went, and what was measured."""

    status: Status
    reason: str | None = None
    time_s: Times | None = None
    samples_s: tuple[Positive, ...] = ()
    processes_s: Annotated[
        tuple[Positive, ...],
        Field(description="the median of each fresh process, where there were several"),
    ] = ()
    loops: Annotated[Size | None, Field(description="calls a sample; samples_s is per call")] = None
    warmup_calls: Annotated[int | None, Field(ge=0)] = None
    stop: Annotated[
        Literal["precise", "budget", "max-samples"] | None,
        Field(description="why sampling ended"),
    ] = None
    compile_s: Annotated[
        NotNegative | None,
        Field(
            description="seconds this row made its process compile; 0 where an earlier row or the "
            "disk cache had it; null where nothing is ever compiled"
        ),
    ] = None
    sequences_per_s: Positive | None = None
    timesteps_per_s: Positive | None = None
    flops: Annotated[Size | None, Field(description="of the matrix products of one call")] = None
    flops_per_s: Positive | None = None
    fraction_of_peak: Annotated[
        NotNegative | None, Field(description="the least time that the bound allows / the median")
    ] = None
    bound: Annotated[
        str | None, Field(description="what sets that bound: compute, a cache or memory")
    ] = None
    peak_memory_bytes: Annotated[
        Size | None, Field(description="peak resident set of the worker while it was timed")
    ] = None
    error: Errors | None = None

    @model_validator(mode="after")
    def _says_why_or_has_times(self) -> Self:
        if self.status == "ok" and self.time_s is None:
            raise ValueError("a row with status ok needs time_s")
        if self.status != "ok" and not self.reason:
            raise ValueError(f"a row with status {self.status} needs a reason")
        if self.status != "ok" and self.time_s is not None:
            raise ValueError(f"a row with status {self.status} cannot have time_s")
        return self


class Row(Outcome):
    """One workload on one backend with one number of threads."""

    id: str
    backend: str
    backend_version: str | None
    cell: str
    bidirectional: bool
    mode: str
    dtype: str
    device: str
    threads: Size
    seq_len: Size
    batch_size: Size
    input_size: Size
    hidden_size: Size
    num_layers: Size
    bias: bool = True
    data: str = "random"

    @property
    def workload(self) -> Workload:
        return Workload(
            cell=self.cell,
            mode=self.mode,
            seq_len=self.seq_len,
            batch_size=self.batch_size,
            input_size=self.input_size,
            hidden_size=self.hidden_size,
            bidirectional=self.bidirectional,
            num_layers=self.num_layers,
            bias=self.bias,
            dtype=self.dtype,
            data=self.data,
        )

    @property
    def key(self) -> Key:
        """What makes a row one of its kind in a file."""
        return (self.id, self.data, self.backend, self.threads)

    @model_validator(mode="after")
    def _id_says_what_the_fields_say(self) -> Self:
        try:
            expected = self.workload.id
        except UsageError as error:
            raise ValueError(str(error)) from error
        if self.id != expected:
            raise ValueError(f"id: expected {expected}, as the other fields say, got {self.id}")
        return self


def make_row(
    workload: Workload,
    *,
    backend: str,
    backend_version: str | None,
    device: str,
    threads: int,
    outcome: Outcome,
) -> Row:
    """A row from what was asked for and what came of it."""
    return Row(
        id=workload.id,
        backend=backend,
        backend_version=backend_version,
        cell=workload.cell,
        bidirectional=workload.bidirectional,
        mode=workload.mode,
        dtype=workload.dtype,
        device=device,
        threads=threads,
        seq_len=workload.seq_len,
        batch_size=workload.batch_size,
        input_size=workload.input_size,
        hidden_size=workload.hidden_size,
        num_layers=workload.num_layers,
        bias=workload.bias,
        data=workload.data,
        **{name: getattr(outcome, name) for name in Outcome.model_fields},
    )


class Settings(Model):
    """How long and how precisely each row was sampled, and when it was given up."""

    budget_s: Positive = 0.4
    precision: Positive = 0.01
    timeout_s: Positive = 120.0
    rounds: Annotated[Size, Field(description="fresh processes for each backend")] = 1


class Roof(Model):
    """The most that a number of threads reaches together on this machine."""

    threads: Size
    flops_per_s: Annotated[
        dict[str, Positive], Field(description="fused multiply-adds, two operations each, by dtype")
    ]
    bytes_per_s: Annotated[
        dict[str, Positive], Field(description="loads, by the level of memory they come from")
    ]


class Header(Model):
    """Everything in a result file but the rows."""

    created: Annotated[str, Field(description="UTC start of the run, ISO 8601")]
    command: Annotated[str, Field(description="the command line that makes it again")]
    suite: str
    baseline: Annotated[str, Field(description="the backend that speedup divides by")]
    timed_calls: Annotated[
        dict[str, str],
        Field(default_factory=dict, description="what is inside a timed call of each backend"),
    ]
    settings: Settings
    environment: Environment
    roofs: tuple[Roof, ...] = ()
    fingerprint: Annotated[str, Field(description="hash of environment.machine")]


class Result(Header):
    """A whole result file."""

    model_config = ConfigDict(title="lstmbench result")

    schema_: Annotated[Literal["lstmbench/result"], Field(alias="schema")] = "lstmbench/result"
    version: Literal[1] = 1
    rows: tuple[Row, ...]

    @model_validator(mode="after")
    def _rows_are_unique(self) -> Self:
        seen: set[Key] = set()
        for row in self.rows:
            if row.key in seen:
                raise ValueError(f"rows: {row.id} on {row.backend} is there twice")
            seen.add(row.key)
        return self


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a result file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Result.model_json_schema(by_alias=True),
    }


def read(path: Path) -> Result:
    """Read and validate a result file; raises ``ResultFormatError`` with one clear line."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ResultFormatError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        start = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResultFormatError(f"{path}: not JSON, or cut short: {error}") from error
    if not isinstance(start, dict) or start.get("schema") != SCHEMA:
        raise ResultFormatError(f"{path}: not an lstmbench result file (no schema {SCHEMA!r})")
    version = start.get("version")
    if type(version) is not int or version != VERSION:
        advice = "update lstmbench to read it" if _is_later(version) else "it is damaged"
        raise ResultFormatError(f"{path}: expected version {VERSION}, got {version!r}; {advice}")
    try:
        return Result.model_validate_json(text)
    except ValidationError as error:
        raise ResultFormatError(f"{path}: {first_error(error)}") from error


def _is_later(version: object) -> bool:
    return isinstance(version, int) and version > VERSION


def first_error(error: ValidationError) -> str:
    """The first of pydantic's complaints, in one line, with how many more there are."""
    details = error.errors(include_url=False)
    first = details[0]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    got = "" if isinstance(first["input"], dict | list) else f", got {first['input']!r:.60}"
    more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
    return f"{place.lstrip('.') or 'file'}: {message}{got}{more}"


def write(path: Path, header: Header, rows: Sequence[Row]) -> None:
    """Write a result file whole or not at all: to a new file beside it, then in its place."""
    result = Result(
        **{name: getattr(header, name) for name in Header.model_fields}, rows=tuple(rows)
    )
    write_atomically(path, result.model_dump_json(by_alias=True, indent=1) + "\n")


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step; raises ``OutputError``, and then the old file is as it was."""
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
