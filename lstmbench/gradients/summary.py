"""Curves of several seeds together: for each network the middle and the ends at each lag."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from .records import Curve, GradientsFile

Gains = tuple[float, ...]
_GAINS: dict[str, Callable[[Curve], Gains]] = {
    "h": lambda curve: curve.hidden,
    "c": lambda curve: curve.cell_state,
}


@dataclass(frozen=True)
class Band:
    """One path through one kind of network, fresh or trained, over its seeds."""

    network: str
    """The cell, and the forget bias where it was set."""
    state: str
    """Whose gradient: h or c."""
    trained: bool
    middle: Gains
    """At each lag the median over the seeds."""
    least: Gains
    most: Gains

    @property
    def name(self) -> str:
        """Which it is among all, for a person."""
        return f"{self.network}, ∂{self.state}{', trained' if self.trained else ''}"


@dataclass(frozen=True)
class Outcome:
    """What came of training one kind of network."""

    network: str
    seeds: int
    solved: int
    scores: tuple[float, ...]
    """Those at the end, ascending, of the seeds that have one."""


def bands(file: GradientsFile) -> list[Band]:
    """A band for each network and state, the fresh one before the trained; in the file's order."""
    return [
        _band(network, state, trained, gains)
        for network, curves in _kinds(file).items()
        for state, of in _GAINS.items()
        for trained in (False, True)
        if (gains := [of(each) for each in curves if of(each) and bool(each.steps) == trained])
    ]


def outcomes(file: GradientsFile) -> list[Outcome]:
    """For each network how often it solved the task; nothing of a file without training."""
    if file.training is None:
        return []
    found = []
    for network, curves in _kinds(file).items():
        trained = [curve for curve in curves if curve.steps]
        scores = sorted(curve.score for curve in trained if curve.score is not None)
        solved = sum(score < file.training.target for score in scores)
        found.append(Outcome(network, len(trained), solved, tuple(scores)))
    return found


def _kinds(file: GradientsFile) -> dict[str, list[Curve]]:
    """The curves of each network, by its name."""
    kinds: dict[str, list[Curve]] = {}
    for curve in file.curves:
        kinds.setdefault(named(curve), []).append(curve)
    return kinds


def named(curve: Curve) -> str:
    """The network of a curve, whatever its seed."""
    bias = curve.forget_bias
    return curve.cell if bias is None else f"{curve.cell}, forget bias {bias:g}"


def _band(network: str, state: str, trained: bool, gains: Sequence[Gains]) -> Band:
    at = list(zip(*gains, strict=True))
    return Band(
        network,
        state,
        trained,
        tuple(median(each) for each in at),
        tuple(min(each) for each in at),
        tuple(max(each) for each in at),
    )


def words(gain: float) -> str:
    """A gain for a person: a percentage, a factor, or a power of ten.

    >>> words(0.423), words(1.7), words(3.1e-9), words(0.0)
    ('42.3 %', '1.70×', '3e-09', 'nothing')
    """
    if gain == 0:
        return "nothing"
    if gain < 1e-4:
        return f"{gain:.0e}"
    return f"{gain:.2f}×" if gain > 1.0005 else f"{100 * gain:.3g} %"
