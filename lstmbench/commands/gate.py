"""Guard: two builds on this machine, and whether the second is slower."""

import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit, UsageError, unknown
from .options import AsJson, Backends, Quietly, Suite, Threads, counts, names, print_json

# What is to end with an exit code other than 0, and which codes do not, then.
FORGIVEN = {
    "inconclusive": (),
    "regression": (Exit.INCONCLUSIVE,),
    "never": (Exit.INCONCLUSIVE, Exit.REGRESSION),
}


def gate(
    base: Annotated[
        str | None,
        typer.Option(help="A git revision, a folder with kernels, or an environment."),
    ] = None,
    head: Annotated[
        str | None, typer.Option(help="The same; default: the working tree as it is.")
    ] = None,
    suite: Suite = "ci",
    backend: Backends = None,
    threads: Threads = None,
    margin: Annotated[
        float, typer.Option(help="The change that is allowed, as a fraction.")
    ] = 0.02,
    budget: Annotated[float, typer.Option(help="Seconds that all of it may take.")] = 600.0,
    blocks: Annotated[
        str, typer.Option(help="Blocks of four processes: screening,confirmation.")
    ] = "6,16",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The verdict file (.json) to write.")
    ] = None,
    comment: Annotated[
        Path | None, typer.Option(help="A Markdown comment for a pull request to write.")
    ] = None,
    fail_on: Annotated[str, typer.Option(help=f"{', '.join(FORGIVEN)}.")] = "inconclusive",
    self_test: Annotated[
        bool,
        typer.Option("--self-test", help="Judge base against itself, and slowed down on purpose."),
    ] = False,
    read: Annotated[
        Path | None,
        typer.Option(help="Judge nothing: render this verdict file, a stranger's even."),
    ] = None,
    runs: Annotated[
        str, typer.Option(help="Of --self-test: how many with which slowdown, as a fraction.")
    ] = "0:9,0.03:3,0.05:3,0.1:3",
    schema: Annotated[
        bool,
        typer.Option("--schema", help="Print the JSON Schema of a verdict file."),
    ] = False,
    as_json: AsJson = False,
    quiet: Quietly = False,
) -> Exit:
    """Stop a change that makes something slower: base against head, block by block.

    Ends with 1 where a row is slower by more than is allowed, 3 where that cannot be told,
    4 where a row is missing, 5 where one is wrong.  With --read it ends with 0 whatever the
    verdict was, and the comment goes to standard output unless --comment names a file.
    """
    if schema:
        from ..gate.records import GateFile
        from ..gate.selftest import SelfTestFile
        from ..result import json_schema

        print_json(json_schema(SelfTestFile if self_test else GateFile))
        return Exit.OK
    if read is not None:
        given = (base, head, backend, threads, output)
        if self_test or any(each is not None for each in given):
            raise UsageError("--read: expected nothing else but --comment, as nothing is judged")
        return _render(read, comment)
    from ..gate import selftest, selftest_page, session, sides, view
    from ..gate.judgement import Rule
    from ..gate.policy import Policy
    from ..machine.environment import usable_cpus
    from ..planning.plan import make_plan
    from ..planning.suite import load_suite
    from ..result import write_atomically
    from ..running.run import require

    if fail_on not in FORGIVEN:
        raise UsageError(unknown("--fail-on", fail_on, FORGIVEN))
    for name, value in {"margin": margin, "budget": budget}.items():
        if not 0 < value < float("inf"):
            raise UsageError(f"--{name}: expected a number above 0, got {value:g}")
    tried = _runs(runs)
    declared = load_suite(suite)
    plan = make_plan(
        declared,
        overrides={},
        backends=names(backend),
        baseline=None,
        threads=counts(threads),
        cores=len(usable_cpus()),
    )
    require(plan.model_copy(update={"required": True}))
    policy = Policy(
        rule=Rule(**_blocks(blocks)), margin=margin, margins=declared.margins(), budget=budget
    )
    with sides.make_sides(base, head) as both, session.workers() as make_worker:
        watcher = view.observer(quiet=quiet)
        if self_test:

            def keep(so_far: selftest.SelfTestFile) -> None:
                view.told(so_far.runs[-1])
                if output is not None:
                    write_atomically(output, so_far.as_file())

            found = selftest.run_self_test(
                both,
                tried,
                lambda each: session.gate(plan, policy, each, make_worker, watcher),
                keep,
            )
            if comment is not None:
                write_atomically(comment, selftest_page.page(found))
            view.show_tries(found, as_json=as_json)
            return Exit.OK
        result = session.gate(plan, policy, both, make_worker, watcher)
    code = session.publish(result, session.Outputs(output, comment))
    view.show(result, as_json=as_json, quiet=quiet)
    return softened(code, fail_on)


def softened(code: Exit, fail_on: str) -> Exit:
    """The exit code of a person who wants fewer verdicts to stop a job.

    A wrong result and a missing row always do.
    """
    return Exit.OK if code in FORGIVEN[fail_on] else code


def _runs(text: str) -> dict[float, int]:
    """How many runs with which slowdown: ``0:9,0.05:3``."""
    found = {}
    for piece in text.split(","):
        match = re.fullmatch(r"\s*(0|0?\.\d+)\s*:\s*(\d{1,3})\s*", piece)
        if not match or not int(match[2]):
            raise UsageError(
                f"--runs: expected slowdowns below 1 and how many runs, such as 0:9,0.05:3, "
                f"got {text!r}"
            )
        found[float(match[1])] = int(match[2])
    return found


def _render(file: Path, page: Path | None) -> Exit:
    """Write the comment of a verdict file; nothing of the file goes anywhere else."""
    from ..gate.comment import comment
    from ..gate.reading import read
    from ..result import write_atomically

    text = comment(read(file))
    if page is None:
        sys.stdout.write(text)
    else:
        write_atomically(page, text)
    return Exit.OK


def _blocks(text: str) -> dict[str, int]:
    """Numbers of blocks of each stage: ``6,16``."""
    pieces = text.split(",")
    if len(pieces) != 2 or not all(piece.strip().isdecimal() for piece in pieces):
        raise UsageError(f"--blocks: expected two numbers such as 6,16, got {text!r}")
    screening, confirmation = (int(piece) for piece in pieces)
    if not 1 <= screening <= 1000 or not 1 <= confirmation <= 1000:
        raise UsageError(f"--blocks: expected 1 to 1000 of each, got {text!r}")
    return {"screening": screening, "confirmation": confirmation}
