"""Heat tables on a terminal: the panels of the winners' map as text, side by side where they fit.

Names that come out of a file are in no field: letters stand for them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby, zip_longest
from string import ascii_lowercase

from rich.style import Style
from rich.text import Text

from ..analysis.shading import SHADES, level
from ..analysis.summary import Line
from ..analysis.tables import MODE_WORDS, STATUS_WORDS
from ..report.pictures.legend import SHARES
from ..report.pictures.lettering import readable
from ..report.pictures.looks import Looks
from ..report.pictures.panels import Panel
from ..report.pictures.theme import LIGHT, ink_on, mix
from ..units import duration

# What the hue of the fastest is mixed with: it dazzles on no dark background, and shows on a light.
PAPER = "#e8e8e8"
# Between two tables, between two blocks of columns, and the least of a column.
GAP, BLOCK_GAP, FIELD = 3, 1, 7
# No table is begun where fewer lines are left.
LEAST = 5

# A column of a panel, what stands above it and others, and its own name.
Head = tuple[int, str, str]
# What stands above some columns, and where they are.
Blocks = list[tuple[str, list[int]]]


@dataclass(frozen=True)
class Painter:
    """How a field says who is the fastest by how much: by a letter, and by a colour or a shade."""

    letters: Mapping[str, str]
    looks: Looks
    in_colour: bool

    def field(self, line: Line | None) -> Text:
        """``n▓1.8×``; the time where nothing else has one, or why there is none."""
        if line is None:
            return Text("")
        if line.lead is not None:
            first, at = line.lead.first.backend, level(line.lead)
            mark = " " if self.in_colour and at else SHADES[at]
            text = f" {self.letters[first]}{mark}{times(line.lead.margin.value)}"
            return Text(text, self.fill(first, at))
        if line.ranking:
            (row,) = line.ranking
            assert row.time_s is not None
            text = f" {self.letters[row.backend]} {duration(row.time_s.median)}"
            return Text(text, self.fill(row.backend, 0))
        statuses = [row.status for row in line.rows.values()]
        tried = [status for status in statuses if status not in ("unavailable", "skipped")]
        return Text(f" {STATUS_WORDS[[*tried, *statuses][0]]}", "dim")

    def fill(self, backend: str, at: int) -> Style:
        """Both colours of a field, so that it reads the same on any background."""
        if not self.in_colour:
            return Style.null()
        paper = mix(PAPER, self.looks[backend].colour(LIGHT), SHARES[at])
        return Style(color=ink_on(paper), bgcolor=paper)


def times(margin: float) -> str:
    """A lead in four characters: ``1.8×``."""
    return f"{margin:.1f}×" if margin < 9.95 else f"{min(margin, 999):>3.0f}×"


def letters_of(backends: Iterable[str]) -> dict[str, str]:
    """A small letter for each backend: the first of its name that is left."""
    found: dict[str, str] = {}
    for name in backends:
        own = [sign for sign in name.lower() if sign in ascii_lowercase]
        free = (sign for sign in chain(own, ascii_lowercase) if sign not in found.values())
        found[name] = next(free, "?")
    return found


@dataclass(frozen=True)
class Piece:
    """A table, or as many columns of one as fit, and how many fields each line of it shows."""

    lines: list[Text]
    fields: list[int]

    @property
    def width(self) -> int:
        return max(line.cell_len for line in self.lines)


def pieces(panel: Panel, painter: Painter, width: int) -> Iterator[Piece]:
    """A table in as many pieces as it takes for each to be no wider than ``width``."""
    heads = _heads(panel)
    fields = [
        [painter.field(panel.fields.get((row, column))) for column, _, _ in heads]
        for row in range(len(panel.rows))
    ]
    labels = [Text(readable(_tight(row), max(width // 2, FIELD))) for row in panel.rows]
    left = max(label.cell_len for label in labels) + 1
    for label in labels:
        label.align("right" if panel.is_grid else "left", left - 1)
        label.append(" ")
    blocks, room = _blocks(heads, range(len(heads))), width - left
    widths = _widths(heads, fields, blocks, room)
    for chunk in _chunks(blocks, widths, room):
        above, names = Text(" " * left), Text(" " * left)
        rows = [label.copy() for label in labels]
        for block, ats in _blocks(heads, chunk):
            gap = " " * BLOCK_GAP if ats[0] != chunk[0] else ""
            whole = sum(widths[at] for at in ats)
            above.append(f"{gap}{block:^{whole}.{whole}}")
            names.append(gap + "".join(f"{heads[at][2]:>{widths[at]}.{widths[at]}}" for at in ats))
            for row, texts in zip(rows, fields, strict=True):
                row.append(gap)
                for at in ats:
                    row.append_text(_right(texts[at], widths[at]))
        title = [Text(readable(panel.title, width), "bold")] if panel.title else []
        title += [above] if above.plain.strip() else []
        counts = [sum(bool(texts[at].plain) for at in chunk) for texts in fields]
        kept = [(row, count) for row, count in zip(rows, counts, strict=True) if count]
        yield Piece(
            [*title, names, *(row for row, _ in kept)],
            [*(0 for _ in title), 0, *(count for _, count in kept)],
        )


def _heads(panel: Panel) -> list[Head]:
    """Each column with what stands above it: the mode once for all of its cells, and the name."""
    heads = [
        (at, block, name)
        for at, column in enumerate(panel.columns)
        for name, _, block in [_tight(column).partition("\n")]
    ]
    return sorted(heads, key=lambda head: [*MODE_WORDS.values(), ""].index(head[1]))


def _widths(
    heads: Sequence[Head], fields: Sequence[Sequence[Text]], blocks: Blocks, room: int
) -> list[int]:
    """The width of each column: for its fields, its name, and what stands above its block."""
    widths = [
        max(FIELD, min(len(name) + 1, room), *(row[at].cell_len for row in fields))
        for at, (_, _, name) in enumerate(heads)
    ]
    for block, ats in blocks:
        widths[ats[0]] += max(0, min(len(block) + 1, room) - sum(widths[at] for at in ats))
    return widths


def _right(text: Text, width: int) -> Text:
    return Text(" " * (width - text.cell_len), text.style).append_text(text)


def _tight(name: str) -> str:
    """``T64 B16`` for ``T 64 · B 16``."""
    return re.sub(r"\b([TBIH]) (?=\d)", r"\1", name.replace(" · ", " "))


def _blocks(heads: Sequence[Head], ats: Iterable[int]) -> Blocks:
    """Neighbouring columns below the same head."""
    return [(block, list(of)) for block, of in groupby(ats, key=lambda at: heads[at][1])]


def _chunks(blocks: Blocks, widths: Sequence[int], room: int) -> Iterator[list[int]]:
    """The columns of each piece: whole blocks where they fit, else as many columns as do."""
    chunk: list[int] = []
    used = 0
    for _, block in blocks:
        if chunk and used + sum(widths[at] for at in block) > room:
            yield chunk
            chunk, used = [], 0
        for at in block:
            if chunk and used + widths[at] > room:
                yield chunk
                chunk, used = [], 0
            chunk.append(at)
            used += widths[at]
        used += BLOCK_GAP
    yield chunk


def side_by_side(
    groups: Iterable[Sequence[Piece]], width: int, most: int
) -> tuple[list[Text], int]:
    """The lines of all pieces, but at most so many, and how many fields they show.

    A group begins below the one before it where not all of it fits beside that.
    """
    shelves: list[list[Piece]] = []
    used = width
    for pieces in groups:
        room = width - sum(GAP + piece.width for piece in pieces)
        for at, piece in enumerate(pieces):
            if used + GAP + piece.width > width or (at == 0 and used > room):
                shelves.append([])
                used = -GAP
            shelves[-1].append(piece)
            used += GAP + piece.width
    lines: list[Text] = []
    shown = 0
    for shelf in shelves:
        left = most - len(lines) - bool(lines)
        if left < LEAST:
            break
        lines += [Text("")] if lines else []
        shown += sum(sum(piece.fields[:left]) for piece in shelf)
        for row in list(zip_longest(*(piece.lines for piece in shelf), fillvalue=Text("")))[:left]:
            line = Text(no_wrap=True, overflow="crop")
            for piece, text in zip(shelf, row, strict=True):
                line.append_text(text).append(" " * (piece.width - text.cell_len + GAP))
            line.rstrip()
            lines.append(line)
    return lines, shown
