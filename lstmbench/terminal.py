"""Standard output and standard error: any text, whatever their encoding can say."""

import codecs
import io
import json
import os
import re
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

# How signs are written where an encoding has none of them; what is not here is a question mark.
PLAIN = {
    "×": "x",
    "±": "+-",
    "≈": "~",
    "µ": "u",
    "·": "-",
    "…": "...",
    "→": "->",
    "⚠": "!",
    "✅": "ok",
    "❌": "x",
    "\N{VARIATION SELECTOR-16}": "",
    "│": "|",
    "∂": "d",
    "√": "sqrt",
    **dict.fromkeys("–—−", "-"),
    **dict.fromkeys("‘’", "'"),
    **dict(zip("░▒▓▉", ".:+#", strict=True)),
    **dict(zip("▁▂▃▄▅▆▇█", "01234567", strict=True)),
}
# The width of what is no terminal, where COLUMNS does not say another.
WIDTH = 80


def speak_plainly() -> None:
    """From here on no text is too much for standard output and standard error."""
    codecs.register_error("lstmbench", _plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="lstmbench")


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(PLAIN.get(sign, "?") for sign in signs), error.end


def write_json(text: str) -> None:
    """Write JSON to standard output, escaped where its encoding could not say all of it."""
    if not (sys.stdout.encoding or "").lower().startswith("utf"):
        text = re.sub("[^\0-\x7f]", lambda sign: json.dumps(sign[0])[1:-1], text)
    sys.stdout.write(text)


def console() -> "Console":
    """Where results are shown: as wide as the terminal, ``WIDTH`` where there is none."""
    from rich.console import Console

    found = Console(highlight=False)
    if not found.is_terminal and "COLUMNS" not in os.environ:
        found.width = WIDTH
    return found
