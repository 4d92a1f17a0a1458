"""Turn result files into pages that people read, and data that programs read."""

import json
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit, UsageError
from .options import print_json


class Format(StrEnum):
    """What a report can be."""

    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    CSV = "csv"


# What the end of a file's name says of its format.
ENDINGS = {
    ".md": Format.MARKDOWN,
    ".html": Format.HTML,
    ".htm": Format.HTML,
    ".json": Format.JSON,
    ".csv": Format.CSV,
}


def report(
    results: Annotated[list[Path] | None, typer.Argument(help="Result files.")] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="The file to write; default: stdout, no pictures."),
    ] = None,
    form: Annotated[
        Format | None,
        typer.Option("--format", help="Default: what the end of -o says, or markdown."),
    ] = None,
    max_bytes: Annotated[
        int | None,
        typer.Option(min=1, help="Leave out what is longest and least until it is as short."),
    ] = None,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="Two files side by side: machines, versions, dates."),
    ] = False,
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
    """Make a report of result files: Markdown with pictures, HTML, JSON or CSV.

    The pictures of FILE.md are in a folder FILE beside it.
    """
    if schema:
        from ..result import json_schema

        print_json(json_schema())
        return Exit.OK
    if check and update is None:
        raise UsageError("--check: expected --update FILE with it")
    if update is not None:
        if results or output or form or max_bytes or compare:
            raise UsageError("--update: expected nothing else, the file names its result files")
        return _update(update, check=check)
    if not results:
        raise UsageError("report: expected at least one result file, got none")
    from ..timing.measure import without_garbage_collection

    chosen = form or (ENDINGS.get(output.suffix.lower()) if output else None) or Format.MARKDOWN
    # A report leaves no garbage before it is done: to look for some takes a quarter of the time.
    with without_garbage_collection():
        if compare:
            _compare(results, output, chosen, max_bytes)
        else:
            _write(results, output, chosen, max_bytes)
    return Exit.OK


def _update(path: Path, *, check: bool) -> Exit:
    from ..report import blocks

    if blocks.update(path, check=check) or not check:
        return Exit.OK
    again = shlex.join(["lstmbench", "report", "--update", str(path)])
    print(f"{path}: stale; bring it up to date with: {again}", file=sys.stderr)
    return Exit.USAGE


def _write(paths: list[Path], output: Path | None, form: Format, max_bytes: int | None) -> None:
    from ..result import read

    if max_bytes is not None and form not in (Format.MARKDOWN, Format.HTML):
        raise UsageError(f"--max-bytes: expected --format markdown or html with it, got {form}")
    results = [read(path) for path in paths]
    match form:
        case Format.MARKDOWN:
            from ..report.page import MOST_BYTES, markdown
            from ..report.shelf import write_page

            most = max_bytes or MOST_BYTES
            if output is None:
                sys.stdout.write(markdown(results, max_bytes=most))
            else:
                write_page(output, lambda shelf: markdown(results, shelf, most))
        case Format.HTML:
            from ..report import html

            _put(output, html.page(results, max_bytes=max_bytes))
        case Format.JSON:
            from ..report import data

            _put(output, data.as_text(results))
        case Format.CSV:
            from ..formats import csv_table

            _put(output, csv_table.of_files(results))


def _compare(paths: list[Path], output: Path | None, form: Format, max_bytes: int | None) -> None:
    """The page of two files side by side, or its data."""
    from ..comparison.compare import as_json, compare
    from ..comparison.page import page
    from ..result import read

    if len(paths) != 2:
        raise UsageError(f"--compare: expected two result files, got {len(paths)}")
    if form not in (Format.MARKDOWN, Format.JSON) or max_bytes is not None:
        raise UsageError("--compare: expected --format markdown or json, and no --max-bytes")
    base, head = map(read, paths)
    comparison = compare(base, head)
    if form is Format.JSON:
        _put(output, json.dumps(as_json(comparison), indent=1, ensure_ascii=False) + "\n")
    else:
        _put(output, page(comparison))


def _put(output: Path | None, text: str) -> None:
    from ..result import write_atomically

    if output is None:
        sys.stdout.write(text)
    else:
        write_atomically(output, text)
