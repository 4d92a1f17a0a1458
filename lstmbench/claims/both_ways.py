"""Claims 3: what a bidirectional LSTM is better at, and what it costs."""

from collections.abc import Iterator

from .evidence import Evidence
from .findings import learns, ratio, score, success
from .records import Claim, Finding, Verdict
from .times import ratios

SOURCE = (
    "Schuster & Paliwal, Bidirectional recurrent neural networks, IEEE Transactions on Signal "
    "Processing 45(11), 1997; Graves & Schmidhuber, Neural Networks 18(5-6), 2005"
)
# What counts as about twice.
TWICE = (1.6, 2.4)


def claims(found: Evidence) -> Iterator[Claim]:
    """3a and 3b, those whose evidence is there."""
    if "tagging" in found.names:
        yield better(found)
    if "cells" in found.names:
        yield twice(found)


def better(found: Evidence) -> Claim:
    """Tags that need both sides, with one direction and with two."""
    lesson = found.learning["tagging"].lesson
    both, one = found.group("tagging", "lstm-bi"), found.group("tagging", "lstm")
    (name, bound), *_ = lesson.baselines.items()
    verdict, because = Verdict.NOT, "both do equally well"
    ends = both.final_score_range, one.final_score_range
    if ends[0] is not None and ends[1] is not None and ends[0][1] < ends[1][0]:
        verdict = Verdict.HOLDS
        because = (
            "the worst seed of the bidirectional one makes fewer mistakes than the best of the "
            f"other, whose error rate is {bound:.3g} or more in the mean over test sets: what is "
            "missing is in the future"
        )
    elif learns(both) and not learns(one):
        verdict, because = Verdict.HOLDS, "only the bidirectional one reaches the target"
    return Claim(
        id="3a",
        statement="A bidirectional LSTM beats a unidirectional one where future context matters.",
        source=SOURCE,
        test=f"{lesson.description}, the same hidden size a direction; holds where every seed of "
        "the one makes fewer mistakes than any of the other",
        findings=(
            *(success(group, "tagging") for group in (both, one)),
            *(score(group, "tagging", lesson.metric) for group in (both, one)),
            Finding(what=f"{lesson.metric} of {name}", value=bound, unit="score"),
        ),
        verdict=verdict,
        because=because,
        evidence=("tagging",),
    )


def twice(found: Evidence) -> Claim:
    """Times of both at the same shapes."""
    times = dict(ratios(found.result["cells"], "lstm-bi", "lstm"))
    low, high = TWICE
    inside = [name for name, each in times.items() if low <= each.value <= high]
    if not times:
        verdict, because = Verdict.UNTESTED, "no shape has a time of both"
    elif len(inside) == len(times):
        verdict, because = Verdict.HOLDS, f"it is {low} to {high} times at every shape"
    elif inside:
        verdict = Verdict.ONLY_WHEN
        because = f"it is so in {len(inside)} of {len(times)} rows"
    else:
        verdict, because = Verdict.NOT, f"no shape is between {low} and {high} times"
    return Claim(
        id="3b",
        statement="A bidirectional LSTM costs about twice as much.",
        source=SOURCE,
        test="time of a call of lstm-bi / time of one of lstm, our kernels, one thread; holds "
        f"where that is {low} to {high} at every shape",
        findings=tuple(ratio(f"lstm-bi / lstm, {name}", each) for name, each in times.items()),
        verdict=verdict,
        because=because,
        evidence=("cells",),
    )
