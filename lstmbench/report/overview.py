"""Several result files at a glance: what each says, and how their machines compare.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis.choice import Choice, choices
from ..analysis.summary import Line, backends_of
from ..analysis.tables import MODE_WORDS
from ..markdown import escape, table
from ..records import Result
from ..statistics.order import geometric_mean
from ..units import ratio
from ..workload import Workload
from .method import threads


def title(result: Result) -> str:
    """The machine and the day of a file."""
    return f"{escape(result.environment.machine.cpu_model)}, {escape(result.created[:10])}"


def scope(result: Result, lines: Sequence[Line]) -> str:
    """What was measured, in one line."""
    if not lines:
        return f"Suite {escape(result.suite)}."
    backends = backends_of(row for line in lines for row in line.rows.values())
    dtypes = escape(", ".join(sorted({row.dtype for row in result.rows})))
    timed = sum(row.time_s is not None for row in result.rows)
    workloads = f"{len(lines)} workload{'' if len(lines) == 1 else 's'}"
    machine = result.environment.machine
    return (
        f"{workloads} on {', '.join(map(escape, backends))}: {timed} of {len(result.rows)} rows "
        f"have a time. {dtypes}; {threads(result.rows)} on {machine.physical_cores} cores; "
        f"suite {escape(result.suite)}."
    )


def overview(files: Sequence[tuple[Result, Sequence[Line]]]) -> Iterator[str]:
    """A line for each file, and a table of machines where several measured the same work."""
    modes = [
        mode
        for mode in MODE_WORDS
        if any(line.workload.mode == mode for _, lines in files for line in lines)
    ]
    body = []
    for number, (result, lines) in enumerate(files, start=1):
        found = {each.mode: each for each in choices(lines, result.baseline)}
        machine = escape(result.environment.machine.cpu_model)
        cells = [_cell(found.get(mode), result.baseline) for mode in modes]
        body.append([str(number), machine, _moment(result), escape(result.suite), *cells])
    head = ["file", "machine", "measured", "suite", *(MODE_WORDS[mode] for mode in modes)]
    yield table(head, body, left=range(1, len(head)))
    yield from _machines(files)


def _moment(result: Result) -> str:
    """The day and the minute, in UTC."""
    return escape(result.created[:16].replace("T", " "))


def _cell(choice: Choice | None, baseline: str) -> str:
    if choice is None:
        return "nothing to compare"
    over = f" {ratio(choice.over.speedup)} {escape(baseline)}," if choice.over else ""
    wins = f"fastest in {len(choice.won)} of {len(choice.contests)}"
    return f"**{escape(choice.backend)}**{over} {wins}"


def _machines(files: Sequence[tuple[Result, Sequence[Line]]]) -> Iterator[str]:
    """How fast the fastest backend of each machine is at the work that all have measured."""
    best: dict[str, dict[Workload, float]] = {}
    names: dict[str, str] = {}
    for result, lines in files:
        names.setdefault(result.fingerprint, result.environment.machine.cpu_model)
        times = best.setdefault(result.fingerprint, {})
        for line in lines:
            for seconds in line.timed().values():
                times[line.workload] = min(seconds, times.get(line.workload, seconds))
    if len(best) < 2:
        return
    first, *others = best
    shared = [work for work in best[first] if all(work in best[other] for other in others)]
    body = []
    for mode in dict.fromkeys(work.mode for work in shared):
        of = [work for work in shared if work.mode == mode]
        for machine in others:
            ratios = [best[first][work] / best[machine][work] for work in of]
            cells = [ratio(geometric_mean(ratios)), ratio(min(ratios)), ratio(max(ratios))]
            name = f"{escape(names[machine])} ({escape(machine)})"
            body.append([MODE_WORDS[mode], name, *cells, str(len(of))])
    if body:
        base = f"{escape(names[first])} ({escape(first)})"
        yield (
            f"The fastest backend of each machine, with any number of threads, over that of {base}:"
        )
        yield table(["mode", "machine", "typically", "worst", "best", "rows"], body, left=(0, 1))
