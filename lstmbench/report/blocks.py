"""Marked blocks of a README, written anew from the result files that they name.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

import re
from pathlib import Path

from .. import summary
from ..errors import UsageError
from ..markdown import escape
from ..records import Result
from ..result import read, write_atomically
from . import gpu
from .answer import definition, headline
from .grids import grids
from .method import threads, versions

_BLOCK = re.compile(
    r"(?P<begin><!-- lstmbench:begin (?P<file>\S+) -->\n).*?(?P<end><!-- lstmbench:end -->)", re.S
)


def block(result: Result, source: str) -> str:
    """A short form for a README: the answer, the grids, and where they are from."""
    lines = summary.lines_of(result.rows)
    machine = "; ".join([escape(result.environment.machine.cpu_model), *gpu.names(result.rows)])
    parts = [
        headline(lines, result.baseline),
        *grids(lines, result.baseline),
        f"{machine}, {threads(result.rows)}; {versions(result)}. "
        f"{definition(result.baseline)} All of it: [{escape(source)}]({source}).",
    ]
    return "\n\n".join(parts) + "\n"


def update(path: Path, *, check: bool) -> bool:
    """Write each marked block of a Markdown file anew from the result file that it names.

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

    def fresh(match: re.Match[str]) -> str:
        result = read(path.parent / match["file"])
        return match["begin"] + block(result, match["file"]) + match["end"]

    new = _BLOCK.sub(fresh, text)
    if new != text and not check:
        write_atomically(path, new)
    return new == text
