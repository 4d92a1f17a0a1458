"""Curves of several seeds together: for each network the middle and the ends at each lag."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from .records import Curve, GradientsFile


@dataclass(frozen=True)
class Band:
    """One path through one kind of network, over its seeds."""

    network: str
    """The cell, and the forget bias where it was set."""
    state: str
    """Whose gradient: h or c."""
    middle: tuple[float, ...]
    """At each lag the median over the seeds."""
    least: tuple[float, ...]
    most: tuple[float, ...]


def bands(file: GradientsFile) -> list[Band]:
    """A band for each kind of network and state, in the order of the file."""
    kinds: dict[tuple[str, float | None], list[Curve]] = {}
    for curve in file.curves:
        kinds.setdefault((curve.cell, curve.forget_bias), []).append(curve)
    found = []
    for (cell, bias), curves in kinds.items():
        name = cell if bias is None else f"{cell}, forget bias {bias:g}"
        found.append(_band(name, "h", [curve.hidden for curve in curves]))
        if curves[0].cell_state:
            found.append(_band(name, "c", [curve.cell_state for curve in curves]))
    return found


def _band(network: str, state: str, gains: Sequence[Sequence[float]]) -> Band:
    at = list(zip(*gains, strict=True))
    return Band(
        network,
        state,
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
