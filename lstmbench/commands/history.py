"""Find the steps in a history of result files."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit, UsageError
from .options import AsJson, names, print_json


def history(
    paths: Annotated[list[Path], typer.Argument(help="Result files, or folders of them.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a Markdown page too.")
    ] = None,
    backend: Annotated[
        str | None, typer.Option("--backend", "-b", help="Only these backends, with commas.")
    ] = None,
    least: Annotated[
        float, typer.Option(help="The smallest step that is told, as a fraction.")
    ] = 0.03,
    every: Annotated[
        bool, typer.Option("--all", help="A chart for every row, and not only where a step is.")
    ] = False,
    as_json: AsJson = False,
) -> Exit:
    """Mark when rows became slower or faster, over result files of many nights.

    A history is a folder of result files; to append to it is to write one more file.
    Judges nothing: it ends well whatever the steps are.
    """
    from ..history import page as history_page
    from ..history import series as histories
    from ..history import table as history_table
    from ..result import write_atomically
    from ..terminal import console

    if not 0 < least < float("inf"):
        raise UsageError(f"--least: expected a number above 0, got {least:g}")
    found = histories.load(paths, least, backends=names(backend))
    if output is not None:
        write_atomically(output, history_page.page(found, every=every))
    if as_json:
        print_json(histories.as_json(found))
    else:
        console().print(history_table.renderable(found, every=every), soft_wrap=True)
    return Exit.OK
