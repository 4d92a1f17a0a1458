"""What the page says of one sequence at once and the best of many.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..analysis.batching import Batching, batchings, throughput
from ..analysis.summary import Group, Line
from ..analysis.tables import group_title
from ..markdown import escape, fold, table
from ..units import rate, ratio
from .fields import median


def section(lines: Sequence[Line]) -> Iterator[str]:
    """The whole section; nothing where no workload has times at several batch sizes."""
    found = batchings(lines)
    if not found:
        return
    yield "### One sequence at once, and the best of many"
    yield (
        "Latency is the time of a batch of one; throughput the most sequences a second over the "
        "batch sizes that were measured, and the batch size that reaches it. The best of each "
        "workload is bold."
    )
    head = ["workload", "steps", "backend", "latency", "best sequences/s", "at batch", "over B 1"]
    body = [_cells(each, name) for each in found for name in each.backends]
    yield fold(f"Every workload and backend ({len(body)})", table(head, body, left=(0, 2)))


def _cells(of: Batching, backend: str) -> list[str]:
    single, best = of.single(backend), of.best(backend)
    assert best is not None
    cells = [escape(group_title(Group(of.lines))), str(best.seq_len), escape(backend)]
    cells.append(_bold(median(single), single is of.quickest) if single else "")
    cells.append(_bold(rate(throughput(best)), best is of.most))
    cells.append(str(best.batch_size))
    cells.append(ratio(throughput(best) / throughput(single)) if single else "")
    return cells


def _bold(text: str, best: bool) -> str:
    return f"**{text}**" if best else text
