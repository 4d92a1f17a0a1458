"""Learn: from the options of a person to settings, and from what came of them to an exit code."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..errors import Exit, UsageError, unknown
from ..markdown import one_line
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
    from ..learning.records import LearningFile, Settings

# What --resume goes on with whatever they are.
APART = {"output", "resume", "as_json", "quiet", "schema"}
MOST_DROPPED = 0.99
ALL_BACKENDS = "numba-cpu,torch-cpu,keras-cpu"


def learn(
    context: typer.Context,
    task: Annotated[str, typer.Argument(help="What to learn, such as adding or copy.")] = "adding",
    lag: Lag = None,
    cell: Annotated[str, typer.Option(help="Cells: lstm, gru, rnn-tanh, rnn-relu, -bi.")] = "lstm",
    backend: Annotated[
        str, typer.Option("--backend", "-b", help="Backends; one that is missing is an error.")
    ] = ALL_BACKENDS,
    hidden_size: Annotated[int, typer.Option(min=1, max=4096, help="The hidden size.")] = 64,
    layers: Annotated[int, typer.Option(min=1, max=16, help="Layers.")] = 1,
    batch_size: BatchSize = 32,
    optimiser: Optimised = "adam",
    lr: Annotated[float, typer.Option(help="The learning rate.")] = 1e-3,
    clip: Clip = 5.0,
    forget_bias: Annotated[
        float | None, typer.Option(help="Of an LSTM's forget gates at first; default: drawn.")
    ] = None,
    time_scale: Annotated[
        int | None,
        typer.Option(min=1, help="Units of an LSTM or a GRU begin with memories of 1 to T steps."),
    ] = None,
    dropout: Annotated[
        float, typer.Option(help="Of the numbers between a layer and the next; below 1.")
    ] = 0.0,
    test_lags: Annotated[
        str | None,
        typer.Option(help="Score what was learnt at these lags too: 200,500 or 100:1000:x2."),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Trials of each kind.")] = 3,
    target: Annotated[
        float | None, typer.Option(help="Solved below this score; default: the task's goal.")
    ] = None,
    max_steps: Annotated[int, typer.Option(min=1, help="Steps of a trial at most.")] = 10_000,
    budget: Annotated[float, typer.Option(help="Seconds of training of a trial at most.")] = 300.0,
    every: Annotated[int, typer.Option(min=1, help="Steps between evaluations.")] = 50,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Of each backend; default: all cores.")
    ] = None,
    output: PagedOutput = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the interrupted run of -o; retry failed trials."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quietly = False,
    schema: Schema = False,
) -> Exit:
    """Train until a target is reached: how often, how fast, and beside whom."""
    from rich.console import Console

    from ..learning import session
    from ..learning.records import LearningFile, Settings
    from ..learning.table import renderable
    from ..learning.view import watcher
    from ..machine.environment import usable_cpus
    from ..result import json_schema
    from ..tasks import load

    if schema:
        print_json(json_schema(LearningFile))
        return Exit.OK
    _check_output(output, resume=resume)
    if time_scale is not None and forget_bias is not None:
        raise UsageError("--time-scale: expected no --forget-bias beside it: both set one bias")
    goal, cores = load(task, lag=lag).goal.below, len(usable_cpus())
    settings = Settings(
        task=task,
        lag=lag,
        cells=_cells(cell),
        backends=_backends(backend),
        hidden_size=hidden_size,
        num_layers=layers,
        batch_size=batch_size,
        optimiser=optimiser,
        lr=positive("--lr", lr),
        clip=positive("--clip", clip) if clip else None,
        forget_bias=None if forget_bias is None else at_most(100, "--forget-bias", forget_bias),
        time_scale=time_scale,
        dropout=_dropout(dropout, layers),
        seeds=seeds,
        target=goal if target is None else positive("--target", target),
        max_steps=max_steps,
        budget_s=positive("--budget", budget),
        every=every,
        threads=at_most(cores, "--threads", threads or cores),
        test_lags=_test_lags(task, test_lags),
    )
    asked = given(context)
    file = _begun(settings, output, resume=resume, asked=bool(asked - APART))
    see = watcher(Console(stderr=True), file.settings.target, quiet=quiet or as_json)
    try:
        with see.showing():
            file = session.run(file, output, see)
    except KeyboardInterrupt:
        return _interrupted(output)
    show(file, renderable(file), as_json=as_json, quiet=quiet)
    return _ended(file, named="backend" in asked)


def _check_output(output: Path | None, *, resume: bool) -> None:
    check_json_output(output)
    if resume and output is None:
        raise UsageError("--resume: expected -o FILE.json, what the interrupted run was to write")


def _cells(text: str) -> tuple[str, ...]:
    from ..workload import split_cell_name

    found = tuple(dict.fromkeys(names(text) or ()))
    for name in found:
        split_cell_name(name)
    return found


def _backends(text: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(names(text) or ()))
    known = ALL_BACKENDS.split(",")
    for name in found:
        if name not in known:
            raise UsageError(unknown("backend", name, known))
    return found


def _dropout(share: float, layers: int) -> float:
    if not 0 <= share <= MOST_DROPPED:
        raise UsageError(f"--dropout: expected 0 to {MOST_DROPPED}, got {share:g}")
    if share and layers == 1:
        raise UsageError("--dropout: expected --layers 2 or more, as it is between layers; got 1")
    return share


def _test_lags(task: str, text: str | None) -> tuple[int, ...]:
    """Lags of the task, each once, the least first."""
    from ..tasks import load
    from ..workload import parse_axis

    lags = tuple(sorted(parse_axis("--test-lags", text))) if text is not None else ()
    for lag in lags:
        load(task, lag=lag)
    return lags


def _begun(
    settings: "Settings", output: Path | None, *, resume: bool, asked: bool
) -> "LearningFile":
    """A new run, or the one that was interrupted."""
    from ..learning import session

    if not resume or output is None:
        if output is not None:
            session.clear(output, settings)
        return session.begin(settings)
    file = session.take_up(output)
    if asked and file.settings != settings:
        raise UsageError(
            f"--resume: {session.unfinished(output)} was begun with other options; "
            f"leave them out, or repeat: {file.command}"
        )
    return file


def _interrupted(output: Path | None) -> Exit:
    again = shlex.join(["lstmbench", "learn", "--resume", "-o", str(output)])
    kept = f"go on with: {again}" if output else "nothing is kept without -o"
    print(f"interrupted; {kept}", file=sys.stderr)
    return Exit.INTERRUPTED


def _ended(file: "LearningFile", *, named: bool) -> Exit:
    """Incomplete where a trial failed, or a backend that was asked for was not to be had."""
    bad = [
        trial
        for trial in file.trials
        if trial.status == "failed" or (named and trial.status == "unavailable")
    ]
    if not bad:
        return Exit.OK
    more = f" (and {len(bad) - 1} more)" if len(bad) > 1 else ""
    line = f"incomplete: {bad[0].name} {bad[0].status}: {bad[0].reason}{more}"
    print(one_line(line), file=sys.stderr)
    return Exit.INCOMPLETE
