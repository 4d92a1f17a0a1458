"""Guess weights: from the options of a person to a file, a page and a table."""

from typing import Annotated

import typer

from ..errors import Exit
from .options import AsJson, Lag, PagedOutput, Quietly, Schema, check_json_output, print_json, show


def guess(
    task: Annotated[str, typer.Argument(help="parity or delayed-xor.")] = "parity",
    lag: Lag = None,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Searches, each its own.")] = 10,
    max_guesses: Annotated[
        int, typer.Option(min=1, max=10**9, help="Networks of a seed at most.")
    ] = 100_000,
    output: PagedOutput = None,
    as_json: AsJson = False,
    quiet: Quietly = False,
    schema: Schema = False,
) -> Exit:
    """Guess the weights of a small network until it solves a task: how often, how fast."""
    from rich.console import Console

    from ..guessing import session
    from ..guessing.records import GuessesFile
    from ..guessing.summary import line
    from ..guessing.table import renderable
    from ..result import json_schema, make_folder_of

    if schema:
        print_json(json_schema(GuessesFile))
        return Exit.OK
    check_json_output(output)
    if output is not None:
        make_folder_of(output)
    progress = Console(stderr=True, quiet=quiet or as_json)
    file = session.measure(
        task,
        lag=lag,
        seeds=seeds,
        max_guesses=max_guesses,
        watch=lambda each: progress.print(line(each), soft_wrap=True, highlight=False),
    )
    if output is not None:
        session.write(output, file)
    show(file, renderable(file), as_json=as_json, quiet=quiet)
    return Exit.OK
