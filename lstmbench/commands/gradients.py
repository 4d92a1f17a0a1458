"""Measure how gradients vanish: from the options of a person to a file, a page and a table."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit, UsageError, unknown
from .options import AsJson, check_json_output, names, print_json

DEFAULT_LAGS = "1,2,3,5,10,20,30,50,100,200,300,500,1000"
# Followed back at once: the gradient of a longer sequence is in the same place by then.
LONGEST, WIDEST, MOST_SEEDS = 10_000, 1024, 100


def gradients(
    cell: Annotated[str, typer.Option(help="Cells: lstm, gru, rnn-tanh, rnn-relu.")] = (
        "rnn-tanh,gru,lstm"
    ),
    hidden_size: Annotated[int, typer.Option(min=1, max=WIDEST, help="The hidden size.")] = 32,
    lags: Annotated[str, typer.Option(help="Steps back: 1,10,100 or 1:1000:x2.")] = DEFAULT_LAGS,
    forget_bias: Annotated[
        str,
        typer.Option(help="Of an LSTM: what the biases of its forget gate sum to; default: drawn."),
    ] = "default,1,3",
    seeds: Annotated[int, typer.Option(min=1, max=MOST_SEEDS, help="Networks of each kind.")] = 5,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write FILE.json and FILE.md.")
    ] = None,
    as_json: AsJson = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of such a file.")
    ] = False,
) -> Exit:
    """Measure what is left of a gradient after k steps, for cells and forget biases."""
    from ..gradients import session
    from ..gradients.flow import LAYERS
    from ..gradients.records import GradientsFile
    from ..gradients.table import renderable
    from ..result import json_schema
    from ..terminal import console, write_json
    from ..workload import parse_axis

    if schema:
        print_json(json_schema(GradientsFile))
        return Exit.OK
    cells = names(cell) or []
    for name in cells:
        if name not in LAYERS:
            raise UsageError(unknown("cell", name, LAYERS))
    check_json_output(output)
    steps = sorted({lag for piece in lags.split(",") for lag in parse_axis("lags", piece)})
    if steps[-1] > LONGEST:
        raise UsageError(f"--lags: expected at most {LONGEST}, got {steps[-1]}")
    file = session.measure(
        cells, _biases(forget_bias), hidden_size=hidden_size, lags=steps, seeds=seeds
    )
    if output is not None:
        session.write(output, file)
    if as_json:
        write_json(file.as_file())
    else:
        console().print(renderable(file))
    return Exit.OK


def _biases(text: str) -> list[float | None]:
    """Numbers and the word default."""
    found: list[float | None] = []
    for name in names(text) or []:
        try:
            value = None if name == "default" else float(name)
        except ValueError as error:
            raise UsageError(f"--forget-bias: expected numbers or default, got {name!r}") from error
        if value is not None and not abs(value) <= 100:
            raise UsageError(f"--forget-bias: expected at most 100, got {name}")
        if value not in found:
            found.append(value)
    return found
