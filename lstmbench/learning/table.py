"""What networks learnt, on a terminal."""

from collections.abc import Iterable, Iterator

from rich.console import Group as Lines
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..markdown import one_line
from .records import LearningFile
from .summary import reaches
from .words import REACH, beside, disturbed, lag, number, reach, seconds


def renderable(file: LearningFile) -> RenderableType:
    """One line for each cell and backend."""
    settings = file.settings
    table = _table(("solved", "time to target", "steps", "time / ours"))
    for group in file.groups:
        table.add_row(
            *_names(group.cell, group.backend),
            f"{group.solved} of {group.trials}",
            Text(seconds(group)),
            f"{group.steps_median:g}" if group.steps_median is not None else "–",
            beside(group, brief=True) if group.ratios else "–",
        )
    foot = (
        f"{settings.task}{lag(settings.lag)}: {file.lesson.metric} below "
        f"{number(settings.target)}; "
        f"{number(file.lesson.trivial)} without looking at the input"
    )
    doubt = disturbed(file)
    lines: list[RenderableType] = [Text(one_line(foot), style="dim")]
    if any(trial.beyond for trial in file.trials):
        lines.append(_beyond(file))
    if doubt:
        lines.append(Text(doubt, style="yellow"))
    return Lines(table, *lines)


def _beyond(file: LearningFile) -> Table:
    """One line for each cell, backend and other lag."""
    table = _table(REACH)
    for found in reaches(file.trials):
        table.add_row(*_names(found.cell, found.backend), *reach(found))
    return table


def _names(*texts: str) -> Iterator[Text]:
    """Names of a file, which may be a stranger's."""
    return (Text(one_line(text)) for text in texts)


def _table(numbers: Iterable[str]) -> Table:
    """Columns of names, and of numbers below these words."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    for name in ("cell", "backend"):
        table.add_column(name)
    for name in numbers:
        table.add_column(name, justify="right", no_wrap=True)
    return table
