"""The result file: one JSON object, described by a JSON Schema, validated whenever it is read.

Version history of the format (a tool that knows a version reads every file of that version):

1  the first
"""

import json
import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from pydantic import ValidationError

from .errors import OutputError, ResultFormatError
from .model import Model
from .records import Header, Result, Row, require_unique

# As they stand in a file.
_SCHEMA, _VERSION = (
    json.dumps(Result.model_fields[name].default).encode() for name in ("schema_", "version")
)
AnyFile = TypeVar("AnyFile", bound=Model)


def json_schema(of: type[Model] = Result) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a kind of file; ``schemas/`` has each as a file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **of.model_json_schema(by_alias=True),
    }


def read(path: Path) -> Result:
    """Read and validate a result file; raises ``ResultFormatError`` with one clear line."""
    text = content(path)
    return _row_by_row(path, text) or validated(path, text, Result, "an lstmbench result file")


def content(path: Path) -> bytes:
    """What is in a file; raises ``ResultFormatError``."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ResultFormatError(f"{path}: cannot be read: {error.strerror}") from error


def _row_by_row(path: Path, text: bytes) -> Result | None:
    """What the text of a result file says, one row after another, in a third of the memory.

    ``None`` where more is wrong than rows: what that is, is told by who looks at all of it at once.
    """
    try:
        parts = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        if [bytes(parts[name]) for name in ("schema", "version")] != [_SCHEMA, _VERSION]:
            return None
        texts = msgspec.json.decode(parts.pop("rows"), type=list[msgspec.Raw])
        header = Header.model_validate_json(msgspec.json.encode(parts))
        rows = _rows(path, texts)
        require_unique(rows)
        # Whole records would be held against what they are to be once more.
        return Result.model_construct(**_fields(header), rows=rows)
    except (KeyError, ValueError, RecursionError, msgspec.MsgspecError):
        return None


def _rows(path: Path, texts: Iterable[msgspec.Raw]) -> tuple[Row, ...]:
    """The rows; raises ``ResultFormatError`` where a row is wrong, ``ValueError`` if no JSON."""
    rows, first, wrong = [], None, 0
    for number, text in enumerate(texts):
        try:
            rows.append(Row.model_validate_json(bytes(text)))
        except ValidationError as error:
            details = error.errors(include_url=False)[0]
            if details["type"] == "json_invalid":
                raise
            wrong += error.error_count()
            first = first or {**details, "loc": ("rows", number, *details["loc"])}
    if first:
        raise ResultFormatError(f"{path}: {_in_one_line(first, wrong)}")
    return tuple(rows)


def _fields(header: Header) -> dict[str, Any]:
    return {name: getattr(header, name) for name in Header.model_fields}


def validated(path: Path, text: bytes, kind: type[AnyFile], what: str) -> AnyFile:
    """What the text of a file says; raises ``ResultFormatError`` with one clear line.

    Args:
        kind: the record of such a file, whose schema and version the file is to name.
        what: its name for a person.
    """
    schema, version = (kind.model_fields[name].default for name in ("schema_", "version"))
    try:
        start = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ResultFormatError(f"{path}: not JSON, or cut short: {error}") from error
    if not isinstance(start, dict) or start.get("schema") != schema:
        raise ResultFormatError(f"{path}: not {what} (no schema {schema!r})")
    got = start.get("version")
    if type(got) is not int or got != version:
        advice = "update lstmbench to read it" if _is_later(got, version) else "it is damaged"
        raise ResultFormatError(f"{path}: expected version {version}, got {got!r:.60}; {advice}")
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise ResultFormatError(f"{path}: {first_error(error)}") from error


def _is_later(got: object, version: int) -> bool:
    return isinstance(got, int) and got > version


def first_error(error: ValidationError) -> str:
    """The first of pydantic's complaints, in one line, with how many more there are."""
    return _in_one_line(error.errors(include_url=False)[0], error.error_count())


def _in_one_line(first: Mapping[str, Any], count: int) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    got = "" if isinstance(first["input"], dict | list) else f", got {first['input']!r:.60}"
    more = f" (and {count - 1} more)" if count > 1 else ""
    return f"{place.lstrip('.') or 'file'}: {message}{got}{more}"


def write(path: Path, header: Header, rows: Sequence[Row]) -> None:
    """Write a result file whole or not at all: to a new file beside it, then in its place."""
    write_atomically(path, Result(**_fields(header), rows=tuple(rows)).as_file())


def make_folder_of(path: Path) -> None:
    """See that a file can be written before what it is to hold is measured.

    Raises ``OutputError``.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{path.parent}: cannot be a folder: {error.strerror}") from error


def write_atomically(path: Path, text: str) -> None:
    """Replace a file in one step; raises ``OutputError``, and then the old file is as it was."""
    write_bytes_atomically(path, text.encode())


def write_bytes_atomically(path: Path, content: bytes) -> None:
    """The same for what is no text."""
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        temporary.replace(path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error
