"""List what there is: suites, backends, cells, rows."""

from typing import Annotated

import typer

from ..errors import Exit, UsageError, unknown
from .options import AsJson, Suite, print_json

LISTS = ("suites", "backends", "cells", "rows")


def list_(
    what: Annotated[str, typer.Argument(help=f"{', '.join(LISTS)}.")] = "suites",
    suite: Suite = "quick",
    as_json: AsJson = False,
) -> Exit:
    """List suites, backends, cells, or the rows of a suite."""
    if what not in LISTS:
        raise UsageError(unknown("list", what, LISTS))
    from ..backends.registry import BACKENDS
    from ..suite import builtin_suites, load_suite
    from ..workload import CELL_NAMES

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
        print_json(entries)
    else:
        width = max(len(each["name"]) for each in entries)
        for each in entries:
            print(f"{each['name']:<{width}}  {each.get('description', '')}".rstrip())
    return Exit.OK
