"""What networks learnt, on a terminal."""

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..markdown import one_line
from .records import LearningFile
from .words import beside, disturbed, lag, number, seconds


def renderable(file: LearningFile) -> RenderableType:
    """One line for each cell and backend."""
    settings = file.settings
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("cell", "backend"):
        table.add_column(name)
    for name in ("solved", "time to target", "steps", "time / ours"):
        table.add_column(name, justify="right", no_wrap=True)
    for group in file.groups:
        table.add_row(
            Text(group.cell),
            Text(group.backend),
            f"{group.solved} of {group.trials}",
            Text(seconds(group)),
            f"{group.steps_median:g}" if group.steps_median is not None else "–",
            beside(group, brief=True) if group.ratios else "–",
        )
    foot = (
        f"{settings.task}{lag(settings)}: {file.lesson.metric} below {number(settings.target)}; "
        f"{number(file.lesson.trivial)} without looking at the input"
    )
    doubt = disturbed(file)
    lines = [Text(one_line(foot), style="dim")]
    if doubt:
        lines.append(Text(doubt, style="yellow"))
    return Lines(table, *lines)
