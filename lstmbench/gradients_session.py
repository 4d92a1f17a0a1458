"""One measurement of gradients through time, from its options to its file and its page."""

from collections.abc import Sequence
from pathlib import Path

from . import gradients, gradients_page, origin
from .environment import describe
from .gradients import GradientsFile
from .report.shelf import write_page
from .result import write_atomically


def measure(
    cells: Sequence[str],
    forget_biases: Sequence[float | None],
    *,
    hidden_size: int,
    lags: Sequence[int],
    seeds: int,
) -> GradientsFile:
    """Everything that is asked for, with where and when."""
    created = origin.now()
    curves = gradients.measure(
        cells, forget_biases, hidden_size=hidden_size, lags=lags, seeds=seeds
    )
    return GradientsFile(
        created=created,
        command=origin.command(),
        environment=describe(),
        hidden_size=hidden_size,
        lags=tuple(lags),
        curves=tuple(curves),
    )


def write(output: Path, file: GradientsFile) -> None:
    """The file, the page beside it, and its picture; raises ``OutputError``."""
    write_atomically(output, file.as_file())
    write_page(output.with_suffix(".md"), lambda shelf: gradients_page.page(file, shelf))
