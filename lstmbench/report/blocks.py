"""Marked blocks of a README, written anew from the result files that they name.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

import re
from pathlib import Path

from ..analysis import summary
from ..errors import UsageError
from ..markdown import escape, fold
from ..records import Result
from ..result import read, write_atomically
from . import gpu
from .answer import answer, definition, standings
from .grids import grids
from .method import threads, versions
from .pictures import fastest
from .shelf import Shelf

_BLOCK = re.compile(
    r"(?P<begin><!-- lstmbench:begin (?P<file>\S+) -->\n).*?(?P<end><!-- lstmbench:end -->)", re.S
)


def block(result: Result, source: str, shelf: Shelf | None = None) -> str:
    """A short form for a README: the answer, one picture, the tables, and where they are from."""
    lines, baseline = summary.lines_of(result.rows), result.baseline
    machine = "; ".join([escape(result.environment.machine.cpu_model), *gpu.names(result.rows)])
    parts = [
        answer(lines, baseline),
        *map((shelf or Shelf()).place, fastest(lines)),
        standings(lines, baseline),
        fold("The same as tables", "\n\n".join(grids(lines, baseline))),
        f"{machine}, {threads(result.rows)}; {versions(result.environment)}. "
        f"{definition(baseline)} All of it: [{escape(source)}]({source}).",
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def update(path: Path, *, check: bool) -> bool:
    """Write each marked block of a Markdown file anew from the result file that it names.

    The picture of a block lies in a folder beside its result file, named after it.

    Returns whether the file was current.  With ``check`` nothing is written.  Raises ``UsageError``
    where there is no block, and ``ResultFormatError`` where a named file cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not a text file in UTF-8") from error
    if not _BLOCK.search(text):
        raise UsageError(
            f"{path}: expected a line <!-- lstmbench:begin FILE --> and <!-- lstmbench:end -->"
        )

    shelves = []

    def fresh(match: re.Match[str]) -> str:
        result = read(path.parent / match["file"])
        shelves.append(Shelf(match["file"].removesuffix(".json")))
        return match["begin"] + block(result, match["file"], shelves[-1]) + match["end"]

    new = _BLOCK.sub(fresh, text)
    if new != text and not check:
        write_atomically(path, new)
        for shelf in shelves:
            shelf.write(path, new)
    return new == text
