"""Gradients through time as a Markdown page.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator

from ..learning.method import clipping, taught
from ..markdown import escape, fold, table
from ..report.method import made
from ..report.pictures.panels import spread
from ..report.shelf import Shelf
from .picture import gains
from .records import GradientsFile, Training
from .summary import Band, bands, named, outcomes, words
from .wording import below, scores, seeds, when

# Lags of the table, at most: of fresh networks, and of fresh and trained ones.
SHOWN, BESIDE = 8, 6
# The lag that the answer is about, or the one that is nearest to it.
TEN = 10
UNKNOWN = "nobody knows what"


def page(file: GradientsFile, shelf: Shelf | None = None) -> str:
    """The whole page: the answer, the picture, the table, what was measured and how."""
    return "\n\n".join(filter(None, _parts(file, shelf or Shelf()))) + "\n"


def _parts(file: GradientsFile, shelf: Shelf) -> Iterator[str]:
    found = bands(file)
    yield f"# Gradients through time, {escape(when(file))}"
    said = sentences(file) if file.training is None else changes(file, file.training)
    yield "\n".join(f"- {sentence}" for sentence in said)
    if found:
        yield shelf.place(gains(file))
    yield _some(file, found)
    yield from _without(file)
    yield fold("Every lag, with the range over the seeds", _every(file, found))
    yield "### Method"
    yield _method(file)
    yield made(file.command, file.created, file.environment)


def sentences(file: GradientsFile) -> Iterator[str]:
    """For each fresh network what is left after ten steps and after the longest lag."""
    ten = _ten(file)
    for each in bands(file):
        yield (
            f"{escape(each.network)}, ∂{each.state}: {words(each.middle[ten])} "
            f"({words(each.least[ten])} to {words(each.most[ten])}) is left after "
            f"{file.lags[ten]} steps, {words(each.middle[-1])} after {file.lags[-1]}."
        )


def changes(file: GradientsFile, training: Training) -> Iterator[str]:
    """For each network what is left before and after training, and whether it solved the task."""
    found, ten = bands(file), _ten(file)
    for outcome in outcomes(file):
        left: dict[bool, list[str]] = {False: [], True: []}
        for each in found:
            if each.network == outcome.network:
                left[each.trained].append(f"{words(each.middle[ten])} of ∂{each.state}")
        before, after = (" and ".join(of) or UNKNOWN for of in left.values())
        yield (
            f"{escape(outcome.network)}: after {file.lags[ten]} steps {before} is left before "
            f"training, {after} after it. The task is solved with {seeds(outcome)} seeds: "
            f"{escape(training.lesson.metric)} {scores(outcome)}."
        )


def _ten(file: GradientsFile) -> int:
    return min(range(len(file.lags)), key=lambda n: abs(file.lags[n] - TEN))


def _some(file: GradientsFile, found: list[Band]) -> str:
    """What is left at a few lags, the fresh network above the trained one."""
    shown = spread(len(file.lags), BESIDE if file.training else SHOWN)
    trained = ["weights"] if file.training else []
    head = ["network", "gradient of", *trained, *(f"k = {file.lags[n]}" for n in shown)]
    body = [
        [
            escape(each.network),
            each.state,
            *("trained" if each.trained else "initial" for _ in trained),
            *(words(each.middle[n]) for n in shown),
        ]
        for each in found
    ]
    return table(head, body, left=range(len(head) - len(shown)))


def _without(file: GradientsFile) -> Iterator[str]:
    """A line for each network that has no gains, and why."""
    bad = [curve for curve in file.curves if curve.reason]
    if bad:
        yield "### Without a measurement"
        yield "\n".join(
            f"- {escape(named(curve))}, seed {curve.seed}: {escape(curve.reason)}" for curve in bad
        )


def _every(file: GradientsFile, found: list[Band]) -> str:
    head = ["lag", *(escape(each.name) for each in found)]
    body = [
        [
            str(lag),
            *(
                f"{words(each.middle[n])} ({words(each.least[n])} to {words(each.most[n])})"
                for each in found
            ),
        ]
        for n, lag in enumerate(file.lags)
    ]
    return table(head, body)


def _method(file: GradientsFile) -> str:
    seeds = len({curve.seed for curve in file.curves})
    given = (
        f"one input N(0, 1) a step, sequences of {file.lags[-1]} steps, of which the last k are "
        "followed back"
        if file.training is None
        else "a sequence of the test set, the same before and after training, whose last k steps "
        "are followed back"
    )
    text = (
        "What is left of a gradient after k steps is the norm of the Jacobian ∂h(T)/∂h(T−k), or of "
        "c: that of Frobenius / √H, which is 1 for the identity, and otherwise what remains of the "
        "length of a gradient on average over directions. "
        f"H = {file.hidden_size}, one layer, {given}; weights and biases "
        f"U(±1/√H), the forget bias set where it is named; {seeds} seeds, their median. Exact "
        "gradients of "
        "lstmbench's own kernels in float64, for every direction of the last state."
    )
    return text if file.training is None else f"{text}\n\n{_training(file.training)}"


def _training(training: Training) -> str:
    return (
        f"{taught(training.lesson)} It is solved with a {escape(below(training))}. "
        f"Each network is trained for {training.steps} steps, solved or not, in float32: batches "
        f"of {training.batch_size}, {training.optimiser} with a learning rate of {training.lr:g}, "
        f"{clipping(training.clip)}. All networks of a seed see the same batches."
    )
