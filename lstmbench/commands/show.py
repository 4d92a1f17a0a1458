"""Look at a result file again."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import Exit


def show(result: Annotated[Path, typer.Argument(help="A result file.")]) -> Exit:
    """Show a result file as a run ends: which backend to use, who wins where, how sure that is."""
    from ..result import read
    from ..screen import screen
    from ..terminal import console

    screen.show(console(), read(result), result)
    return Exit.OK
