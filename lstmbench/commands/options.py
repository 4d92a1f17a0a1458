"""Options that several commands have, and how what a person types is read."""

import json
from collections.abc import Sequence
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from ..errors import UsageError
from ..terminal import console, write_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ..model import Model

AnyNumber = TypeVar("AnyNumber", int, float)
Suite = Annotated[
    str, typer.Option("--suite", "-s", help="A built-in suite, or a path to a TOML file.")
]
Backends = Annotated[
    str | None,
    typer.Option("--backend", "-b", help="Backends, with commas; one that is missing is an error."),
]
Threads = Annotated[
    str | None, typer.Option(help="Numbers of threads, such as 1,2,all; default: all cores.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Schema = Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of such a file.")]
PagedOutput = Annotated[
    Path | None, typer.Option("--output", "-o", help="Write FILE.json and FILE.md.")
]
Lag = Annotated[
    int | None, typer.Option(help="Steps over which to remember; default: that of the task.")
]
BatchSize = Annotated[int, typer.Option(min=1, max=4096, help="Sequences in a step.")]
Optimised = Annotated[
    Literal["adam", "rmsprop", "sgd"], typer.Option(help="Its formula is PyTorch's.")
]
Clip = Annotated[float, typer.Option(help="Greatest global norm of the gradients; 0: no clipping.")]
Quietly = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, and no screen.")]


def names(text: str | None) -> list[str] | None:
    """Names with commas between them; ``None`` where nothing was given."""
    if text is None:
        return None
    found = [name.strip() for name in text.split(",") if name.strip()]
    if not found:
        raise UsageError(f"expected names with commas between them, got {text!r}")
    return found


def counts(text: str | None) -> Sequence[int | Literal["all"]] | None:
    """Numbers of threads; ``all`` is every core."""
    from ..workload import parse_axis

    pieces = [piece.strip() for piece in text.split(",")] if text is not None else []
    found: list[int | Literal["all"]] = []
    for piece in pieces:
        found += ["all"] if piece == "all" else parse_axis("threads", piece)
    return found or None


def check_json_output(output: Path | None) -> None:
    """Whether -o names a file to write; raises ``UsageError``."""
    if output is not None and output.suffix != ".json":
        raise UsageError(f"-o: expected a file ending in .json, got {output}")
    if output is not None and output.is_dir():
        raise UsageError(f"-o: {output} is a folder, expected a file to write")


def positive(name: str, value: float) -> float:
    """The value of an option, which is above nothing; raises ``UsageError``."""
    if not 0 < value < inf:
        raise UsageError(f"{name}: expected a number above 0, got {value:g}")
    return value


def at_most(most: int, name: str, value: AnyNumber) -> AnyNumber:
    """The value of an option, which is no further from 0; raises ``UsageError``."""
    if not abs(value) <= most:
        raise UsageError(f"{name}: expected at most {most}, got {value:g}")
    return value


def given(context: typer.Context) -> set[str]:
    """The names of the options that a person has given, and not left at their defaults."""
    return {
        name
        for name in context.params
        if getattr(context.get_parameter_source(name), "name", "") == "COMMANDLINE"
    }


def print_json(value: Any) -> None:
    """Print a value as JSON on standard output."""
    write_json(json.dumps(value, indent=1, ensure_ascii=False) + "\n")


def show(file: "Model", shown: "RenderableType", *, as_json: bool, quiet: bool) -> None:
    """Print what was measured on standard output: as JSON, or as a table where not quietly."""
    if as_json:
        write_json(file.as_file())
    elif not quiet:
        console().print(shown)
