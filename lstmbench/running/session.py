"""One run from its plan to what a person gets: journal, progress, result file, report, screen."""

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path

from rich.console import Console
from rich.text import Text

from .. import origin, roofline
from ..analysis import tables
from ..analysis.crossing import answer, series
from ..backends.registry import entry
from ..errors import Exit, UsageError, WorkerError
from ..machine.environment import describe, fingerprint, machine
from ..markdown import printable
from ..planning.plan import Plan
from ..records import Header, Roof, Row, Settings
from ..report import page
from ..report.shelf import write_page
from ..result import read, write
from ..screen import screen, view
from ..terminal import console, write_json
from ..timing.clock import WallClock
from . import journal as journals
from . import verification
from .bisection import bisect
from .run import exit_code, require, run, workers

OUTPUT_FOLDER = Path("lstmbench-results")


class Show(Enum):
    """What goes to standard output when a run is finished."""

    SCREEN = "screen"
    JSON = "json"
    NOTHING = "nothing"

    @classmethod
    def of(cls, *, as_json: bool, quiet: bool) -> "Show":
        """What a person asked for."""
        return cls.JSON if as_json else cls.NOTHING if quiet else cls.SCREEN


def measure(
    plan: Plan,
    settings: Settings,
    output: Path | None,
    *,
    resume: bool,
    asked: bool,
    show: Show,
) -> Exit:
    """Run a plan, or go on with a journal; write result file and report, and show the screen.

    Args:
        output: the result file; ``None`` for a new one, or the newest unfinished one.
        resume: go on with the journal of ``output``.
        asked: whether a person gave options, so that a journal of other options is refused.
        show: what standard output gets.

    Returns the exit code; the reason of one that is not 0 is on standard error.
    """
    if output is not None and output.suffix != ".json":
        raise UsageError(f"-o: expected a file ending in .json, got {output}")
    if output is not None and output.is_dir():
        raise UsageError(f"-o: {output} is a folder, expected a file to write")
    if output is None:
        output = _unfinished() if resume else OUTPUT_FOLDER / _stamped(plan.suite)
    err = Console(stderr=True)
    clock = WallClock()
    began = clock.now()
    with ExitStack() as stack:
        rows: Sequence[Row] = ()
        if resume:
            log, opening, rows = stack.enter_context(journals.resume(output))
            if asked and (opening.plan, opening.header.settings) != (plan, settings):
                raise UsageError(
                    f"--resume: {log.path} was begun with other options; "
                    f"leave them out, or repeat: {opening.header.command}"
                )
            plan, header = opening.plan, opening.header
            _require_this_machine(header)
        else:
            require(plan)
            header = _header(plan, settings)
            opening = journals.Opening(plan=plan, header=header)
            log = stack.enter_context(journals.begin(output, opening))
        perform: Callable[..., list[Row]] = run if plan.question is None else bisect
        jobs = sum(1 for _ in plan.jobs()) * header.settings.rounds
        left = jobs - len(rows) if plan.question is None else None
        for warning in header.environment.warnings:
            err.print(Text.assemble(("warning: ", "yellow"), warning), soft_wrap=True)
        watcher = view.observer(err, plan.baseline, left, quiet=show is Show.NOTHING)
        try:
            with watcher.showing(), workers() as make_worker:
                rows = perform(
                    plan, header.settings, log.add, watcher, done=rows, make_worker=make_worker
                )
        except KeyboardInterrupt:
            return _interrupted(output, log.rows)
        # Once more: what disturbed the first time is not likely to be there still.
        again = _roofs(plan) if header.roofs else ()
        if again:
            roofs = roofline.highest(header.roofs, again)
            header = header.model_copy(update={"roofs": roofs})
        caches = header.environment.machine.caches
        rows = [roofline.rate(row, header.roofs, caches) for row in rows]
        if plan.question is not None:
            found = tuple(answer(lines, plan.question) for lines in series(rows, plan.question))
            question = plan.question.model_copy(update={"answers": found})
            header = header.model_copy(update={"break_even": question})
        write(output, header, rows)
        log.remove()
    took = None if resume else clock.now() - began
    result = read(output)
    report = output.with_suffix(".md")
    if show is Show.JSON:
        write_json(output.read_text(encoding="utf-8"))
    elif show is Show.SCREEN:
        screen.show(console(), result, output, report, took)
    # Its pictures take seconds: a person has the answer to look at meanwhile.
    write_page(report, lambda shelf: page.markdown([result], shelf))
    return _ended(rows)


VERIFIED = {"id", "backend", "backend_version", "threads", "status", "reason", "error"}


def verify(plan: Plan, show: Show) -> Exit:
    """Verify the rows of a plan without measuring them; show the worst errors."""
    require(plan, measured=False)
    total = sum(1 for _ in plan.jobs())
    quiet = show is Show.NOTHING
    watcher = view.observer(Console(stderr=True), plan.baseline, total, quiet=quiet, brief=True)
    with watcher.showing(), workers() as make_worker:
        rows = run(
            plan,
            Settings(),
            lambda _row: None,
            watcher,
            measured=False,
            make_worker=make_worker,
        )
    if show is Show.JSON:
        print(json.dumps([row.model_dump(mode="json", include=VERIFIED) for row in rows], indent=1))
    elif show is Show.SCREEN:
        worst = verification.worst_of(rows)
        console().print(verification.table(worst), *tables.trouble(rows))
    return _ended(rows)


def _ended(rows: Sequence[Row]) -> Exit:
    code, reason = exit_code(rows)
    if reason:
        print(printable(reason), file=sys.stderr)
    return code


def _interrupted(output: Path, rows: int) -> Exit:
    if rows:
        again = shlex.join(["lstmbench", "run", "--resume", "-o", str(output)])
        print(f"interrupted: {rows} rows are kept; go on with: {again}", file=sys.stderr)
    else:
        print("interrupted before the first row", file=sys.stderr)
    return Exit.INTERRUPTED


def _header(plan: Plan, settings: Settings) -> Header:
    environment = describe()
    return Header(
        created=origin.now(),
        command=origin.command(),
        suite=plan.suite,
        baseline=plan.baseline,
        break_even=plan.question,
        timed_calls={name: entry(name).timed for name in plan.backends},
        settings=settings,
        environment=environment,
        roofs=tuple(_roofs(plan)),
        fingerprint=fingerprint(environment.machine),
    )


def _roofs(plan: Plan) -> Sequence[Roof]:
    """What the machine can do, where anything is to be measured on it.

    Rows are worth having without it: where it cannot be measured, a line says so.
    """
    if all(entry(name).device != "cpu" for name in plan.backends):
        return ()
    try:
        return roofline.measure(plan.threads)
    except WorkerError as error:
        print(f"warning: {error}; rows will not say how near they come to it", file=sys.stderr)
        return ()


def _require_this_machine(header: Header) -> None:
    here = fingerprint(machine())
    if header.fingerprint != here:
        raise UsageError(
            f"--resume: expected the machine that began the run "
            f"({header.environment.machine.cpu_model}, {header.fingerprint}), got {here}"
        )


def _stamped(suite: str) -> str:
    stem = "".join(c if c.isalnum() or c in "-_" else "-" for c in suite)
    return f"{stem}-{datetime.now(UTC):%Y%m%d-%H%M%S}.json"


def _unfinished() -> Path:
    """The result file of the newest journal in the default folder."""
    unfinished = OUTPUT_FOLDER.glob(f"*{journals.SUFFIX}")
    newest = max(unfinished, key=lambda path: path.stat().st_mtime, default=None)
    if newest is None:
        raise UsageError(f"--resume: no unfinished run in {OUTPUT_FOLDER}; name one with -o")
    return newest.with_name(newest.name.removesuffix(journals.SUFFIX))
