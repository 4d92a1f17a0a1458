"""The section of the page for sequences of unequal lengths.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis.padding import Padded, padded_of
from ..analysis.summary import Line
from ..markdown import escape, table
from ..statistics.order import geometric_mean
from ..units import percent, ratio
from .fields import median, row_name


def section(lines: Sequence[Line]) -> Iterator[str]:
    """The whole section; nothing where no ragged row has a time."""
    padded = padded_of(lines)
    if not padded:
        return
    yield "### What padding costs"
    yield (
        "Sequences of unequal lengths are padded to one length; valid is the share of the padded "
        "batch that is not padding. Cost = time for a valid step / that of the full batch of the "
        "same sizes: 1.00× where padding costs nothing; where it is computed like the rest, "
        "1 / valid."
    )
    items = [_sentence(name, padded) for name in dict.fromkeys(p.ragged.backend for p in padded)]
    yield "\n".join(f"- {item}" for item in items)
    head = ["row", "threads", "backend", "valid", "median", "of full", "/ full", "cost"]
    yield table(head, [_cells(each) for each in padded], left=(0, 2))


def _sentence(name: str, padded: Sequence[Padded]) -> str:
    """What a backend's padding costs over all rows."""
    costs = [p.cost for p in padded if p.ragged.backend == name and p.cost is not None]
    if not costs:
        return f"{escape(name)}: no row of full sequences to compare with."
    mean = ratio(geometric_mean(costs))
    rows = f"{len(costs)} row{'s' if len(costs) > 1 else ''}"
    extremes = f"{ratio(min(costs))} to {ratio(max(costs))}"
    return f"{escape(name)}: **{mean}** (geometric mean of {rows}; {extremes})."


def _cells(each: Padded) -> list[str]:
    share = each.share
    return [
        row_name(each.ragged),
        str(each.ragged.threads),
        escape(each.ragged.backend),
        percent(each.valid),
        median(each.ragged),
        median(each.full) if each.full else "",
        f"{share.value:.2f} ({share.low:.2f} to {share.high:.2f})" if share else "",
        ratio(each.cost) if each.cost else "",
    ]
