"""Gradients through time on a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..markdown import one_line
from ..report.pictures.panels import spread
from .records import GradientsFile
from .summary import bands, outcomes, words
from .wording import below, seeds, when

# Lags that fit on a line of eighty.
SHOWN = 6


def renderable(file: GradientsFile) -> RenderableType:
    """What is left of a gradient at some lags, one line a network and state, fresh and trained."""
    shown = spread(len(file.lags), SHOWN)
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("left of a gradient after", no_wrap=True)
    for n in shown:
        table.add_column(Text(str(file.lags[n])), justify="right", no_wrap=True)
    for each in bands(file):
        name = "  trained" if each.trained else one_line(f"{each.network} ∂{each.state}")
        table.add_row(Text(name), *(Text(words(each.middle[n])) for n in shown))
    count = len({curve.seed for curve in file.curves})
    foot = (
        f"steps; norm of ∂h(T)/∂h(T−k) / √H {when(file)}, median of {count} seeds, "
        f"H {file.hidden_size}"
    )
    lines = [Text(one_line(foot), style="dim")]
    if file.training is not None:
        solved = "; ".join(f"{each.network}: {seeds(each)}" for each in outcomes(file))
        lines.append(Text(one_line(f"solved, {below(file.training)}: {solved}")))
    return Group(table, *lines)
