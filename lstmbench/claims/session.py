"""One `lstmbench claims` from its programme to its file and its page, interrupted or not.

Each experiment is a command, run in a process of its own in the folder of the evidence.  What is
there already is not run again.
"""

import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from .. import origin
from ..errors import Exit, OutputError, UsageError, WorkerError
from ..learning.session import unfinished
from ..machine.environment import describe
from ..records import Result
from ..report.shelf import write_page
from ..result import write_atomically
from ..running.journal import journal_path
from . import evidence, judge, page
from .evidence import Evidence
from .programme import Experiment
from .recipe import PREFIX
from .records import ClaimsFile, Exhibit

Perform = Callable[[Experiment, Path, bool], int]


def begin(output: Path, *, resume: bool) -> None:
    """Make the folder of the evidence; raises ``UsageError`` where another run's is there."""
    folder = evidence.folder(output)
    if not resume and folder.is_dir() and any(path.is_file() for path in folder.rglob("*")):
        raise UsageError(
            f"{folder}: holds the evidence of a run; go on with it "
            f"(--resume -o {output}) or delete it"
        )
    try:
        (folder / PREFIX).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be a folder: {error.strerror}") from error


def run(
    experiments: Sequence[Experiment],
    output: Path,
    on_gpu: Sequence[Result],
    *,
    quick: bool,
    quiet: bool,
    perform: Perform | None = None,
) -> tuple[ClaimsFile, Exit]:
    """Run what is not there yet, judge, and write the file and its page.

    Returns the file, and INCOMPLETE where an experiment was.  Raises ``KeyboardInterrupt`` where
    one was interrupted: what was done is on the disk.
    """
    folder, code = evidence.folder(output), Exit.OK
    # As it is found: afterwards the load is that of the experiments.
    environment = describe()
    for number, experiment in enumerate(experiments, 1):
        path = folder / f"{experiment.name}.json"
        if path.exists():
            _require_same(path, experiment)
            continue
        if not quiet:
            line = shlex.join(["lstmbench", *experiment.line])
            print(f"{number}/{len(experiments)} {line}", file=sys.stderr)
        code = max(code, _performed(experiment, folder, quiet, perform or _in_process))
    exhibits = tuple(
        Exhibit(name=each.name, kind=each.kind, what=each.what) for each in experiments
    )
    found = evidence.load(output, exhibits)
    file = ClaimsFile(
        created=origin.now(),
        command=origin.fresh(origin.command()),
        environment=environment,
        quick=quick,
        claims=tuple(judge.claims(found, on_gpu)),
        exhibits=exhibits,
    )
    write(output, file, found)
    return file, code


def _require_same(path: Path, experiment: Experiment) -> None:
    """Raise ``UsageError`` where a file is not what the experiment makes."""
    made = evidence.read(path, experiment.kind).command
    if origin.fresh(made) != shlex.join(["lstmbench", *experiment.line]):
        raise UsageError(
            f"{path}: expected what `lstmbench {shlex.join(experiment.line)}` writes, it was made "
            f"by `{made}`; delete it, or name another -o"
        )


def _performed(experiment: Experiment, folder: Path, quiet: bool, perform: Perform) -> Exit:
    code = perform(experiment, folder, quiet)
    if code == Exit.INTERRUPTED:
        raise KeyboardInterrupt
    if code not in (Exit.OK, Exit.INCOMPLETE) or not (folder / f"{experiment.name}.json").exists():
        raise WorkerError(
            f"{experiment.name}: `lstmbench {shlex.join(experiment.line)}` ended with {code}"
        )
    return Exit(code)


def _in_process(experiment: Experiment, folder: Path, quiet: bool) -> int:
    """Run the command as a person would, in sight or, quietly, with nothing but its last line."""
    path = folder / f"{experiment.name}.json"
    begun = unfinished(path).exists() or journal_path(path).exists()
    arguments = [*experiment.line]
    arguments += ["--resume"] if begun else []
    command = [sys.executable, "-m", "lstmbench.cli", *arguments]
    said = subprocess.PIPE if quiet else None
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=said) as process:
        try:
            out, words = process.communicate()
        except KeyboardInterrupt:
            # It was interrupted too: it says so, and puts away what it has.
            process.wait()
            raise
    code = process.returncode
    if words and code not in (Exit.OK, Exit.INTERRUPTED):
        print(words.decode(errors="replace").rstrip().rpartition("\n")[2], file=sys.stderr)
    if not experiment.paged and code in (Exit.OK, Exit.INCOMPLETE):
        write_atomically(path, out.decode())
    return code


def write(output: Path, file: ClaimsFile, found: Evidence) -> None:
    """The file, and the page beside it with its pictures; raises ``OutputError``."""
    write_atomically(output, file.as_file())
    write_page(output.with_suffix(".md"), lambda shelf: page.page(file, found, shelf))
