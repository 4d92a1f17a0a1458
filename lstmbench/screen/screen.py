"""The screen that a run ends with: which backend to use, who wins where, how sure that is.

What comes out of a file is made printable, and is never markup: it may be a stranger's.
"""

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.text import Text

from ..analysis import summary, tables, twins
from ..analysis.choice import Choice, choices, why_none
from ..analysis.shading import UNSURE, legend, meanings
from ..analysis.summary import Line, is_own
from ..analysis.tables import MODE_WORDS
from ..markdown import printable
from ..records import Result, Row
from ..report.breakeven import sentences
from ..report.method import threads
from ..report.pictures.lettering import readable
from ..report.pictures.looks import looks_of
from ..report.pictures.panels import Panel, panels_of
from ..report.pictures.wording import Wording
from ..units import clock_time, rate, ratio
from .heat_table import Painter, Piece, letters_of, pieces, side_by_side

# Lines of tables: with what is around them about two screens.
TABLES = 50
# Reasons and answers of a kind, and how long a reason is.
LISTED, LONGEST = 6, 160
# From this width on a label stands beside its paragraph, in a column of its own.
WIDE, LABEL = 60, 10


def show(
    console: Console,
    result: Result,
    path: Path,
    report: Path | None = None,
    seconds: float | None = None,
) -> None:
    """Print the screen of a result file.

    Args:
        path: the file; ``report`` is the page that was made of it.
        seconds: how long measuring took, where that is known.
    """
    lines = summary.lines_of(result.rows)
    _paragraph(console, "", Text(_title(result, seconds), "bold"), 0)
    console.print()
    for label, text in _answers(result, lines):
        _paragraph(console, label, text)
    if lines:
        _tables(console, lines)
    for label, text in _doubts(result, lines):
        _paragraph(console, label, text)
    for label, what in _files(path, report):
        # One line however narrow the terminal is, so that it can be copied.
        text = Text.assemble((f"{label:<{LABEL}}", "bold"), printable(what))
        console.print(text, soft_wrap=True)


def _paragraph(console: Console, label: str, text: Text, indent: int = LABEL) -> None:
    """Text with a label before it: beside all of its lines where there is room for that."""
    indent *= console.width >= WIDE
    if label and not indent:
        text = Text.assemble((f"{label}: ", "bold"), text)
    for line in text.wrap(console, console.width - indent):
        line.rstrip()
        console.print(Text.assemble((f"{label:<{indent}}" if indent else "", "bold"), line))
        label = ""


def _title(result: Result, seconds: float | None) -> str:
    """What was measured where and when."""
    machine = readable(result.environment.machine.cpu_model, 40)
    gpus = dict.fromkeys(readable(row.gpu.name, 40) for row in result.rows if row.gpu)
    count = f"{len(result.rows)} row{'' if len(result.rows) == 1 else 's'}"
    took = f" in {clock_time(seconds)}" if seconds is not None else ""
    suite = f"suite {readable(result.suite)}"
    if result.rows:
        machine = f"{machine}, {threads(result.rows)}"
    day = printable(result.created[:10])
    return " · ".join(["lstmbench", machine, *gpus, day, suite, count + took])


def _answers(result: Result, lines: Sequence[Line]) -> Iterator[tuple[str, Text]]:
    """The answer to the question of the run, and the backend to use for each mode."""
    if result.break_even is not None:
        question, *answers, method = (readable(line, 1000) for line in sentences(result))
        yield from _listed("Question", [f"{question}.", *_short(answers), method])
    found = choices(lines, result.baseline)
    where = partial(_where, threads=len({line.threads for line in lines}) > 1)
    for choice in found:
        yield MODE_WORDS[choice.mode].capitalize(), _use(choice, result.baseline, where)
    if not found:
        yield "Answer", Text(why_none(lines))


def _listed(label: str, texts: Sequence[str]) -> Iterator[tuple[str, Text]]:
    """Paragraphs, the first with a label."""
    for at, text in enumerate(texts):
        yield "" if at else label, Text(text)


def _short(texts: Sequence[str]) -> list[str]:
    """The first of some texts, and how many more there are."""
    more = [f"and {len(texts) - LISTED} more, in the report"] if texts[LISTED:] else []
    return [*texts[:LISTED], *more]


def _use(choice: Choice, baseline: str, where: Callable[[Line | Row], str]) -> Text:
    """The answer of the report, with less of who is where and at which of the others."""
    text = Text.assemble("use ", (readable(choice.backend), "bold"))
    if is_own(choice.backend):
        text.append(" (own kernels)")
    over = choice.over
    if over is not None:
        speedup = f"typically {ratio(over.speedup)} as fast as {readable(baseline)}"
        ends = [over.worst, over.best] if over.rows > 1 else [over.best]
        text.append(", ").append(speedup, "bold").append(": ")
        text.append(" to ".join(f"{ratio(at.value)} at {where(line)}" for at, line in ends))
    won, sure, of = len(choice.won), len(choice.surely_won), len(choice.contests)
    text.append(f". Fastest of {choice.backends} in ")
    text.append(f"{won} of {of} shape{'s' if of > 1 else ''}", "bold")
    text.append(f", surely in {'all' if sure == won else sure}")
    text.append(f", typically {ratio(choice.typically_ahead)} as fast as the fastest other")
    if lost := len(choice.surely_lost):
        text.append(f"; another is surely faster in {lost}")
    if choice.mode == "infer" and over and (top := over.most_steps).sequences_per_s:
        text.append(f". At most {rate(top.timesteps_per_s or 0)} time-steps/s: ")
        text.append(f"{rate(top.sequences_per_s)} sequences/s at {where(top)}")
    return text.append(".")


def _where(at: Line | Row, *, threads: bool) -> str:
    """A workload in a few words, with its number of threads where there are several."""
    w = at.workload
    sizes = f"T{w.seq_len}-B{w.batch_size}-H{w.hidden_size}"
    words = [w.cell_name, sizes, *map(readable, w.remarks)]
    return " ".join([*words, f"×{at.threads}"] if threads else words)


def _tables(console: Console, lines: Sequence[Line]) -> None:
    """The heat tables, what their letters and shades say, and how many fields are not shown."""
    winners = [line.fastest for line in lines if line.fastest]
    # Sixteen colours are too few for the depths of all hues.
    in_colour = console.color_system in ("256", "truecolor") and not console.no_color
    letters = letters_of(name for name, _ in Counter(winners).most_common())
    painter = Painter(letters, looks_of(lines), in_colour)
    groups = summary.groups_of(lines)
    wording = Wording(groups)
    by_mode: dict[int, list[Piece]] = {}
    for panel in sorted(panels_of(groups, wording), key=_mode_of):
        by_mode.setdefault(_mode_of(panel), []).extend(pieces(panel, painter, console.width))
    texts, shown = side_by_side(by_mode.values(), console.width, TABLES)
    console.print()
    for text in texts:
        console.print(text)
    console.print()
    if shown < len(lines):
        more = f"{len(lines) - shown} of {len(lines)} shapes are not shown; the report has them"
        _paragraph(console, "More", Text(more))
    if contests := [line for line in lines if line.lead]:
        _paragraph(console, "Fastest", _score(contests, painter))
        _paragraph(console, "Ahead by", _scale(painter))
    facts = f"T steps, B batch size, H hidden size; everywhere {wording.common}"
    _paragraph(console, "", Text(facts, "dim"))


def _mode_of(panel: Panel) -> int:
    """Grids of training before those of inference, and tables of both after them."""
    line = next(iter(panel.fields.values()))
    return list(MODE_WORDS).index(line.workload.mode) if panel.is_grid else len(MODE_WORDS)


def _score(contests: Sequence[Line], painter: Painter) -> Text:
    """In how many workloads each backend is the fastest, and in how many surely."""
    won = summary.wins(contests)
    sure = summary.wins(line for line in contests if line.lead and line.lead.is_sure)
    text = Text()
    for at, (name, count) in enumerate(won.items()):
        text.append(", " if at else "")
        text.append(f"{painter.letters[name]}={readable(name)}", painter.fill(name, 4))
        text.append(f" {count}" if at else f" {count} of {len(contests)}")
        text.append(f" (surely {sure.get(name, 0)})")
    timed = dict.fromkeys(row.backend for line in contests for row in line.ranking)
    never = [readable(name) for name in timed if name not in won]
    return text.append(f"; never {', '.join(never)}" if never else "")


def _scale(painter: Painter) -> Text:
    """What each shade, or each depth of a colour, says of a lead on the second."""
    first = next(iter(painter.letters))
    if not painter.in_colour:
        return Text(legend("  "))
    words = [f" {UNSURE} not sure", *(f" {meaning}" for meaning in meanings()[1:])]
    fills = (painter.fill(first, at) for at in range(len(words)))
    return Text.assemble(*zip(words, fills, strict=True))


def _doubts(result: Result, lines: Sequence[Line]) -> Iterator[tuple[str, Text]]:
    """What went wrong, what is doubtful, and what is noise."""
    trouble = [readable(text.plain, LONGEST) for text in tables.trouble(result.rows)]
    yield from _listed("Trouble", _short(trouble))
    yield from _listed("A/A", [*twins.sentences(twins.twins_of(lines))])
    yield from _listed("GPU", [text.plain for text in tables.devices(result.rows)])


def _files(path: Path, report: Path | None) -> Iterator[tuple[str, str]]:
    yield "Result", str(path)
    if report is None:
        yield "Report", shlex.join(["lstmbench", "report", str(path), "-o", "report.md"])
    else:
        yield "Report", str(report)
        yield "Again", shlex.join(["lstmbench", "show", str(path)])
