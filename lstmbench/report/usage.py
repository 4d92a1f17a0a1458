"""The section of the page for what each backend used: processors, threads and memory.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from ..machine.processors import SHORTEST, Use
from ..markdown import escape, table
from ..records import Row
from ..units import duration, size


def section(rows: Sequence[Row]) -> Iterator[str]:
    """The whole section; nothing where no row says what it used."""
    timed = [row for row in rows if row.time_s and (row.use or row.peak_memory_bytes)]
    if not timed:
        return
    yield "### Threads and memory"
    yield " ".join(_sentences(timed))
    found: dict[tuple[str, int], list[Row]] = {}
    for row in timed:
        found.setdefault((row.backend, row.threads), []).append(row)
    watched = any(row.use for row in timed)
    head = ["backend", "threads given"]
    head += ["processors used", "threads that worked", "on processors"] if watched else []
    head += ["memory of inference", "memory of training"]
    body = [
        [
            escape(backend),
            str(threads),
            *(_used([row.use for row in of if row.use]) if watched else ()),
            *_memory(of),
        ]
        for (backend, threads), of in found.items()
    ]
    yield table(head, body, left=(0, 4) if watched else (0,))


def _sentences(timed: Sequence[Row]) -> Iterator[str]:
    watched = sum(row.use is not None for row in timed)
    if watched:
        yield (
            "Threads were watched from inside each worker while a row was timed; the most of any "
            "row stands here. A row on the CPU that used more processors than it was given "
            "threads, or whose threads might run on others, has no time."
        )
    if 0 < watched < len(timed):
        yield (
            f"{len(timed) - watched} of {len(timed)} rows were over too soon to tell "
            f"(in {duration(SHORTEST)})."
        )
    yield (
        "Memory is the peak of the whole worker process, interpreter and framework included, while "
        "a row was timed: the least and the most of any row."
    )


def _used(uses: Sequence[Use]) -> tuple[str, str, str]:
    if not uses:
        return "", "", ""
    cpus = {cpu for use in uses for cpu in use.cpus or ()}
    processors = max(use.processors for use in uses)
    return f"{processors:.2f}", str(max(use.threads for use in uses)), _ranges(cpus)


def _ranges(numbers: Iterable[int]) -> str:
    """Whole numbers in ascending order, neighbours drawn together: ``0 to 3, 6``."""
    ascending = sorted(numbers)
    if not ascending:
        return ""
    begins = [ascending[0], *(b for a, b in pairwise(ascending) if b != a + 1)]
    ends = [*(a for a, b in pairwise(ascending) if b != a + 1), ascending[-1]]
    spans = zip(begins, ends, strict=True)
    return ", ".join(str(a) if a == b else f"{a} to {b}" for a, b in spans)


def _memory(rows: Sequence[Row]) -> Iterator[str]:
    """The least and the most of inference, and of training."""
    for mode in ("infer", "train"):
        peaks = [row.peak_memory_bytes for row in rows if row.workload.mode == mode]
        known = [peak for peak in peaks if peak]
        ends = dict.fromkeys((size(min(known)), size(max(known)))) if known else {}
        yield " to ".join(ends)
