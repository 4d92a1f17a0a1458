"""Look at the machine and the backends."""

from typing import Annotated

import typer

from ..errors import Exit
from .options import AsJson, print_json


def doctor(
    roofline: Annotated[
        bool,
        typer.Option("--roofline", help="Measure the peaks of arithmetic and of each memory."),
    ] = False,
    as_json: AsJson = False,
) -> Exit:
    """Look at the machine and the backends: what is there, what is doubtful, what is missing."""
    from .. import doctor as doctors
    from ..terminal import console

    seen = doctors.checkup(roofline=roofline)
    if as_json:
        print_json(seen.as_json())
    else:
        console().print(doctors.table(seen))
    return Exit.OK
