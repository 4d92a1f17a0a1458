"""Gradients through time as a Markdown page.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator

from ..markdown import escape, fold, table
from ..report.method import made
from ..report.pictures.gains import gains
from ..report.pictures.panels import spread
from ..report.shelf import Shelf
from .records import GradientsFile
from .summary import Band, bands, words

# Lags of the table, at most.
SHOWN = 8


def page(file: GradientsFile, shelf: Shelf | None = None) -> str:
    """The whole page: the answer, the picture, the table, what was measured and how."""
    return "\n\n".join(filter(None, _parts(file, shelf or Shelf()))) + "\n"


def _parts(file: GradientsFile, shelf: Shelf) -> Iterator[str]:
    found = bands(file)
    seeds = len({curve.seed for curve in file.curves})
    yield "# Gradients through time, at initialisation"
    yield "\n".join(f"- {sentence}" for sentence in sentences(file))
    if found:
        yield shelf.place(gains(found, file.lags))
    shown = spread(len(file.lags), SHOWN)
    head = ["network", "gradient of", *(f"k = {file.lags[n]}" for n in shown)]
    body = [
        [escape(each.network), each.state, *(words(each.middle[n]) for n in shown)]
        for each in found
    ]
    yield table(head, body, left=(0, 1))
    yield fold("Every lag, with the range over the seeds", _every(file, found))
    yield "### Method"
    yield (
        "What is left of a gradient after k steps is the norm of the Jacobian ∂h(T)/∂h(T−k), or of "
        "c: that of Frobenius / √H, which is 1 for the identity, and otherwise what remains of the "
        "length of a gradient on average over directions. "
        f"H = {file.hidden_size}, one layer, one input N(0, 1) a step, sequences of "
        f"{file.lags[-1]} steps, of which the last k are followed back; weights and biases "
        f"U(±1/√H), the forget bias set where it is named; {seeds} seeds, their median. Exact "
        "gradients of "
        "lstmbench's own kernels in float64, for every direction of the last state."
    )
    yield made(file.command, file.created, file.environment)


def sentences(file: GradientsFile) -> Iterator[str]:
    """For each network what is left after ten steps and after the longest lag."""
    ten = min(range(len(file.lags)), key=lambda n: abs(file.lags[n] - 10))
    for each in bands(file):
        yield (
            f"{escape(each.network)}, ∂{each.state}: {words(each.middle[ten])} "
            f"({words(each.least[ten])} to {words(each.most[ten])}) is left after "
            f"{file.lags[ten]} steps, {words(each.middle[-1])} after {file.lags[-1]}."
        )


def _every(file: GradientsFile, found: list[Band]) -> str:
    head = ["lag", *(f"{escape(each.network)}, ∂{each.state}" for each in found)]
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
