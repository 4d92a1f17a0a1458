"""What was guessed, on a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ..learning.words import lag, number
from ..markdown import one_line
from .records import GuessesFile
from .summary import facts


def renderable(file: GuessesFile) -> RenderableType:
    """What came of all seeds together, a line a fact."""
    settings, lesson = file.settings, file.lesson
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    table.add_column(style="bold", no_wrap=True)
    for name, fact in facts(file).items():
        table.add_row(Text(name), Text(fact))
    foot = (
        f"{settings.task}{lag(settings.lag)}: {lesson.metric} below {number(settings.target)}; "
        f"{number(lesson.trivial)} without looking at the input"
    )
    return Group(table, Text(one_line(foot), style="dim"))
