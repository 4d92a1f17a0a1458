"""List what there is: suites, backends, cells, rows."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from ..errors import Exit, UsageError, unknown
from .options import AsJson, Suite, print_json

LISTS = ("suites", "backends", "cells", "rows")


def list_(
    what: Annotated[str, typer.Argument(help=f"{', '.join(LISTS)}.")] = "suites",
    suite: Suite = "quick",
    as_json: AsJson = False,
) -> Exit:
    """List suites, backends, cells and their parameters, or the rows of a suite."""
    if what not in LISTS:
        raise UsageError(unknown("list", what, LISTS))
    from ..backends.entries import BACKENDS
    from ..counts import counts
    from ..planning import catalogue
    from ..planning.suite import builtin_suites, load_suite
    from ..workload import CELL_NAMES

    entries: list[dict[str, Any]]
    if what == "suites":
        suites = builtin_suites().values()
        if not as_json:
            for declared in suites:
                print(declared.name, *catalogue.description(declared), sep="\n  ")
            return Exit.OK
        entries = [catalogue.facts(declared) for declared in suites]
    elif what == "backends":
        entries = [{"name": b.name, "description": b.summary} for b in BACKENDS.values()]
    elif what == "cells":
        listed = [counts(name) for name in CELL_NAMES]
        entries = [{**asdict(each), "description": each.description} for each in listed]
    else:
        entries = [
            {"name": workload.id, "source": rows.source}
            for rows in load_suite(suite).rows
            for workload in rows.workloads()
        ]
    if as_json:
        print_json(entries)
    else:
        width = max(len(each["name"]) for each in entries)
        for each in entries:
            about = each.get("description") or each.get("source") or ""
            print(f"{each['name']:<{width}}  {about}".rstrip())
    return Exit.OK
