"""Turn result files into Markdown."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit, UsageError
from .options import print_json


def report(
    results: Annotated[list[Path] | None, typer.Argument(help="Result files.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The Markdown file; default: stdout.")
    ] = None,
    update: Annotated[
        Path | None,
        typer.Option(help="Write the marked blocks of this Markdown file anew."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="With --update: write nothing, fail if it is stale.")
    ] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of a result file.")
    ] = False,
) -> Exit:
    """Make a Markdown report of result files."""
    from ..report import blocks, page
    from ..result import json_schema, read, write_atomically

    if schema:
        print_json(json_schema())
        return Exit.OK
    if check and update is None:
        raise UsageError("--check: expected --update FILE with it")
    if update is not None and (results or output):
        raise UsageError("--update: expected nothing else, the file names its result files")
    if update is not None:
        if blocks.update(update, check=check) or not check:
            return Exit.OK
        again = shlex.join(["lstmbench", "report", "--update", str(update)])
        print(f"{update}: stale; bring it up to date with: {again}", file=sys.stderr)
        return Exit.USAGE
    if not results:
        raise UsageError("report: expected at least one result file, got none")
    text = page.markdown([read(path) for path in results])
    if output is None:
        sys.stdout.write(text)
    else:
        write_atomically(output, text)
    return Exit.OK
