"""Gradients through time on a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..report.pictures.panels import spread
from .records import GradientsFile
from .summary import bands, words

# Lags that fit on a line of eighty.
SHOWN = 6


def renderable(file: GradientsFile) -> RenderableType:
    """What is left of a gradient at some lags, one line a network and state."""
    shown = spread(len(file.lags), SHOWN)
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("left of a gradient after", no_wrap=True)
    for n in shown:
        table.add_column(Text(str(file.lags[n])), justify="right", no_wrap=True)
    for each in bands(file):
        name = f"{each.network} ∂{each.state}"
        table.add_row(Text(name), *(Text(words(each.middle[n])) for n in shown))
    seeds = len({curve.seed for curve in file.curves})
    return Group(
        table,
        Text(
            f"steps; norm of ∂h(T)/∂h(T−k) / √H at initialisation, median of {seeds} seeds, "
            f"H {file.hidden_size}",
            style="dim",
        ),
    )
