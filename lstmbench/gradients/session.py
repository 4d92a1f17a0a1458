"""One measurement of gradients through time, from its options to its file and its page."""

from collections.abc import Sequence
from pathlib import Path

from .. import origin
from ..environment import describe
from ..report.shelf import write_page
from ..result import write_atomically
from . import curves, page
from .records import GradientsFile


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
    found = curves.measure(cells, forget_biases, hidden_size=hidden_size, lags=lags, seeds=seeds)
    return GradientsFile(
        created=created,
        command=origin.command(),
        environment=describe(),
        hidden_size=hidden_size,
        lags=tuple(lags),
        curves=tuple(found),
    )


def write(output: Path, file: GradientsFile) -> None:
    """The file, the page beside it, and its picture; raises ``OutputError``."""
    write_atomically(output, file.as_file())
    write_page(output.with_suffix(".md"), lambda shelf: page.page(file, shelf))
