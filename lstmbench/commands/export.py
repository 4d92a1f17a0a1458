"""Turn a result file into a file of another tool."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit


def export(
    result: Annotated[Path, typer.Argument(help="A result file.")],
    to: Annotated[
        str,
        typer.Option(help="pytest-benchmark, pyperf, asv, github-action-benchmark or csv."),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; default: stdout.")
    ] = None,
    commit: Annotated[
        str | None, typer.Option(help="The commit that was measured; asv needs one.")
    ] = None,
) -> Exit:
    """Write a result file in the format of another tool: rows with a time, and their samples."""
    from ..formats import export as exports
    from ..formats.measured import Measured
    from ..result import read, write_atomically

    measured = Measured.of(read(result), commit)
    text = exports.export(measured, to)
    if output is None:
        sys.stdout.write(text)
    else:
        write_atomically(output, text)
    if measured.left_out:
        total = len(measured.result.rows)
        print(f"{measured.left_out} of {total} rows have no time and are left out", file=sys.stderr)
    return Exit.OK
