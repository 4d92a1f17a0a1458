"""Reading a verdict file, which may be a stranger's: the job of a pull request writes it.

Whoever renders it with rights that the writer did not have must not be led by it.  A file is read
up to a limit, held against its schema, and every word of it is escaped where it is shown.  The
command that it shows to a person to run again is the gate's own and nothing else.
"""

import shlex
from pathlib import Path

from ..errors import ResultFormatError
from ..result import validated
from ..units import size
from .records import GateFile

# A suite of a thousand rows needs a third of it.
LARGEST = 4 * 2**20


def read(path: Path) -> GateFile:
    """Read and validate a verdict file; raises ``ResultFormatError`` with one clear line."""
    if not path.is_file():
        raise ResultFormatError(f"{path}: expected a verdict file, got {_kind(path)}")
    try:
        with path.open("rb") as file:
            text = file.read(LARGEST + 1)
    except OSError as error:
        raise ResultFormatError(f"{path}: cannot be read: {error.strerror}") from error
    if len(text) > LARGEST:
        raise ResultFormatError(
            f"{path}: expected a verdict file of at most {size(LARGEST)}, got a larger one"
        )
    result = validated(path, text, GateFile, "an lstmbench verdict file")
    if not _is_gate(result.command):
        raise ResultFormatError(
            f"{path}: command: expected one call of lstmbench gate, got {result.command!r:.60}"
        )
    return result


def _kind(path: Path) -> str:
    return "something else" if path.exists() else "nothing there"


def _is_gate(command: str) -> bool:
    """Whether a command is a single one of the gate: a shell would run nothing else with it."""
    try:
        words = shlex.split(command)
    except ValueError:
        return False
    return words[:2] == ["lstmbench", "gate"] and shlex.join(words) == command
