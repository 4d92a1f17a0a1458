"""The section of the page for single calls: the percentiles of rows of one sequence.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..markdown import escape, fold, table
from ..records import Row
from ..timing.latency import MAX_CALLS, SHARE, Latency, needed
from ..units import Seconds, duration
from .fields import row_name


def section(rows: Sequence[Row]) -> Iterator[str]:
    """The whole section; nothing where no row of one sequence was called one by one."""
    found = [(row, row.latency) for row in rows if row.latency and row.workload.batch_size == 1]
    if not found:
        return
    clock = max(latency.clock_s for _, latency in found)
    yield "### Latency of single calls"
    yield (
        f"Inference of one sequence, call by call, {MAX_CALLS} times or for {100 * SHARE:.0f} % of "
        "the budget on top of it; a time is too long by one reading of the clock "
        f"({duration(clock)}). A percentile is told where there are calls enough for a "
        f"distribution-free 95 % upper bound of it: {needed(50)} for p50, {needed(90)} for p90, "
        f"{needed(99)} for p99{_of_processes(rows)}. The others need a larger --budget."
    )
    head = ["row", "threads", "backend", "calls", "p50", "p90", "p99", "p99 / p50"]
    body = [
        [
            row_name(row),
            str(row.threads),
            escape(row.backend),
            str(latency.calls),
            _told(latency.p50, 50),
            _told(latency.p90, 90),
            _told(latency.p99, 99),
            _tail(latency),
        ]
        for row, latency in found
    ]
    yield fold(f"Every row of one sequence ({len(body)})", table(head, body, left=(0, 2)))


def _of_processes(rows: Sequence[Row]) -> str:
    many = any(row.processes_s for row in rows)
    return ", in every process; of several processes it is the median of theirs" if many else ""


def _told(seconds: Seconds | None, percent: int) -> str:
    return f"needs {needed(percent)} calls" if seconds is None else duration(seconds)


def _tail(latency: Latency) -> str:
    return f"{latency.p99 / latency.p50:.2f}×" if latency.p99 and latency.p50 else ""
