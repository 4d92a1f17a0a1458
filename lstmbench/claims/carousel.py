"""Claims 1: how much of a gradient a plain RNN loses, and what an LSTM keeps."""

from collections.abc import Iterator, Sequence

from ..gradients.records import Curve, GradientsFile
from ..learning.words import between
from .evidence import Evidence
from .findings import listed, named, over_seeds, percent
from .records import Claim, Finding, Verdict

STEPS = 10
LOST = 0.6
# An error flow counts as constant where after ten steps between half and twice of it are left.
CONSTANT = (0.5, 2.0)
NAME = "gradients"


def claims(found: Evidence) -> Iterator[Claim]:
    """1a and 1b, where there is evidence."""
    if NAME in found.names:
        yield vanishing(found.gradients[NAME])
        yield constant(found.gradients[NAME])


def networks(file: GradientsFile, cell: str) -> dict[str, list[Curve]]:
    """The curves of a cell over its seeds, by forget bias and by whether they were trained."""
    kinds: dict[str, list[Curve]] = {}
    for curve in file.curves:
        if curve.cell == cell and not curve.reason:
            bias = "" if curve.forget_bias is None else f"forget bias {curve.forget_bias:g}, "
            when = "as drawn" if curve.steps == 0 else "trained"
            kinds.setdefault(f"{cell} ({bias}{when})", []).append(curve)
    return kinds


def vanishing(file: GradientsFile) -> Claim:
    """What a plain RNN loses in ten steps."""
    at = file.lags.index(STEPS)
    lost = {
        name: over_seeds(
            f"{name}: lost after {STEPS} steps", [1 - each.hidden[at] for each in curves], "share"
        )
        for name, curves in networks(file, "rnn-tanh").items()
    }
    verdict, because = _judged(lost, 0.0, LOST)
    return Claim(
        id="1a",
        statement="A plain RNN loses up to 60 % of the gradient after 10 time steps.",
        source="articles about LSTMs, none of which was found to name an experiment; why it "
        "vanishes: Hochreiter 1991; Bengio, Simard & Frasconi, IEEE Transactions on Neural "
        "Networks 5(2), 1994",
        test=f"1 - ‖∂h(T)/∂h(T-{STEPS})‖, the norm of the identity being 1, in exact gradients, "
        f"{_trained(file)}; holds where the median over the seeds is between 0 and "
        f"{percent(LOST)}",
        findings=tuple(lost.values()),
        verdict=verdict,
        because=because,
        evidence=(NAME,),
    )


def constant(file: GradientsFile) -> Claim:
    """What is left along c of an LSTM."""
    at, last = file.lags.index(STEPS), len(file.lags) - 1
    kinds = networks(file, "lstm")
    left = {name: _left(name, curves, STEPS, at) for name, curves in kinds.items()}
    far = [
        _left(name, curves, file.lags[last], last) for name, curves in kinds.items() if last > at
    ]
    verdict, because = _judged(left, *CONSTANT)
    low, high = CONSTANT
    return Claim(
        id="1b",
        statement="The LSTM keeps a constant error flow.",
        source="Hochreiter & Schmidhuber, Long short-term memory, Neural Computation 9(8), 1997, "
        "section 3.2, for a cell without a forget gate; Gers, Schmidhuber & Cummins, Learning to "
        "forget, Neural Computation 12(10), 2000, for the cell of today",
        test=f"‖∂c(T)/∂c(T-{STEPS})‖, the norm of the identity being 1, {_trained(file)}; holds "
        f"where the median over the seeds is between {low:g} and {high:g}; the longest lag is "
        "shown beside it",
        findings=(*left.values(), *far),
        verdict=verdict,
        because=because,
        evidence=(NAME,),
    )


def _trained(file: GradientsFile) -> str:
    training = file.training
    if training is None:
        return "as drawn"
    return f"as drawn and after {training.steps} steps on {named(training.task, training.lag)}"


def _left(name: str, curves: Sequence[Curve], lag: int, at: int) -> Finding:
    values = [each.cell_state[at] for each in curves]
    return over_seeds(f"{name}: ∂c left after {lag} steps", values, "share")


def _judged(found: dict[str, Finding], low: float, high: float) -> tuple[Verdict, str]:
    """Which networks are inside."""
    inside = [name for name, each in found.items() if low <= (each.value or 0.0) <= high]
    outside = [name for name in found if name not in inside]
    if not found:
        return Verdict.UNTESTED, "no network has a gradient"
    if not outside:
        return Verdict.HOLDS, f"so it is in {listed(inside)}"
    ends = sorted(100 * (found[name].value or 0.0) for name in outside)
    span = between(f"{ends[0]:.3g} %", f"{ends[-1]:.3g} %")
    if not inside:
        return Verdict.NOT, f"it is {span} in {listed(outside)}"
    return Verdict.ONLY_WHEN, f"the network is {listed(inside)}; it is {span} in {listed(outside)}"
