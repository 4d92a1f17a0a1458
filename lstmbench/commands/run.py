"""Measure: from the options of a person to a plan and settings."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit, UsageError
from .options import AsJson, Backends, Quietly, Suite, Threads, counts, names


def run(
    suite: Suite = "quick",
    cell: Annotated[str | None, typer.Option(help="Cells, such as lstm,gru,lstm-bi.")] = None,
    mode: Annotated[str | None, typer.Option(help="infer, train, forward, backward.")] = None,
    seq_len: Annotated[
        str | None, typer.Option(help="Sequence lengths: 32,64 or 16:256:x2 or 10:50:20.")
    ] = None,
    batch_size: Annotated[str | None, typer.Option(help="Batch sizes.")] = None,
    hidden_size: Annotated[str | None, typer.Option(help="Hidden sizes.")] = None,
    input_size: Annotated[
        str | None, typer.Option(help="Input sizes; default: the hidden size.")
    ] = None,
    layers: Annotated[str | None, typer.Option(help="Numbers of layers.")] = None,
    dtype: Annotated[
        str | None, typer.Option(help="float32, float64, float16, bfloat16, tf32.")
    ] = None,
    data: Annotated[str | None, typer.Option(help="random, sunspots.")] = None,
    lengths: Annotated[
        str | None,
        typer.Option(help="Of the sequences: full, uniform, geometric, or a file of numbers."),
    ] = None,
    backend: Backends = None,
    baseline: Annotated[
        str | None, typer.Option(help="The backend that speedup divides by.")
    ] = None,
    break_even: Annotated[
        str | None,
        typer.Option(help="A:B finds the size from which on A beats B: torch-cuda:numba-cpu."),
    ] = None,
    along: Annotated[
        str | None,
        typer.Option(help="The axis of --break-even: batch_size (default), seq_len; as LOW:HIGH."),
    ] = None,
    threads: Threads = None,
    budget: Annotated[
        float | None, typer.Option(help="Seconds to sample each row for, at most.")
    ] = None,
    precision: Annotated[
        float | None, typer.Option(help="Stop a row at this half width of the 95 % interval.")
    ] = None,
    timeout: Annotated[float | None, typer.Option(help="Seconds before a row is given up.")] = None,
    rounds: Annotated[
        int | None, typer.Option(help="Fresh processes for each backend, taking turns.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The result file (.json) to write.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quietly = False,
) -> Exit:
    """Measure training and inference over sequence lengths × batch sizes.

    Options replace an axis in every row of the suite.
    Writes a result file, and a Markdown report beside it.
    """
    from ..breakeven import ask
    from ..machine.environment import usable_cpus
    from ..planning.plan import make_plan
    from ..planning.suite import load_suite
    from ..records import Settings
    from ..running import session

    numbers = {"budget": budget, "precision": precision, "timeout": timeout, "rounds": rounds}
    for name, value in numbers.items():
        if value is not None and not 0 < value < float("inf"):
            raise UsageError(f"--{name}: expected a number above 0, got {value:g}")
    fields = {
        "budget_s": budget,
        "precision": precision,
        "timeout_s": timeout,
        "rounds": rounds,
    }
    settings = Settings.model_validate({n: v for n, v in fields.items() if v is not None})
    overrides = {
        "cell": names(cell),
        "mode": names(mode),
        "seq_len": seq_len,
        "batch_size": batch_size,
        "hidden_size": hidden_size,
        "input_size": input_size,
        "num_layers": layers,
        "dtype": names(dtype),
        "data": names(data),
        "lengths": names(lengths),
    }
    question = ask(break_even, along, overrides)
    if question is not None and (backend or baseline):
        raise UsageError("--break-even: expected no --backend and no --baseline, it names both")
    plan = make_plan(
        load_suite(suite),
        overrides={name: value for name, value in overrides.items() if value is not None},
        backends=names(backend),
        baseline=baseline,
        threads=counts(threads),
        cores=len(usable_cpus()),
        question=question,
    )
    given = [*numbers.values(), backend, baseline, break_even, threads, *overrides.values()]
    asked = any(value is not None for value in given) or suite != "quick"
    return session.measure(
        plan,
        settings,
        output,
        resume=resume,
        asked=asked,
        show=session.Show.of(as_json=as_json, quiet=quiet),
    )
