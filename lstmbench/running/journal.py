"""Finished rows on disk the moment they finish, so that nothing measured is ever lost.

A journal is a text file beside the result file that is to be: one JSON object a line, first the
plan and the header, then one row each.  It is gone when the result file is there.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from ..errors import OutputError, ResultFormatError, UsageError
from ..model import Model
from ..planning.plan import Plan
from ..records import Header, Row
from ..result import first_error, make_folder_of

SUFFIX = ".journal"
VERSION = 1


class Opening(Model):
    """The first line: what was asked for, and on which machine."""

    journal: int = VERSION
    plan: Plan
    header: Header


class Journal:
    """An open journal: rows are added, and are safe when ``add`` returns."""

    def __init__(self, path: Path, file: IO[bytes], rows: int = 0) -> None:
        self.path = path
        self.rows = rows
        self._file = file

    def open_with(self, opening: Opening) -> None:
        """Write the first line."""
        self._append(opening)

    def add(self, row: Row) -> None:
        """Append a row and wait until the disk has it; raises ``OutputError``."""
        self._append(row)
        self.rows += 1

    def remove(self) -> None:
        """Delete the journal: its rows are in the result file."""
        self.path.unlink()

    def _append(self, line: Opening | Row) -> None:
        try:
            left = line.model_dump_json().encode() + b"\n"
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise OutputError(
                f"{self.path}: cannot be written: {error.strerror}; "
                f"the {self.rows} rows before this one are kept"
            ) from error


def journal_path(output: Path) -> Path:
    """Where the journal of a result file lies."""
    return output.with_name(output.name + SUFFIX)


@contextmanager
def begin(output: Path, opening: Opening) -> Iterator[Journal]:
    """Start a journal; raises ``UsageError`` where the rows of an unfinished run would be lost."""
    path = journal_path(output)
    make_folder_of(path)
    if path.exists() and not path.is_file():
        raise OutputError(f"{path}: cannot be written: it is not a file")
    with _locked(path, "a+b") as file:
        if path.read_bytes().count(b"\n") > 1:
            raise UsageError(
                f"{path}: holds the rows of an unfinished run; "
                f"go on with it (--resume -o {output}) or delete it"
            )
        file.truncate(0)
        journal = Journal(path, file)
        try:
            journal.open_with(opening)
            yield journal
        finally:
            if journal.rows == 0:
                path.unlink(missing_ok=True)


@contextmanager
def resume(output: Path) -> Iterator[tuple[Journal, Opening, list[Row]]]:
    """Open a journal to go on with it; raises ``UsageError`` or ``ResultFormatError``."""
    path = journal_path(output)
    opening, rows, whole = load(path)
    with _locked(path, "r+b") as file:
        # A line that was being written when the run was killed is dropped.
        file.truncate(whole)
        file.seek(whole)
        yield Journal(path, file, len(rows)), opening, rows


def load(path: Path) -> tuple[Opening, list[Row], int]:
    """The opening, the rows, and how many bytes of the file are whole lines."""
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError as error:
        raise UsageError(f"--resume: {path} is not there: no run was interrupted") from error
    except OSError as error:
        raise ResultFormatError(f"{path}: cannot be read: {error.strerror}") from error
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    try:
        start = json.loads(lines[0]) if lines else None
        if not isinstance(start, dict) or "journal" not in start:
            raise ResultFormatError(f"{path}: not a journal of lstmbench, or empty; delete it")
        if start["journal"] != VERSION:
            raise ResultFormatError(
                f"{path}: expected journal {VERSION}, got {start['journal']!r:.60}: begun by "
                "another version of lstmbench, go on with that one"
            )
        opening = Opening.model_validate_json(lines[0])
        rows = [Row.model_validate_json(line) for line in lines[1:]]
    except ValidationError as error:
        raise ResultFormatError(f"{path}: damaged: {first_error(error)}") from error
    except (ValueError, UsageError, RecursionError) as error:
        raise ResultFormatError(f"{path}: damaged: {error}") from error
    for row in opening.plan.strangers(rows):
        raise ResultFormatError(f"{path}: damaged: {row.id} on {row.backend} is not in its plan")
    return opening, rows, sum(map(len, lines))


@contextmanager
def _locked(path: Path, mode: str) -> Iterator[IO[bytes]]:
    """Open a journal for this process alone.

    Without a buffer: what a full disk did not take must not be tried again when the file is closed.
    """
    try:
        file = path.open(mode, buffering=0)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise UsageError(f"{path}: another run is writing it; choose another -o") from error
        yield file
