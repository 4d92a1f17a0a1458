"""A curve as a few lines of text, on a logarithmic scale."""

from collections.abc import Sequence
from math import log10
from statistics import median

from ..sparkline import BLOCKS

WIDTH, HEIGHT = 60, 6


def chart(values: Sequence[float], *, width: int = WIDTH, height: int = HEIGHT) -> list[str]:
    """Lines of blocks, highest first; of many values, each column is the median of a few.

    >>> chart([100.0, 10.0, 1.0], width=3, height=2)
    ['█▁ ', '██▁']
    """
    each = -(-len(values) // width) or 1
    columns = [median(values[at : at + each]) for at in range(0, len(values), each)]
    logs = [log10(max(value, 1e-30)) for value in columns]
    low, span = min(logs, default=0.0), max(logs, default=0.0) - min(logs, default=0.0)
    full = height * len(BLOCKS)
    # At least one block, and none beyond the highest line.
    heights = [1 + round((each - low) / span * (full - 1)) if span else 1 for each in logs]
    return [
        "".join(_block(height - line * len(BLOCKS)) for height in heights)
        for line in reversed(range(height))
    ]


def _block(height: int) -> str:
    """What a column shows of itself in a line above whose foot it is so high."""
    return BLOCKS[min(height, len(BLOCKS)) - 1] if height > 0 else " "
