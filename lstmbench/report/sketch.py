"""The samples of a row in a few characters, as the HTML page reads them.

A sketch is at most ``STATISTICS`` order statistics, two characters of base64 each: where it lies
between the shortest and the longest, in 4095ths.
"""

from collections.abc import Sequence
from functools import cache
from itertools import product

from ..units import Seconds

STATISTICS = 40
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_PLACES = tuple(map("".join, product(_DIGITS, repeat=2)))


def sketch(samples: Sequence[Seconds]) -> str:
    """The order statistics of samples, the shortest first; empty where there are none."""
    if not samples:
        return ""
    ascending = sorted(samples)
    least, most = ascending[0], ascending[-1]
    steps = (len(_PLACES) - 1) / (most - least) if most > least else 0.0
    return "".join(
        [_PLACES[round((ascending[rank] - least) * steps)] for rank in _ranks(len(ascending))]
    )


@cache
def _ranks(count: int) -> tuple[int, ...]:
    """Which of so many samples are told: the first, the last, and evenly spaced ones between."""
    told = min(count, STATISTICS)
    return tuple(round(number * (count - 1) / max(told - 1, 1)) for number in range(told))
