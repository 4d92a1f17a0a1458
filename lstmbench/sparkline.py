"""A series as one line of text: a block for each value, a bar where a step is."""

from collections.abc import Sequence
from statistics import median

from .statistics.steps import Fit

BLOCKS = "▁▂▃▄▅▆▇█"
STEP, GAP = "│", "·"
# Columns of a chart at most; a longer series has several values in each.
WIDEST = 60


def sparkline(values: Sequence[float | None], fit: Fit) -> str:
    """Values and gaps in their order; the steps of the fit are counted without the gaps.

    The scale spans the levels and the noise around them: what lies far outside, such as one slow
    night, is drawn at its end and leaves room for the rest.
    """
    low, high = min(fit.levels) - 3 * fit.noise, max(fit.levels) + 3 * fit.noise
    each = -(-len(values) // WIDEST)
    marks, seen, columns = set(fit.steps), 0, []
    for first in range(0, len(values), each):
        column = [value for value in values[first : first + each] if value is not None]
        if not marks.isdisjoint(range(seen, seen + len(column))):
            columns.append(STEP)
        seen += len(column)
        columns.append(_block(median(column), low, high) if column else GAP)
    return "".join(columns)


def _block(value: float, low: float, high: float) -> str:
    share = (value - low) / (high - low)
    return BLOCKS[min(max(int(share * len(BLOCKS)), 0), len(BLOCKS) - 1)]
