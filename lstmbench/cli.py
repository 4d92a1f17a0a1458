"""Arguments and exit codes, and nothing else; what takes time to import is imported when needed."""

import json
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NoReturn

import typer
from typer.exceptions import TyperException

from .errors import Exit, LstmbenchError, UsageError, unknown

if TYPE_CHECKING:
    from rich.console import Console

    from .workload import Workload

app = typer.Typer(
    name="lstmbench",
    help="How fast does a recurrent network train and infer on this machine, and with what?",
    invoke_without_command=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Suite = Annotated[
    str, typer.Option("--suite", "-s", help="A built-in suite, or a path to a TOML file.")
]
Backends = Annotated[
    str | None,
    typer.Option("--backend", "-b", help="Backends, with commas; one that is missing is an error."),
]
Threads = Annotated[
    str | None, typer.Option(help="Numbers of threads, such as 1,2,all; default: all cores.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
Quietly = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, and no table.")]


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"lstmbench {version('lstmbench')}")
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001
        bool, typer.Option("--version", callback=_version, is_eager=True, help="The version.")
    ] = False,
) -> None:
    """How fast does a recurrent network train and infer on this machine, and with what?"""
    if context.invoked_subcommand is None:
        print(context.get_help())


@app.command()
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
    backend: Backends = None,
    baseline: Annotated[
        str | None, typer.Option(help="The backend that speedup divides by.")
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
    from . import plan as plans
    from . import session
    from .environment import usable_cpus
    from .records import Settings

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
        "cell": _names(cell),
        "mode": _names(mode),
        "seq_len": seq_len,
        "batch_size": batch_size,
        "hidden_size": hidden_size,
        "input_size": input_size,
        "num_layers": layers,
        "dtype": _names(dtype),
        "data": _names(data),
    }
    plan = plans.make_plan(
        plans.load_suite(suite),
        overrides={name: value for name, value in overrides.items() if value is not None},
        backends=_names(backend),
        baseline=baseline,
        threads=_counts(threads),
        cores=len(usable_cpus()),
    )
    given = [*numbers.values(), backend, baseline, threads, *overrides.values()]
    asked = any(value is not None for value in given) or suite != "quick"
    return session.measure(
        plan,
        settings,
        output,
        resume=resume,
        asked=asked,
        show=session.Show.JSON
        if as_json
        else session.Show.NOTHING
        if quiet
        else session.Show.TABLE,
    )


LISTS = ("suites", "backends", "cells", "rows")


@app.command(name="list")
def list_(
    what: Annotated[str, typer.Argument(help=f"{', '.join(LISTS)}.")] = "suites",
    suite: Suite = "quick",
    as_json: AsJson = False,
) -> Exit:
    """List suites, backends, cells, or the rows of a suite."""
    if what not in LISTS:
        raise UsageError(unknown("list", what, LISTS))
    from .backends.registry import BACKENDS
    from .plan import builtin_suites, load_suite
    from .workload import CELL_NAMES

    entries: list[dict[str, str]]
    if what == "suites":
        entries = [
            {"name": s.name, "description": s.description} for s in builtin_suites().values()
        ]
    elif what == "backends":
        entries = [{"name": b.name, "description": b.summary} for b in BACKENDS.values()]
    elif what == "cells":
        entries = [{"name": name} for name in CELL_NAMES]
    else:
        declared = load_suite(suite).rows
        entries = [{"name": w.id} for rows in declared for w in rows.workloads()]
    if as_json:
        _print_json(entries)
    else:
        width = max(len(each["name"]) for each in entries)
        for each in entries:
            print(f"{each['name']:<{width}}  {each.get('description', '')}".rstrip())
    return Exit.OK


@app.command()
def verify(
    backend: Backends = None,
    cell: Annotated[str | None, typer.Option(help="Cells, without -bi: both are run.")] = None,
    suite: Annotated[
        str | None, typer.Option("--suite", "-s", help="The rows of a suite instead of the matrix.")
    ] = None,
    random: Annotated[
        int | None, typer.Option(help="So many random shapes instead of the matrix.")
    ] = None,
    seed: Annotated[int, typer.Option(help="What decides the random shapes.")] = 0,
    dtype: Annotated[
        str | None, typer.Option(help="Precisions; default: those that the backends have.")
    ] = None,
    threads: Threads = None,
    as_json: AsJson = False,
    quiet: Quietly = False,
) -> Exit:
    """Prove every cell right: outputs and every gradient against the float64 oracle.

    Cells × directions × layers × bias × precision × shapes, small, odd and large.
    """
    from lstmbench_kernels.spec import CELLS

    from . import session, verification
    from .backends.registry import entry, is_simulated, missing
    from .environment import usable_cpus
    from .plan import MAX_ROWS, load_suite, thread_counts
    from .workload import DTYPES

    cells = _names(cell) or list(CELLS)
    for name in cells:
        if name not in CELLS:
            raise UsageError(unknown("cell", name, CELLS))
    chosen = _names(backend)
    installed = [name for name in ("numba-cpu", "torch-cpu") if missing(name) is None]
    backends = chosen or installed
    had = {each for name in backends for each in entry(name).dtypes}
    dtypes = _names(dtype) or [each for each in DTYPES if each in had]
    if random is not None and not 1 <= random <= MAX_ROWS:
        raise UsageError(f"--random: expected 1 to {MAX_ROWS}, got {random}")
    simulated = any(is_simulated(name) for name in backends)
    shapes = verification.SIMULATED_SHAPES if simulated else verification.SHAPES
    workloads: Iterable[Workload] = verification.matrix(cells, shapes, dtypes)
    if suite is not None:
        workloads = [w for rows in load_suite(suite).rows for w in rows.workloads()]
        workloads = [w for w in workloads if w.cell in cells and (not dtype or w.dtype in dtypes)]
    elif random is not None:
        largest = verification.SIMULATED_LARGEST if simulated else verification.LARGEST
        workloads = verification.random_workloads(random, seed, cells, dtypes, largest)
    plan = verification.make_plan(
        backends,
        workloads,
        required=chosen is not None,
        threads=thread_counts(_counts(threads), len(usable_cpus())),
    )
    return session.verify(plan, session.Show.of(as_json=as_json, quiet=quiet))


@app.command()
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
    from . import report as reports
    from .result import json_schema, read, write_atomically

    if schema:
        _print_json(json_schema())
        return Exit.OK
    if check and update is None:
        raise UsageError("--check: expected --update FILE with it")
    if update is not None and (results or output):
        raise UsageError("--update: expected nothing else, the file names its result files")
    if update is not None:
        if reports.update(update, check=check) or not check:
            return Exit.OK
        again = shlex.join(["lstmbench", "report", "--update", str(update)])
        print(f"{update}: stale; bring it up to date with: {again}", file=sys.stderr)
        return Exit.USAGE
    if not results:
        raise UsageError("report: expected at least one result file, got none")
    page = reports.report([read(path) for path in results])
    if output is None:
        sys.stdout.write(page)
    else:
        write_atomically(output, page)
    return Exit.OK


@app.command()
def doctor(
    roofline: Annotated[
        bool,
        typer.Option("--roofline", help="Measure the peaks of arithmetic and of each memory."),
    ] = False,
    as_json: AsJson = False,
) -> Exit:
    """Look at the machine and the backends: what is there, what is doubtful, what is missing."""
    from . import doctor as doctors

    seen = doctors.checkup(roofline=roofline)
    if as_json:
        _print_json(seen.as_json())
    else:
        _console().print(doctors.table(seen))
    return Exit.OK


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise UsageError(f"expected names with commas between them, got {text!r}")
    return names


def _counts(text: str | None) -> Sequence[int | Literal["all"]] | None:
    """Numbers of threads; ``all`` is every core."""
    from .workload import parse_axis

    pieces = [piece.strip() for piece in text.split(",")] if text is not None else []
    counts: list[int | Literal["all"]] = []
    for piece in pieces:
        counts += ["all"] if piece == "all" else parse_axis("threads", piece)
    return counts or None


def _console(*, stderr: bool = False) -> "Console":
    from rich.console import Console

    return Console(stderr=stderr)


def _print_json(value: Any) -> None:
    print(json.dumps(value, indent=1, ensure_ascii=False))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point: the only place that turns an error into a line and an exit code."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    sys.exit(_exit_code(lambda: app(_as_text(given), "lstmbench", standalone_mode=False)))


def _as_text(arguments: list[str]) -> list[str]:
    """Arguments that can be written to a file, as the command of a result is."""
    for argument in arguments:
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            raise UsageError(f"arguments: expected text in UTF-8, got {argument!r}") from error
    return arguments


def _exit_code(command: Callable[[], Any]) -> int:
    try:
        code = command()
        if sys.stdout is not None:
            sys.stdout.flush()
    except LstmbenchError as error:
        _complain(str(error))
        return Exit.USAGE
    except TyperException as error:
        _complain(f"{error.format_message()}; see lstmbench --help")
        return Exit.USAGE
    except (typer.Abort, KeyboardInterrupt):
        _complain("interrupted")
        return Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # The reader has seen enough: nothing more can be written, not even at exit.  Typer turns
        # that into an exit where it happens while a command runs.
        sys.stdout = None
        return Exit.OK
    except OSError as error:
        # Standard output on a full disk, no room for a temporary file, no process to be had.
        _complain(f"the system refused: {error}")
        sys.stdout = None
        return Exit.USAGE
    return int(code or 0)


def _complain(message: str) -> None:
    print(f"Error: {' '.join(message.split())}", file=sys.stderr)


if __name__ == "__main__":
    main()
