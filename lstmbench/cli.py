"""The command line: its commands, and the only place that turns errors into exit codes."""

import signal
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from .commands.claims import claims
from .commands.compare import compare
from .commands.doctor import doctor
from .commands.export import export
from .commands.gate import gate
from .commands.gradients import gradients
from .commands.guess import guess
from .commands.history import history
from .commands.importing import import_
from .commands.learn import learn
from .commands.listing import list_
from .commands.report import report
from .commands.run import run
from .commands.show import show
from .commands.verify import verify
from .errors import Exit, LstmbenchError, UsageError
from .markdown import printable
from .terminal import speak_plainly

app = typer.Typer(
    name="lstmbench",
    help="How fast does a recurrent network train and infer on this machine, and with what?",
    invoke_without_command=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


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


app.command()(run)
app.command()(show)
app.command(name="list")(list_)
app.command()(verify)
app.command()(report)
app.command()(compare)
app.command()(history)
app.command()(export)
app.command(name="import")(import_)
app.command()(gate)
app.command()(gradients)
app.command()(guess)
app.command()(learn)
app.command()(claims)
app.command()(doctor)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The entry point: runs a command, and ends with its exit code."""
    speak_plainly()
    # What ends a process politely (a time limit, a container that stops) interrupts as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
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
    print(f"Error: {printable(' '.join(message.split()))}", file=sys.stderr)


if __name__ == "__main__":
    main()
