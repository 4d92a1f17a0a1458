"""One measurement of gradients through time, from its options to its file and its page."""

from collections.abc import Callable, Sequence
from pathlib import Path

from .. import origin
from ..machine.environment import describe
from ..report.shelf import write_page
from ..result import write_atomically
from . import curves, page, trained
from .curves import Networks
from .records import Curve, GradientsFile, Training


def measure(
    networks: Networks,
    lags: Sequence[int],
    training: Training | None = None,
    watch: Callable[[Curve], None] = lambda _curve: None,
) -> GradientsFile:
    """Everything that is asked for, with where and when; ``watch`` is given each curve."""
    created = origin.now()
    each = (
        curves.measure(networks, lags)
        if training is None
        else trained.measure(networks, lags, training)
    )
    found = []
    for curve in each:
        watch(curve)
        found.append(curve)
    return GradientsFile(
        created=created,
        command=origin.command(),
        environment=describe(),
        hidden_size=networks.hidden_size,
        training=training,
        lags=tuple(lags),
        curves=tuple(found),
    )


def write(output: Path, file: GradientsFile) -> None:
    """The file, the page beside it, and its picture; raises ``OutputError``."""
    write_atomically(output, file.as_file())
    write_page(output.with_suffix(".md"), lambda shelf: page.page(file, shelf))
