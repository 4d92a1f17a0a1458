"""What measured rows say of a break-even question: a verdict a size, an answer a workload."""

from collections.abc import Iterable, Sequence

from ..breakeven import Answer, BreakEven, Verdict, conclude
from ..records import Row
from ..workload import combination
from .summary import Line, lines_of


def verdict(line: Line, question: BreakEven) -> Verdict:
    """What the interval of the ratio says; without two times nothing can be told."""
    speedup = line.speedup(question.backend, question.against)
    if speedup is None or speedup.low <= 1 <= speedup.high:
        return Verdict.UNSURE
    return Verdict.FASTER if speedup.low > 1 else Verdict.SLOWER


def series(rows: Iterable[Row], question: BreakEven) -> list[list[Line]]:
    """The lines of each workload and number of threads along the axis, smallest size first."""
    found: dict[object, list[Line]] = {}
    for line in lines_of(rows):
        key = (combination(line.workload, question.along), line.threads)
        found.setdefault(key, []).append(line)
    return [sorted(lines, key=lambda line: size(line, question)) for lines in found.values()]


def size(line: Line, question: BreakEven) -> int:
    """The size of a line on the axis."""
    return int(getattr(line.workload, question.along))


def answer(lines: Sequence[Line], question: BreakEven) -> Answer:
    """What is known of one workload."""
    verdicts = {size(line, question): verdict(line, question) for line in lines}
    outcome, until, since = conclude(verdicts)
    lowest = lines[0]
    return Answer(
        id=lowest.workload.id,
        data=lowest.workload.data,
        lengths=lowest.workload.lengths,
        threads=lowest.threads,
        at_low=verdict(lowest, question).value,
        at_high=verdict(lines[-1], question).value,
        outcome=outcome,
        until=until,
        since=since,
        sizes=tuple(verdicts),
    )
