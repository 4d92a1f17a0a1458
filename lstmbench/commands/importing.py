"""Turn a file of another tool into a result file."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit, UsageError


def import_(
    file: Annotated[Path, typer.Argument(help="JSON of pytest-benchmark.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The result file (.json) to write.")
    ],
) -> Exit:
    """Make a result file of what pytest-benchmark measured of our rows.

    It takes what `lstmbench export` and `pytest tests/benchmarks --benchmark-json FILE` write.
    """
    from ..formats import pytest_benchmark_import
    from ..result import write

    if output.suffix != ".json":
        raise UsageError(f"-o: expected a file ending in .json, got {output}")
    result = pytest_benchmark_import.read(file)
    write(output, result, result.rows)
    return Exit.OK
