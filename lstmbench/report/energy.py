"""What the page says of energy: a field a row where any row has one, else why none has.

Everything that comes out of a file is escaped, as the page escapes: it may be a stranger's.
"""

from collections.abc import Callable, Iterator, Sequence

from ..markdown import escape as in_markdown
from ..records import Row
from ..units import energy

HEAD = "energy / sequence"


def is_known(rows: Sequence[Row]) -> bool:
    """Whether any row has an energy."""
    return any(row.energy is not None for row in rows)


def field(row: Row) -> str:
    """The energy of one sequence; empty where it is unknown."""
    return energy(row.energy.joules_per_sequence) if row.energy else ""


def items(rows: Sequence[Row], escape: Callable[[str], str] = in_markdown) -> Iterator[str]:
    """What was counted and by what, and why there is no energy where there is none."""
    sources = dict.fromkeys(row.energy.source for row in rows if row.energy)
    reasons = dict.fromkeys(row.energy_reason for row in rows if row.energy_reason)
    if sources:
        yield (
            f"Energy is what {escape('; '.join(sources))} counted from the first sample of a row "
            "to the last, per sequence: of the whole packages or the whole GPU, with what they "
            "draw when idle and what other processes make them do."
        )
    for reason in reasons:
        yield f"Energy: not measured{' in some rows' if sources else ''}: {escape(reason)}."
