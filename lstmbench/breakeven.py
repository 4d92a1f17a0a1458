"""From which size on one backend beats another: what to ask, where to look next, what is known.

A comparison at one size has three outcomes, because the interval of a ratio may hold 1.  The search
looks at both ends, then halves the gap beside what is surely so on either side, in ratios, until it
is a tenth wide.  It takes for granted that the two cross once at most; what it saw to the contrary
it says.  A comparison that cannot tell makes the answer wider, never wrong.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import pairwise, takewhile
from math import isqrt
from typing import Literal, cast

from .errors import UsageError, unknown
from .lengths import draw
from .model import Model, Size
from .workload import MAX_SIZE, Workload

# Neighbours whose ratio is at most this are near enough.
RESOLUTION = 1.1
AXES = ("batch_size", "seq_len")
_NAMES = re.compile(r"([^:]+):([^:]+)")
_RANGE = re.compile(r"(\d{1,12}):(\d{1,12})", re.ASCII)

Axis = Literal["batch_size", "seq_len"]
Ending = Literal["faster", "slower", "unsure"]
Outcome = Literal["faster", "slower", "crosses", "reverses", "several", "unsure"]


class Verdict(StrEnum):
    """How a backend compares at one size."""

    FASTER = "faster"
    SLOWER = "slower"
    UNSURE = "unsure"


class Answer(Model):
    """What is known of one workload along the axis."""

    id: str
    """The row at the low end of the axis; all of it but the axis holds for the others."""
    data: str
    """What the input was."""
    lengths: str
    """What the lengths of the sequences were."""
    threads: Size
    """Threads that the workers were given."""
    at_low: Ending
    """How the backend compares at the smallest size: faster, slower or unsure."""
    at_high: Ending
    """How it compares at the largest."""
    outcome: Outcome
    """faster or slower: at every size; crosses: slower, then faster; reverses: faster, then slower;
    several: they cross more than once; unsure: no crossing was seen, but not every size is told."""
    until: Size | None
    """Up to which size what holds at the low end surely holds; null where it cannot be told."""
    since: Size | None
    """From which size on what holds at the high end surely holds; null where it cannot be told."""
    sizes: tuple[Size, ...]
    """The sizes that were measured."""


class BreakEven(Model):
    """From which size on one backend beats another, for every combination of the other axes."""

    backend: str
    """The one that is asked about."""
    against: str
    """The one it is compared with."""
    along: Axis
    """The axis."""
    low: Size
    """The smallest size."""
    high: Size
    """The largest size."""
    answers: tuple[Answer, ...] = ()
    """One for each workload and number of threads, when all is measured."""


def ask(backends: str | None, along: str | None, ranges: Mapping[str, object]) -> BreakEven | None:
    """The question that a person types; ``None`` where there is none.  Raises ``UsageError``.

    Args:
        backends: ``A:B``, whether A beats B.
        along: one of ``AXES``; the first by default.
        ranges: what was given for each axis, such as ``1:1024``.
    """
    if backends is None:
        if along is not None:
            raise UsageError("--along: expected --break-even A:B with it")
        return None
    names = _NAMES.fullmatch(backends)
    if names is None or names[1] == names[2]:
        raise UsageError(
            f"--break-even: expected two backends, such as torch-cuda:numba-cpu, got {backends!r}"
        )
    axis = along or AXES[0]
    if axis not in AXES:
        raise UsageError(unknown("--along", axis, AXES))
    option = f"--{axis.replace('_', '-')}"
    given = ranges.get(axis)
    ends = _RANGE.fullmatch(str(given)) if given else None
    if ends is None or not 1 <= int(ends[1]) <= int(ends[2]) <= MAX_SIZE:
        raise UsageError(
            f"--break-even: expected {option} LOW:HIGH, such as 1:1024, "
            f"got {repr(given) if given else 'none'}"
        )
    return BreakEven(
        backend=names[1],
        against=names[2],
        along=cast(Axis, axis),
        low=int(ends[1]),
        high=int(ends[2]),
    )


def next_sizes(verdicts: Mapping[int, Verdict], low: int, high: int) -> list[int]:
    """Where to look next, one size or two; nothing where the answer is found."""
    ends = [size for size in dict.fromkeys((low, high)) if size not in verdicts]
    if ends:
        return ends
    sizes = sorted(verdicts)
    gaps: list[tuple[int, int]] = []
    if verdicts[low] is verdicts[high]:
        # Nothing to halve; one look at the middle may still show that there is more to it.
        gaps = [(low, high)] if len(sizes) == 2 else []
    else:
        until, since = _known_ends(verdicts)
        if until is not None:
            gaps.append((until, sizes[sizes.index(until) + 1]))
        if since is not None:
            gaps.append((sizes[sizes.index(since) - 1], since))
    return sorted({middle for gap in gaps if (middle := _middle(*gap)) is not None})


def conclude(verdicts: Mapping[int, Verdict]) -> tuple[Outcome, int | None, int | None]:
    """What a finished search knows, up to which size and from which on."""
    changes = _changes(verdicts)
    found = set(verdicts.values())
    outcome: Outcome
    if len(changes) > 1:
        outcome = "several"
    elif changes:
        outcome = "crosses" if verdicts[changes[0][0]] is Verdict.SLOWER else "reverses"
    elif found in ({Verdict.FASTER}, {Verdict.SLOWER}):
        outcome = "faster" if found == {Verdict.FASTER} else "slower"
    else:
        outcome = "unsure"
    return outcome, *_known_ends(verdicts)


def resized(workload: Workload, along: Axis, size: int) -> Workload:
    """The workload at another size; raises ``UsageError`` where it cannot have that size."""
    T, B = workload.seq_len, workload.batch_size
    T, B = (T, size) if along == "batch_size" else (size, B)
    return replace(workload, seq_len=T, batch_size=B, steps=draw(workload.lengths, T, B))


def _changes(verdicts: Mapping[int, Verdict]) -> list[tuple[int, int]]:
    """The neighbours, of the sizes at which anything can be told, that are told differently."""
    sure = [size for size in sorted(verdicts) if verdicts[size] is not Verdict.UNSURE]
    return [(one, other) for one, other in pairwise(sure) if verdicts[one] is not verdicts[other]]


def _known_ends(verdicts: Mapping[int, Verdict]) -> tuple[int | None, int | None]:
    """How far what holds at the low end surely reaches up, and at the high end down.

    Where they cross once, all that was sure on either side says so, whatever could not be told.
    """
    changes, sizes = _changes(verdicts), sorted(verdicts)
    if len(changes) == 1:
        return changes[0]
    return _reach(verdicts, sizes), _reach(verdicts, sizes[::-1])


def _reach(verdicts: Mapping[int, Verdict], sizes: Sequence[int]) -> int | None:
    first = verdicts[sizes[0]]
    if first is Verdict.UNSURE:
        return None
    return list(takewhile(lambda size: verdicts[size] is first, sizes))[-1]


def _middle(low: int, high: int) -> int | None:
    """A size about as many times above one as below the other; none where they are near enough."""
    if high - low < 2 or high <= RESOLUTION * low:
        return None
    return min(max(isqrt(low * high), low + 1), high - 1)
