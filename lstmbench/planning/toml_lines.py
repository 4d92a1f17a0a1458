"""On which line of a TOML file something stands: ``tomllib`` reads values and forgets where.

The beginnings of a file that are TOML by themselves say it: what the first of them to hold a key
has more than the one before it, is the line that sets the key.
"""

import tomllib
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

Path = Sequence[str | int]


def line_of(text: str, path: Path) -> int | None:
    """The line, from 1, of a key or an element of a valid file.

    Of a path whose end is not there, the line of what is; ``None`` where nothing is.  An array is
    read element by element where each has a line of its own.
    """
    while path and not _holds(tomllib.loads(text), path):
        path = path[:-1]
    if not path:
        return None
    lines = [f"{line}\n" for line in text.split("\n")]

    def is_there(count: int) -> bool:
        return _holds(_whole(lines, count)[1], path)

    last = bisect_left(range(len(lines) + 1), True, key=is_there)
    return _whole(lines, last - 1)[0] + 1


def _whole(lines: Sequence[str], count: int) -> tuple[int, Any]:
    """The most of the first lines that are TOML, an open array closed: how many, and its content.

    No line at all is TOML, so there always is an answer.
    """
    while True:
        beginning = "".join(lines[:count])
        for closed in (beginning, f"{beginning}]"):
            try:
                return count, tomllib.loads(closed)
            except tomllib.TOMLDecodeError:
                continue
        count -= 1


def _holds(content: Any, path: Path) -> bool:
    """Whether there is anything at a path."""
    for part in path:
        try:
            content = content[part]
        except (LookupError, TypeError):
            return False
    return True
