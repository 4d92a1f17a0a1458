"""Result files of many nights, whose times are told."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from conftest import a_header, a_machine, as_result
from rich.console import Console

from lstmbench.history import table as history_table
from lstmbench.machine.environment import fingerprint

BEGIN = datetime(2026, 1, 1, 3, tzinfo=UTC)
# What nights differ by where nothing happens: 1 % or so, the same in every test.
WOBBLE = (1.0, 1.006, 0.994, 1.011, 0.997, 1.002, 0.989, 1.004)


def environment(software=None, **machine):
    """The environment of a header, with other software or on another machine."""
    found = a_header().environment
    return found.model_copy(
        update={
            "machine": a_machine(**machine),
            "software": {**found.software, **(software or {})},
        }
    )


def night(number, *rows, software=None, machine=None, **header):
    """The content of the file of one night."""
    around = environment(software, **(machine or {}))
    created = (BEGIN + timedelta(days=number)).isoformat()
    fields = {
        "created": created,
        "environment": around,
        "fingerprint": fingerprint(around.machine),
    }
    return as_result(rows, **{**fields, **header})


def times(*levels, each=12):
    """Medians that wobble around one level after the other."""
    return [
        level * 0.001 * WOBBLE[(index * 3 + number) % len(WOBBLE)]
        for number, level in enumerate(levels)
        for index in range(each)
    ]


def written(results, name="nightly"):
    """The files of some nights in a folder of the working directory."""
    path = Path(name)
    path.mkdir(exist_ok=True)
    for number, result in enumerate(results):
        text = result.model_dump_json(by_alias=True)
        (path / f"{number:03}.json").write_text(text, encoding="utf-8")
    return path


def shown(history, *, every=False):
    """What a terminal shows."""
    console = Console(width=200)
    with console.capture() as seen:
        console.print(history_table.renderable(history, every=every), soft_wrap=True)
    return seen.get()
