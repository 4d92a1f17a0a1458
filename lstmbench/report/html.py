"""Result files as one HTML page that needs no network; the same bytes for the same files.

What a file says reaches the page as text alone: the template escapes all of it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import UsageError
from ..markdown import one_line
from ..records import Result
from ..units import duration, percent, ratio
from . import data
from .method import machine_items, method_items

VIEWER = Path(__file__).parent / "viewer"


def page(results: Sequence[Result], *, max_bytes: int | None = None) -> str:
    """The whole page; raises ``UsageError`` where it cannot be as small as ``max_bytes``."""
    text: str = _template().render(files=[_of_file(result) for result in results])
    length = len(text.encode())
    if max_bytes is not None and length > max_bytes:
        raise UsageError(f"--max-bytes: expected at least {length} for HTML, got {max_bytes}")
    return text


def _of_file(result: Result) -> dict[str, Any]:
    return {
        **data.of_file(result),
        "machine_items": machine_items(result, one_line),
        "method_items": method_items(result, one_line),
    }


def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(VIEWER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"ratio": ratio, "duration": duration, "percent": percent}
    return environment.get_template("page.html")
