"""From a suite and a person's flags to the list of rows to measure."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .backends.registry import entry
from .errors import UsageError, unknown
from .lengths import draw
from .model import Model
from .records import Key
from .result import first_error
from .workload import Workload, parse_axis, split_cell_name

MAX_THREADS = 1024
MAX_ROWS = 100_000

# An axis in a suite: one size, a list, or a range such as "1:64:x2".
Sizes = int | list[int] | str
Names = str | list[str]


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

    def jobs(self, number: int = 0) -> Iterator["Job"]:
        """One job a row; backends side by side, so that drift of the machine meets all alike.

        The first backend in the first round is the second in the next, and so on.
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
        w = self.workload
        return (w.id, w.data, w.lengths, self.backend, self.threads)


def builtin_suites() -> dict[str, Suite]:
    """The suites that come with the package, by name."""
    folder = resources.files(__package__) / "suites"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda f: f.name
    )
    suites = [_parse(file.read_text(encoding="utf-8"), file.name) for file in files]
    return {suite.name: suite for suite in suites}


def load_suite(name: str) -> Suite:
    """A built-in suite by name, or a suite file by path; raises ``UsageError``."""
    if name.endswith(".toml") or "/" in name:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except OSError as error:
            raise UsageError(f"suite {name}: cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise UsageError(f"suite {name}: not a text file in UTF-8") from error
        return _parse(text, name)
    suites = builtin_suites()
    if name not in suites:
        raise UsageError(f"{unknown('suite', name, suites)}; or a path ending in .toml")
    return suites[name]


def make_plan(
    suite: Suite,
    *,
    overrides: Mapping[str, Any],
    backends: Sequence[str] | None,
    baseline: str | None,
    threads: Sequence[int | Literal["all"]] | None,
    cores: int,
) -> Plan:
    """A plan from a suite; ``overrides`` replace an axis in every declaration of rows.

    ``cores`` is what ``all`` threads are, which is also the default.

    Raises ``UsageError`` for unknown names and impossible sizes, before anything is measured.
    """
    rows = [declared.model_copy(update=dict(overrides)) for declared in suite.rows]
    workloads: dict[Workload, None] = {}
    for declared in rows:
        for workload in declared.workloads():
            workloads[workload] = None
            if len(workloads) > MAX_ROWS:
                raise UsageError(
                    f"suite {suite.name}: more than {MAX_ROWS} rows; choose fewer sizes"
                )
    if not workloads:
        raise UsageError(f"suite {suite.name}: no rows: an axis is empty")
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
    )


def thread_counts(given: Sequence[int | Literal["all"]] | None, cores: int) -> tuple[int, ...]:
    """Numbers of threads, each once; ``all``, the default, is every core."""
    counts = tuple(dict.fromkeys(cores if n == "all" else n for n in given or ("all",)))
    for count in counts:
        if not 1 <= count <= MAX_THREADS:
            raise UsageError(f"threads: expected 1 to {MAX_THREADS}, got {count}")
    return counts


def _parse(text: str, where: str) -> Suite:
    try:
        return Suite.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"suite {where}: not TOML: {error}") from error
    except ValidationError as error:
        raise UsageError(f"suite {where}: {first_error(error)}") from error


def _names(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else names


def _sizes(axis: str, sizes: Sizes) -> Sequence[int]:
    if isinstance(sizes, str):
        return parse_axis(axis, sizes)
    return [sizes] if isinstance(sizes, int) else sizes
