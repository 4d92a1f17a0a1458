"""Measure the field's claims: from the options of a person to a file, a page and a table."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit
from .options import AsJson, Quietly, Schema, check_json_output, print_json, show


def claims(
    quick: Annotated[
        bool, typer.Option("--quick", help="Reduced sizes, for CI: three minutes, not thirty.")
    ] = False,
    gpu: Annotated[
        list[Path] | None,
        typer.Option(help="A result file of a machine with a GPU; may be given again."),
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Write FILE.json, FILE.md and the folder FILE.")
    ] = Path("lstmbench-results/claims.json"),
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what was run already; run the rest.")
    ] = False,
    as_json: AsJson = False,
    quiet: Quietly = False,
    schema: Schema = False,
) -> Exit:
    """Test what is said about LSTMs: what was measured, and whether it holds."""
    from ..claims import session
    from ..claims.programme import programme
    from ..claims.records import ClaimsFile
    from ..claims.table import renderable
    from ..result import json_schema, read

    if schema:
        print_json(json_schema(ClaimsFile))
        return Exit.OK
    check_json_output(output)
    on_gpu = [read(path) for path in gpu or ()]
    session.begin(output, resume=resume)
    try:
        file, code = session.run(
            programme(quick=quick), output, on_gpu, quick=quick, quiet=quiet or as_json
        )
    except KeyboardInterrupt:
        again = ["lstmbench", "claims", *(["--quick"] if quick else []), "--resume"]
        for path in gpu or ():
            again += ["--gpu", str(path)]
        line = shlex.join([*again, "-o", str(output)])
        print(f"interrupted; go on with: {line}", file=sys.stderr)
        return Exit.INTERRUPTED
    show(file, renderable(file), as_json=as_json, quiet=quiet)
    return code
