"""Who is fastest where, as the HTML page shows it: tables of fields, and a list of the rest."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..analysis.shading import STEPS
from ..markdown import one_line
from ..units import ratio
from .pictures.lettering import readable, without_device

# What is shown; the rest folds.
TABLES, LINES = 12, 16
# Of a table so many fields hold a shape, or it is a list.
FULL = 2 / 3
Json = dict[str, Any]


def heat(groups: Sequence[Json], colours: Mapping[str, str]) -> Json:
    """The groups of a file as tables over two sizes, and as a list where there is no such table.

    Args:
        groups: as ``data.of_file`` gives them.
        colours: the class of the colour of each backend.
    """
    titles = [group["title"].split(" · ") for group in groups]
    common = []
    if len(titles) > 1:
        common = [part for part in titles[0] if all(part in title for title in titles)]
    short = without_device(list(colours))
    tables, single = [], []
    for group, title in zip(groups, titles, strict=True):
        name = _title(part for part in title if part not in common)
        steps = sorted({field["seq_len"] for field in group["fields"]})
        batches = sorted({field["batch_size"] for field in group["fields"]})
        fields = {
            (f["seq_len"], f["batch_size"]): _field(f, colours, short) for f in group["fields"]
        }
        fields_in_all = len(steps) * len(batches)
        if min(len(steps), len(batches)) > 1 and len(fields) >= FULL * fields_in_all:
            rows = [(s, [fields.get((s, b)) for b in batches]) for s in steps]
            tables.append({"name": name, "batches": batches, "rows": rows, "group": group})
        else:
            single += [
                {"name": name, "seq_len": s, "batch_size": b, "field": field, "group": group}
                for (s, b), field in fields.items()
            ]
    return {
        "common": _title(common),
        "tables": _folded(tables, TABLES),
        "single": _folded(single, LINES),
    }


def _title(parts: Iterable[str]) -> str:
    """The parts in one line, which breaks between them only."""
    return " · ".join(one_line(part).replace(" ", "\N{NO-BREAK SPACE}") for part in parts)


def _folded(of: list[Json], shown: int) -> Json:
    return {"shown": of[:shown], "folded": of[shown:]}


def _field(field: Json, colours: Mapping[str, str], short: Mapping[str, str]) -> Json:
    """The winner, how far it is ahead, how dark that is, and a sentence that says all of it."""
    place = f"T {field['seq_len']}, B {field['batch_size']}"
    if field["fastest"] is None:
        sentence = f"{place}: no backend has a time"
        nothing = {"level": None, "margin": "", "short": "no time"}
        return {"id": field["id"], "sentence": sentence, **nothing}
    name = one_line(field["fastest"])
    found = {
        "id": field["id"],
        "short": readable(short[field["fastest"]]),
        "colour": colours[field["fastest"]],
        "sure": field["sure"],
    }
    if field["margin"] is None:
        return found | {"sentence": f"{place}: {name} alone has a time", "level": "", "margin": ""}
    value, low, high = field["margin"]
    level = max(sum(value >= step for step in STEPS), 1) if field["sure"] else 0
    sentence = (
        f"{place}: {name} is {ratio(value)} ahead of {one_line(field['second'])} "
        f"(95 % interval {ratio(low)} to {ratio(high)}{'' if field['sure'] else '; not sure'})"
    )
    return found | {"margin": ratio(value), "level": level, "sentence": sentence}
