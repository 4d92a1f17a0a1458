"""Set two result files side by side."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit
from .options import AsJson, print_json


def compare(
    base: Annotated[Path, typer.Argument(help="The result file from before.")],
    head: Annotated[Path, typer.Argument(help="The result file from after.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write a Markdown page too.")
    ] = None,
    as_json: AsJson = False,
) -> Exit:
    """Set two result files side by side: every ratio, and what else differs.

    Judges nothing: it ends well whatever the ratios are.
    """
    from ..comparison import compare as comparing
    from ..comparison import page as compare_page
    from ..comparison import table as compare_table
    from ..result import read, write_atomically
    from ..terminal import console

    comparison = comparing.compare(read(base), read(head))
    if output is not None:
        write_atomically(output, compare_page.page(comparison))
    if as_json:
        print_json(comparing.as_json(comparison))
    else:
        console().print(compare_table.renderable(comparison))
    return Exit.OK
