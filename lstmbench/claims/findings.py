"""Findings from files, and when a network counts as one that learns."""

from collections.abc import Iterable, Sequence
from statistics import median

from ..learning.records import Group
from ..summary import Speedup
from .records import Finding

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
    low, high = group.seconds_range or (None, None)
    return Finding(
        what=f"{group.cell}, {where}: time to target",
        value=group.seconds_median,
        unit="s",
        low=low,
        high=high,
        interval=f"median; least to most of {group.solved} solved",
    )


def score(group: Group, where: str, metric: str) -> Finding:
    """Its score when training ended."""
    low, high = group.final_score_range or (None, None)
    return Finding(
        what=f"{group.cell}, {where}: {metric} at the end",
        value=group.final_score_median,
        unit="score",
        low=low,
        high=high,
        interval=f"median; least to most over seeds: {group.trials}",
    )


def over_seeds(what: str, values: Sequence[float], unit: str) -> Finding:
    """The median of one number of each seed, and the ends."""
    return Finding.model_validate(
        {
            "what": what,
            "value": median(values),
            "unit": unit,
            "low": min(values),
            "high": max(values),
            "interval": f"median; least to most over seeds: {len(values)}",
        }
    )


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
