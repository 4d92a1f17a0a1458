"""What the gate's test of itself found, as a table and a sentence: in a terminal, on a page."""

from ..markdown import table
from ..units import percent
from .selftest import SelfTestFile, Tries, least_found

HEADS = (
    "head is slower by",
    "runs",
    "rows",
    "found",
    "undecided",
    "rate",
    "95 % interval",
    "runs stopped",
)


def page(found: SelfTestFile) -> str:
    """Markdown."""
    return f"{tries_table(found)}\n\n{sentence(found)}.\n"


def tries_table(found: SelfTestFile) -> str:
    """Markdown: a line for each slowdown."""
    return table(HEADS, body(found))


def body(found: SelfTestFile) -> list[list[str]]:
    """A line of cells for each slowdown, the least first, in the order of ``HEADS``."""
    return [_cells(each) for each in sorted(found.tries, key=lambda each: each.share)]


def _cells(each: Tries) -> list[str]:
    low, high = each.interval
    return [
        f"{100 * each.share:g} %",
        str(each.runs),
        str(each.rows),
        str(each.found),
        str(each.undecided),
        percent(each.rate),
        f"{percent(low)} to {percent(high)}",
        str(each.stopped),
    ]


def sentence(found: SelfTestFile) -> str:
    """What the rates are, and the least slowdown that is surely found."""
    least = least_found(found.tries)
    told = (
        f"the least slowdown that is found nine times in ten is {100 * least:g} %"
        if least
        else "no slowdown that was tried is found nine times in ten"
    )
    return f"found, where nothing is slower, are false alarms; {told}"
