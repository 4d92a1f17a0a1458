"""How a group of trials is told, on a page and on a terminal."""

from ..analysis.summary import BUSY
from ..statistics.order import geometric_mean
from ..units import Seconds, duration, ratio, significant
from .records import Group, LearningFile
from .summary import OURS, Reach


def lag(given: int | None) -> str:
    """The lag behind the name of a task, where it was given."""
    return "" if given is None else f", lag {given}"


def number(value: float | None) -> str:
    """A score or a loss with three digits."""
    if value is None:
        return "–"
    plain = value == 0 or 1e-4 <= abs(value) < 1e6
    return significant(value) if plain else f"{value:.2e}"


def time(value: Seconds) -> str:
    """A duration; nothing is no nanoseconds."""
    return duration(value) if value else "0 s"


def of_seeds(group: Group) -> str:
    """How many of how many, with the interval."""
    if group.success_ci95 is None:
        return "did not run"
    low, high = group.success_ci95
    return (
        f"solved with {group.solved} of {group.trials} seeds "
        f"(95 % interval {100 * low:.0f} % to {100 * high:.0f} %)"
    )


def seconds(group: Group) -> str:
    """The median time to target, and the range."""
    if group.seconds_range is None:
        return "–"
    ends = between(*map(time, group.seconds_range))
    if group.seconds_median is None:
        return f"{ends} where solved"
    return _around(time(group.seconds_median), ends)


def scores(middle: float | None, ends: tuple[float, float] | None) -> str:
    """The median of scores, and the range."""
    return "–" if ends is None else _around(number(middle), between(*map(number, ends)))


REACH = ("lag", "score", "below the target", "without the input")


def reach(found: Reach) -> list[str]:
    """What stands below each of those names."""
    return [
        str(found.lag),
        scores(found.score_median, found.score_range),
        f"{found.below_target} of {found.trials}",
        number(found.trivial),
    ]


def between(least: str, most: str) -> str:
    """A range; one end of it where both are the same."""
    return least if least == most else f"{least} to {most}"


def _around(middle: str, ends: str) -> str:
    return middle if ends == middle else f"{middle} ({ends})"


def beside(group: Group, *, brief: bool = False) -> str:
    """How much longer than our own, over the seeds that both solved."""
    ratios = [each.ratio for each in group.ratios]
    mean = geometric_mean(ratios)
    if brief:
        return ratio(mean)
    ends = f"{ratio(min(ratios))} to {ratio(max(ratios))}"
    over = f"{ends} over {len(ratios)} seeds" if len(ratios) > 1 else "one seed"
    return f"{ratio(mean)} the time of {OURS} ({over})"


def disturbed(file: LearningFile) -> str | None:
    """What other processes did meanwhile, where that was enough to doubt the times."""
    loads = [trial.other_load for trial in file.trials if trial.other_load is not None]
    most = max(loads, default=0.0)
    if most <= BUSY:
        return None
    return (
        f"times are in doubt: other processes kept up to {most:.1f} of "
        f"{file.environment.machine.usable_cores} cores busy meanwhile"
    )
