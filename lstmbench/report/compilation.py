"""What compiling takes: once, outside of every sample, and felt by whoever starts a process.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence

from ..markdown import escape, table
from ..records import Row
from ..units import duration
from .fields import place


def section(rows: Sequence[Row]) -> Iterator[str]:
    """The whole section; nothing where nothing was compiled."""
    found: dict[str, list[tuple[float, Row]]] = {}
    for row in rows:
        if row.compile_s:
            found.setdefault(row.backend, []).append((row.compile_s, row))
    if not found:
        return
    yield "### Compile time"
    yield (
        "Compilation is in no sample. A row compiles what no row before it in its process and no "
        "cache on disk had, so these times are of this run and not of every run."
    )
    body = []
    for backend, of in found.items():
        longest, row = max(of, key=lambda pair: pair[0])
        total = sum(seconds for seconds, _ in of)
        at = f"{duration(longest)} at {place(row.workload)}"
        body.append([escape(backend), str(len(of)), duration(total), at])
    head = ["backend", "rows that compiled", "all together", "the longest"]
    yield table(head, body, left=(0, 3))
