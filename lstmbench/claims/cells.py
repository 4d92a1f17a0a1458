"""Claims 4: how large an LSTM is beside a plain RNN, and how much cheaper a GRU."""

from collections.abc import Callable, Iterator, Mapping

from ..counts import Counts, counts
from ..learning.records import Group
from .evidence import Evidence
from .findings import learns, listed, ratio, score, seconds, success
from .lags import where
from .records import Claim, Finding, Verdict
from .times import ratios

TASKS = ("lag-100", "lag-1000", "characters")
COUNTED: Mapping[str, Callable[[Counts], float]] = {
    "parameters": lambda found: found.parameters_ratio,
    "multiply-adds": lambda found: found.multiply_adds_ratio,
}


def claims(found: Evidence) -> Iterator[Claim]:
    """4a, which needs no evidence, and 4b where there is some."""
    yield four_times()
    if {"cells", *TASKS} <= found.names:
        yield cheaper(found)


def four_times() -> Claim:
    """From the shapes of the weights."""
    found = counts("lstm")
    holds = found.parameters_ratio == 4
    return Claim(
        id="4a",
        statement="An LSTM layer has 4 times the parameters of a plain RNN layer (up to 9 for the "
        "original memory blocks).",
        source="Greff, Srivastava, Koutník, Steunebrink & Schmidhuber, LSTM: a search space "
        "odyssey, IEEE Transactions on Neural Networks and Learning Systems 28(10), 2017, for the "
        "cell; Hochreiter & Schmidhuber 1997 for the memory blocks",
        test="the shapes of all weights and biases, from the specification that the kernels are "
        "made from; holds where the ratio is exactly 4.  Memory blocks are not built here",
        findings=tuple(
            Finding(what=f"{what}, {cell} / rnn-tanh", value=of(counts(cell)), unit="ratio")
            for what, of in COUNTED.items()
            for cell in ("lstm", "lstm-bi", "gru")
        ),
        verdict=Verdict.HOLDS if holds else Verdict.NOT,
        because="it has four gates of the shape of the RNN's one, whatever the sizes; what it says "
        "of memory blocks was not tested",
        evidence=(),
    )


def cheaper(found: Evidence) -> Claim:
    """Time of a call, and what is learnt for it."""
    times = dict(ratios(found.result["cells"], "gru", "lstm"))
    pairs = {name: (found.group(name, "gru"), found.group(name, "lstm")) for name in TASKS}
    worse = [where(found, name) for name, (one, other) in pairs.items() if _worse(one, other)]
    dearer = [name for name, each in times.items() if each.value >= 1]
    verdict, because = Verdict.HOLDS, "a call takes less time at every shape, and it learns as much"
    if dearer and len(dearer) == len(times):
        verdict, because = Verdict.NOT, "a call takes no less time at any shape"
    elif worse or dearer:
        verdict = Verdict.ONLY_WHEN
        because = "; ".join(
            part
            for part in (
                f"the shape is none of {listed(dearer)}" if dearer else "",
                f"the task is not {listed(worse)}, which fewer seeds solve" if worse else "",
            )
            if part
        )
    return Claim(
        id="4b",
        statement="The GRU is the cheaper alternative.",
        source="Cho et al., EMNLP 2014; Chung, Gulcehre, Cho & Bengio, Empirical evaluation of "
        "gated recurrent neural networks on sequence modeling, arXiv:1412.3555, 2014",
        test="time of a call of gru / of lstm at the same sizes, our kernels, one thread, and the "
        "same trainings with both; holds where a call takes less time at every shape and no task "
        "is learnt with fewer seeds",
        findings=(
            Finding(
                what="parameters, gru / lstm",
                value=counts("gru").parameters / counts("lstm").parameters,
                unit="ratio",
            ),
            *(ratio(f"gru / lstm, {name}", each) for name, each in times.items()),
            *_learnt(found, pairs),
        ),
        verdict=verdict,
        because=because,
        evidence=("cells", *TASKS),
    )


def _worse(one: Group, other: Group) -> bool:
    """Whether fewer seeds of one solve it than of the other."""
    return not learns(one) and (one.success_rate or 0) < (other.success_rate or 0)


def _learnt(found: Evidence, pairs: dict[str, tuple[Group, Group]]) -> Iterator[Finding]:
    for name, groups in pairs.items():
        metric = found.learning[name].lesson.metric
        for group in groups:
            at = where(found, name)
            yield success(group, at)
            yield seconds(group, at)
            yield score(group, at, metric)
