"""How near each backend comes to what the machine allows.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from ..analysis.tables import MODE_WORDS
from ..markdown import escape, table
from ..records import Roof, Row
from ..units import percent, rate
from .fields import place


def section(rows: Sequence[Row], roofs: Sequence[Roof]) -> Iterator[str]:
    """The whole section; nothing where no row knows its bound."""
    found: dict[tuple[str, str], list[tuple[float, Row]]] = {}
    for row in rows:
        if row.time_s is not None and row.fraction_of_peak:
            found.setdefault((row.mode, row.backend), []).append((row.fraction_of_peak, row))
    if not found:
        return
    yield "### Distance to the roofline"
    yield (
        "The least time that the roofline of this machine allows / the median time: at 100 % a "
        "call takes no longer than its arithmetic, or its data from a cache or from memory, must."
    )
    yield "\n".join(f"- {_roof(each)}." for each in roofs)
    head = ["mode", "backend", "middle", "nearest", "furthest", "rows", "bounds"]
    body = [_cells(mode, backend, of) for (mode, backend), of in found.items()]
    yield table(head, body, left=(0, 1, 6))


def _cells(mode: str, backend: str, of: Sequence[tuple[float, Row]]) -> list[str]:
    fractions = [fraction for fraction, _ in of]
    bounds = Counter(row.bound or "unknown" for _, row in of)
    return [
        MODE_WORDS[mode],
        escape(backend),
        percent(median(fractions)),
        _at(max(of, key=lambda pair: pair[0])),
        _at(min(of, key=lambda pair: pair[0])),
        str(len(of)),
        ", ".join(f"{escape(bound)} {count}" for bound, count in bounds.most_common(4)),
    ]


def _at(pair: tuple[float, Row]) -> str:
    fraction, row = pair
    return f"{percent(fraction)} at {place(row.workload)}"


def _roof(roof: Roof) -> str:
    threads = f"{roof.threads} thread{'s' if roof.threads > 1 else ''}"
    parts = [f"{rate(n, 'FLOP/s')} in {escape(name)}" for name, n in roof.flops_per_s.items()]
    parts += [f"{rate(n, 'B/s')} from {escape(name)}" for name, n in roof.bytes_per_s.items()]
    return f"{threads}: {', '.join(parts)}"
