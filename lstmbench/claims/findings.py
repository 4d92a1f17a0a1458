"""Findings from files, and when a network counts as one that learns."""

from collections.abc import Iterable, Sequence
from statistics import median

from ..analysis.summary import Speedup
from ..learning.records import Group
from .records import Finding, Unit

# A network learns a task that it solves with so many of its seeds: four of five.
LEARNS = 0.8


def learns(group: Group) -> bool:
    """Whether most of its seeds reach the target."""
    return (group.success_rate or 0.0) >= LEARNS


def fails(group: Group) -> bool:
    """Whether no seed reaches it."""
    return group.solved == 0


def percent(share: float) -> str:
    """A share in whole percent.

    >>> percent(0.8)
    '80 %'
    """
    return f"{100 * share:.0f} %"


def named(task: str, lag: int | None) -> str:
    """A task, and its lag where it was given."""
    return task if lag is None else f"{task} at lag {lag}"


def success(group: Group, where: str) -> Finding:
    """How many of its seeds reach the target."""
    low, high = group.success_ci95 or (None, None)
    return Finding(
        what=f"{group.cell}, {where}: seeds that solve it",
        value=group.success_rate,
        unit="share",
        low=low,
        high=high,
        interval=f"{group.solved} of {group.trials}; 95 %, Clopper and Pearson",
    )


def seconds(group: Group, where: str) -> Finding:
    """Its time to the target, an unsolved trial later than any."""
    what = f"{group.cell}, {where}: time to target"
    of = f"of {group.solved} solved"
    return _median(what, group.seconds_median, group.seconds_range, "s", of)


def score(group: Group, where: str, metric: str) -> Finding:
    """Its score when training ended."""
    what = f"{group.cell}, {where}: {metric} at the end"
    of = f"over seeds: {group.trials}"
    return _median(what, group.final_score_median, group.final_score_range, "score", of)


def over_seeds(what: str, values: Sequence[float], unit: Unit) -> Finding:
    """The median of one number of each seed, and the ends."""
    ends = min(values), max(values)
    return _median(what, median(values), ends, unit, f"over seeds: {len(values)}")


def _median(
    what: str, middle: float | None, ends: tuple[float, float] | None, unit: Unit, of: str
) -> Finding:
    low, high = ends or (None, None)
    interval = f"median; least to most {of}"
    return Finding(what=what, value=middle, unit=unit, low=low, high=high, interval=interval)


def ratio(what: str, found: Speedup) -> Finding:
    """A ratio of two times."""
    return Finding(
        what=what,
        value=found.value,
        unit="ratio",
        low=found.low,
        high=found.high,
        interval="of medians, and what their 95 % intervals allow",
    )


def listed(names: Iterable[str]) -> str:
    """Several things in words: one, two and three.

    >>> listed(["lstm", "gru", "rnn-tanh"])
    'lstm, gru and rnn-tanh'
    """
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
