"""Measure how gradients vanish: from the options of a person to a file, a page and a table."""

from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import Exit, UsageError, unknown
from .options import (
    AsJson,
    BatchSize,
    Clip,
    Lag,
    Optimised,
    PagedOutput,
    Quietly,
    Schema,
    at_most,
    check_json_output,
    given,
    names,
    positive,
    print_json,
    show,
)

if TYPE_CHECKING:
    from ..gradients.records import Curve, Training
    from ..learning.records import Optimiser

DEFAULT_LAGS = "1,2,3,5,10,20,30,50,100,200,300,500,1000"
# Followed back at once: the gradient of a longer sequence is in the same place by then.
LONGEST, WIDEST, MOST_SEEDS = 10_000, 1024, 100
# Of no use without a task.
OF_TRAINING = ("lag", "steps", "batch_size", "optimiser", "lr", "clip")


def gradients(
    context: typer.Context,
    cell: Annotated[str, typer.Option(help="Cells: lstm, gru, rnn-tanh, rnn-relu.")] = (
        "rnn-tanh,gru,lstm"
    ),
    hidden_size: Annotated[int, typer.Option(min=1, max=WIDEST, help="The hidden size.")] = 32,
    lags: Annotated[
        str | None,
        typer.Option(
            help="Steps back: 1,10,100 or 1:1000:x2; default: to 1000, or as far as the task goes."
        ),
    ] = None,
    forget_bias: Annotated[
        str,
        typer.Option(help="Of an LSTM: what the biases of its forget gate sum to; default: drawn."),
    ] = "default,1,3",
    seeds: Annotated[int, typer.Option(min=1, max=MOST_SEEDS, help="Networks of each kind.")] = 5,
    task: Annotated[
        str | None, typer.Option(help="Train on it, such as adding or copy, and measure again.")
    ] = None,
    lag: Lag = None,
    steps: Annotated[int, typer.Option(min=1, help="Steps of training.")] = 2000,
    batch_size: BatchSize = 32,
    optimiser: Optimised = "adam",
    lr: Annotated[float, typer.Option(help="The learning rate.")] = 0.01,
    clip: Clip = 5.0,
    output: PagedOutput = None,
    as_json: AsJson = False,
    quiet: Quietly = False,
    schema: Schema = False,
) -> Exit:
    """Measure what is left of a gradient after k steps, before and after training."""
    from rich.console import Console

    from ..gradients import session
    from ..gradients.curves import Networks
    from ..gradients.records import GradientsFile
    from ..gradients.table import renderable
    from ..gradients.wording import ended
    from ..result import json_schema, make_folder_of

    if schema:
        print_json(json_schema(GradientsFile))
        return Exit.OK
    check_json_output(output)
    networks = Networks(_cells(cell), _biases(forget_bias), seeds, hidden_size)
    training = None
    if task is None:
        _check_no_training(context)
    else:
        training = _training(
            task, lag, steps=steps, batch_size=batch_size, optimiser=optimiser, lr=lr, clip=clip
        )
    ascending = _lags(lags, training)
    if output is not None:
        make_folder_of(output)
    progress = Console(stderr=True, quiet=quiet or as_json)

    def watch(curve: "Curve") -> None:
        if curve.steps:
            progress.print(ended(curve), soft_wrap=True, markup=False, highlight=False)

    file = session.measure(networks, ascending, training, watch)
    if output is not None:
        session.write(output, file)
    show(file, renderable(file), as_json=as_json, quiet=quiet)
    return Exit.OK


def _cells(text: str) -> list[str]:
    from ..gradients.flow import LAYERS

    found = list(dict.fromkeys(names(text) or ()))
    for name in found:
        if name not in LAYERS:
            raise UsageError(unknown("cell", name, LAYERS))
    return found


def _check_no_training(context: typer.Context) -> None:
    for name in OF_TRAINING:
        if name in given(context):
            option = name.replace("_", "-")
            raise UsageError(f"--{option}: expected --task beside it, to say what to train on")


def _training(
    name: str,
    lag: int | None,
    *,
    steps: int,
    batch_size: int,
    optimiser: "Optimiser",
    lr: float,
    clip: float,
) -> "Training":
    from ..gradients.records import Training
    from ..learning.lesson import lesson
    from ..tasks import load

    task = load(name, lag=lag)
    return Training(
        task=name,
        lag=lag,
        steps=steps,
        batch_size=batch_size,
        optimiser=optimiser,
        lr=positive("--lr", lr),
        clip=positive("--clip", clip) if clip else None,
        target=task.goal.below,
        lesson=lesson(task),
    )


def _lags(text: str | None, training: "Training | None") -> list[int]:
    """Each once, the least first; by default as far as the sequences go."""
    from ..gradients import trained
    from ..workload import parse_axis

    longest = min(LONGEST, trained.shortest(training)) if training else LONGEST
    pieces = (text or DEFAULT_LAGS).split(",")
    found = sorted({lag for piece in pieces for lag in parse_axis("lags", piece)})
    if text is None:
        return [lag for lag in found if lag <= longest]
    if found[-1] > longest:
        raise UsageError(f"--lags: expected at most {longest}, got {found[-1]}")
    return found


def _biases(text: str) -> list[float | None]:
    """Numbers and the word default."""
    found: list[float | None] = []
    for name in names(text) or []:
        try:
            value = None if name == "default" else at_most(100, "--forget-bias", float(name))
        except ValueError as error:
            raise UsageError(f"--forget-bias: expected numbers or default, got {name!r}") from error
        if value not in found:
            found.append(value)
    return found
