"""A suite: declared rows, the backends they are for, and the file that a person writes of them.

What is wrong in a file is told with its line.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import islice, product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from ..backends.registry import entry
from ..errors import UsageError, unknown
from ..lengths import draw
from ..workload import (
    CELL_NAMES,
    DATA,
    DTYPES,
    MAX_SIZE,
    MODES,
    RowName,
    Workload,
    parse_axis,
    split_cell_name,
)
from .toml_lines import line_of

MAX_THREADS = 1024
MAX_ROWS = 100_000

# An axis in a suite: one size, a list, or a range such as "1:64:x2".
Sizes = int | list[int] | str
Names = str | list[str]
KNOWN = {"cell": CELL_NAMES, "mode": MODES, "dtype": DTYPES, "data": DATA}


class Rows(BaseModel):
    """One declaration of rows: every combination of what its lists hold."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    source: Annotated[str | None, Field(description="where these sizes are from")] = None
    cell: Names
    mode: Names
    seq_len: Sizes
    batch_size: Sizes
    hidden_size: Sizes
    input_size: Annotated[
        Sizes | None, Field(description="default: the hidden size, or 1 for sunspots")
    ] = None
    num_layers: Sizes = 1
    bias: bool = True
    dtype: Names = "float32"
    data: Names = "random"
    lengths: Annotated[
        Names, Field(description="full, uniform, geometric, or a file of whole numbers")
    ] = "full"
    margin: Annotated[
        float | None,
        Field(gt=0, lt=1, description="of a gate: the change that these rows are allowed"),
    ] = None

    @field_validator(*KNOWN, "lengths", mode="before")
    @classmethod
    def _are_names(cls, given: Any, info: ValidationInfo) -> Any:
        names = given if isinstance(given, list) else [given]
        if not names or not all(isinstance(name, str) for name in names):
            raise ValueError(f"expected a name or a list of names, got {given!r:.60}")
        known = KNOWN.get(str(info.field_name))
        for name in names:
            if known and name not in known:
                raise ValueError(_unknown(name, known))
        return given

    @field_validator(
        "seq_len", "batch_size", "hidden_size", "input_size", "num_layers", mode="before"
    )
    @classmethod
    def _are_sizes(cls, given: Any, info: ValidationInfo) -> Any:
        if isinstance(given, str):
            axis = str(info.field_name)
            try:
                parse_axis(axis, given)
            except UsageError as error:
                raise ValueError(str(error).removeprefix(f"{axis}: ")) from error
            return given
        sizes = given if isinstance(given, list) else [given]
        if not sizes or not all(type(size) is int for size in sizes):
            raise ValueError(
                f'expected a size, a list of sizes or a range such as "1:64:x2", got {given!r:.60}'
            )
        for size in sizes:
            if not 1 <= size <= MAX_SIZE:
                raise ValueError(f"expected 1 to {MAX_SIZE}, got {size}")
        return given

    def workloads(self) -> Iterator[Workload]:
        """Every combination, sizes varying fastest and modes slowest within a cell."""
        axes = (
            _names(self.cell),
            _names(self.data),
            _names(self.lengths),
            _names(self.dtype),
            _sizes("num_layers", self.num_layers),
            _sizes("hidden_size", self.hidden_size),
            _names(self.mode),
            _sizes("seq_len", self.seq_len),
            _sizes("batch_size", self.batch_size),
        )
        for name, data, lengths, dtype, layers, hidden, mode, seq_len, batch in product(*axes):
            cell, bidirectional = split_cell_name(name)
            default = 1 if data == "sunspots" else hidden
            inputs = (
                (default,) if self.input_size is None else _sizes("input_size", self.input_size)
            )
            steps = draw(lengths, seq_len, batch)
            for input_size in inputs:
                yield Workload(
                    cell=cell,
                    mode=mode,
                    seq_len=seq_len,
                    batch_size=batch,
                    input_size=input_size,
                    hidden_size=hidden,
                    bidirectional=bidirectional,
                    num_layers=layers,
                    bias=self.bias,
                    dtype=dtype,
                    data=data,
                    lengths=lengths,
                    steps=steps,
                )


class Suite(BaseModel):
    """A suite file: what it is for, against what, and its declared rows."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    name: str
    description: str
    baseline: str
    backends: Annotated[list[str], Field(min_length=1)]
    threads: Annotated[list[int | Literal["all"]], Field(min_length=1)] | None = None
    rows: Annotated[list[Rows], Field(min_length=1)]

    def margins(self) -> dict[RowName, float]:
        """What a gate allows the rows that say so themselves, as fractions."""
        return {
            workload.name: rows.margin
            for rows in self.rows
            if rows.margin is not None
            for workload in rows.workloads()
        }

    @field_validator("baseline", "backends")
    @classmethod
    def _are_backends(cls, given: str | list[str]) -> str | list[str]:
        for name in _names(given):
            try:
                entry(name)
            except UsageError as error:
                raise ValueError(str(error).removeprefix("backend: ")) from error
        return given

    @field_validator("threads", mode="before")
    @classmethod
    def _are_numbers_of_threads(cls, given: Any) -> Any:
        for count in given if isinstance(given, list) else ():
            if count != "all" and not (type(count) is int and 1 <= count <= MAX_THREADS):
                raise ValueError(
                    f'expected a list of 1 to {MAX_THREADS} or "all", got {given!r:.60}'
                )
        return given


def builtin_suites() -> dict[str, Suite]:
    """The suites that come with the package, by name."""
    folder = resources.files("lstmbench") / "suites"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name
    )
    suites = [_parse(file.read_text(encoding="utf-8"), file.name) for file in files]
    return {suite.name: suite for suite in suites}


def load_suite(name: str) -> Suite:
    """A built-in suite by name, or a suite file by path; raises ``UsageError``."""
    if name.endswith(".toml") or "/" in name:
        try:
            text = Path(name).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise UsageError(f"suite {name}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"suite {name}: not a text file in UTF-8") from error
        return _parse(text, name)
    suites = builtin_suites()
    if name not in suites:
        raise UsageError(f"{unknown('suite', name, suites)}; or a path ending in .toml")
    return suites[name]


def _parse(text: str, where: str) -> Suite:
    try:
        suite = Suite.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"suite {where}: not TOML: {error}") from error
    except ValidationError as error:
        path, complaint = _first_complaint(error)
        raise UsageError(f"suite {_at(where, text, path)}: {complaint}") from error
    for number, declared in enumerate(suite.rows):
        try:
            for _ in islice(declared.workloads(), MAX_ROWS):
                pass
        except UsageError as error:
            raise UsageError(f"suite {_at(where, text, ('rows', number))}: {error}") from error
    return suite


def _first_complaint(error: ValidationError) -> tuple[tuple[str | int, ...], str]:
    """Where the first mistake is, and what; a misspelt key comes before one that is missing."""
    mistakes = sorted(
        error.errors(include_url=False), key=lambda each: each["type"] != "extra_forbidden"
    )
    first = mistakes[0]
    path, message = first["loc"], first["msg"]
    match first["type"]:
        case "extra_forbidden":
            fields: Mapping[str, Any] = Rows.model_fields if len(path) > 1 else Suite.model_fields
            message = _unknown(str(path[-1]), fields)
        case "missing":
            message = "expected a value, got none"
        case "list_type" if path == ("rows",):
            message = f"expected [[rows]], an array of tables, got {first['input']!r:.60}"
        case "too_short":
            message = "expected at least one, got none"
        case "value_error":
            message = message.removeprefix("Value error, ")
        case _:
            wanted = message.replace("Input should be", "expected")
            message = f"{wanted}, got {first['input']!r:.60}"
    more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    return path, message + more


def _at(where: str, text: str, path: tuple[str | int, ...]) -> str:
    """``mine.toml, line 12: rows[2].hidden_size``."""
    line = line_of(text, path)
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f"{where}{'' if line is None else f', line {line}'}: {place.lstrip('.')}"


def _unknown(name: str, known: Iterable[str]) -> str:
    """The nearest match, without saying again of what."""
    return unknown("", name, known).removeprefix(": ")


def _names(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else names


def _sizes(axis: str, sizes: Sizes) -> Sequence[int]:
    if isinstance(sizes, str):
        return parse_axis(axis, sizes)
    return [sizes] if isinstance(sizes, int) else sizes
