"""The answers to a break-even question, in the page and on a terminal.

Everything that comes out of a file is escaped in the page: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis.crossing import answer, series
from ..analysis.summary import Group, Line
from ..analysis.tables import group_title
from ..breakeven import RESOLUTION, Answer, BreakEven
from ..markdown import escape
from ..records import Result
from ..units import percent

AXIS_WORDS = {"batch_size": "batch size", "seq_len": "sequence length"}


def section(result: Result) -> Iterator[str]:
    """The whole section; nothing in the page of any other run."""
    if result.break_even is None:
        return
    title, *lines, method = sentences(result)
    yield f"### {escape(title)}"
    yield "\n".join(f"- {escape(line)}." for line in lines)
    yield escape(method)


def sentences(result: Result) -> Iterator[str]:
    """A title, a line for each workload, and what the answers mean."""
    question = result.break_even
    if question is None:
        return
    yield f"From which {AXIS_WORDS[question.along]} on {question.backend} beats {question.against}"
    for lines in series(result.rows, question):
        yield f"{_title(lines, question)}: {_known(answer(lines, question), question)}"
    yield (
        "Surely: the 95 % interval of the ratio of the two times leaves out 1. One crossing at "
        "most is assumed between sizes that were measured; the search ends where those beside it "
        f"are {percent(RESOLUTION - 1)} apart."
    )


def _title(lines: Sequence[Line], question: BreakEven) -> str:
    """Everything that holds for the workload at every size."""
    w = lines[0].workload
    other = f"T {w.seq_len}" if question.along == "batch_size" else f"B {w.batch_size}"
    return f"{group_title(Group(tuple(lines)))} · {other}"


def _known(what: Answer, question: BreakEven) -> str:
    """An answer in words."""
    axis = AXIS_WORDS[question.along]
    backend, span = question.backend, f"{what.sizes[0]} to {what.sizes[-1]}"
    match what.outcome:
        case "faster":
            return f"{backend} is faster everywhere, at {axis} {span}"
        case "slower":
            return f"{backend} is never faster, at {axis} {span}"
        case "several":
            return f"they cross more than once, at {axis} {span}"
        case "crosses":
            first, last = question.against, backend
        case "reverses":
            first, last = backend, question.against
        case "unsure":
            names = {"faster": backend, "slower": question.against}
            first, last = names.get(what.at_low, ""), names.get(what.at_high, "")
    parts = []
    if what.until is not None:
        parts.append(f"{first} is surely faster up to {axis} {what.until}")
    if what.since is not None:
        parts.append(f"{last} is surely faster from {axis} {what.since} on")
    if what.outcome == "unsure":
        elsewhere = "elsewhere " if parts else ""
        parts.append(f"{elsewhere}at {axis} {span} it cannot be told")
    return ", ".join(parts)
