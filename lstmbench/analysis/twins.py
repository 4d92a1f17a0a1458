"""A/A: the same backend under two names.  What differs between their times is noise.

No number of a file says better what its other ratios are worth: everything is in it that differs
between two processes of the same code on this machine at this time, and nothing else.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..labels import first_of_kinds, kind_of
from ..records import Row
from ..statistics.order import geometric_mean
from ..units import percent, ratio
from .summary import NOISE, Line, Speedup

# The share of rows that may be further apart than what is said of all.
OUTLIERS = 0.05


@dataclass(frozen=True)
class Twins:
    """A row on two backends of one kind; ``ratio`` is time of the second / time of the first."""

    first: Row
    second: Row
    ratio: Speedup

    @property
    def is_within_noise(self) -> bool:
        return abs(self.ratio.value - 1) <= NOISE

    @property
    def interval_holds_one(self) -> bool:
        return self.ratio.low <= 1 <= self.ratio.high


def twins_of(lines: Iterable[Line]) -> list[Twins]:
    """Every backend of a line that is not the first of its kind, beside the first."""
    found = []
    for line in lines:
        timed = line.timed()
        firsts = first_of_kinds(timed)
        for name in timed:
            first = firsts[kind_of(name)]
            if name != first and (between := line.speedup(first, name)) is not None:
                found.append(Twins(line.rows[first], line.rows[name], between))
    return found


def resolution(twins: Sequence[Twins]) -> float:
    """How near to 1 a ratio is no difference: 19 in 20 rows of twins are nearer."""
    nearest = sorted(each.ratio.distance for each in twins)
    return nearest[len(nearest) - 1 - int(OUTLIERS * len(nearest))]


def sentences(twins: Sequence[Twins]) -> Iterator[str]:
    """What each pair of names shows, and what that means for every other ratio of the file."""
    pairs: dict[tuple[str, str], list[Twins]] = {}
    for each in twins:
        pairs.setdefault((each.first.backend, each.second.backend), []).append(each)
    for (first, second), of in pairs.items():
        ratios = [each.ratio.value for each in of]
        near = sum(each.is_within_noise for each in of)
        holding = sum(each.interval_holds_one for each in of)
        yield (
            f"{second} / {first}: {ratio(geometric_mean(ratios))} in the geometric mean, "
            f"{ratio(min(ratios))} to {ratio(max(ratios))}; within ± {100 * NOISE:.0f} % in "
            f"{near} of {len(of)} rows ({percent(near / len(of))}); the interval of the ratio "
            f"holds 1 in {holding}."
        )
    if twins:
        rows = "19 in 20 rows" if int(OUTLIERS * len(twins)) else "every row"
        yield (
            f"In {rows} the times of the same code are at most {ratio(resolution(twins))} each "
            "other: a ratio of two backends that is nearer to 1 than that is no difference that "
            "this file can tell."
        )
