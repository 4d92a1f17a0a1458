"""Markdown from text that may be a stranger's: escaped words, tables, and parts that fold."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

_SPECIAL = re.compile(r"[\\`*_{}\[\]()#+!|<>~$&]")
# GitHub makes links and mentions of decoded text too: an invisible space breaks those.  Before that
# its renderer makes a link of www. and whatever follows: that dot is written as a number.
_LIVE = re.compile(r"@|(?<=:)(?=//)|(?<=www)\.", re.I)
# What would begin a list or a rule at the head of an item.
_LEADING = re.compile(r"^(\d*)([-.])(?=[-\s]|$)")
LONGEST = 300


# A page names the same few backends, workloads and reasons in thousands of fields.
@lru_cache(maxsize=2**14)
def escape(text: str) -> str:
    """Text that Markdown and HTML leave as it is: one line, nothing live, no mentions.

    What cannot be seen (control characters, marks that turn the direction of writing) shows as �.
    """
    quiet = _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", one_line(text))
    quiet = _LEADING.sub(lambda match: f"{match[1]}&#{ord(match[2])};", quiet)
    return _LIVE.sub(lambda match: f"{match[0].replace('.', '&#46;')}&#8203;", quiet)


def one_line(text: str) -> str:
    """Text in one line of what can be seen, cut where it is very long; not escaped."""
    line = printable(" ".join(text.split()))
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def printable(text: str) -> str:
    """Text without what cannot be seen, and a terminal or a page may obey: each shows as �."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def table(head: Sequence[str], body: Iterable[Sequence[str]], left: Sequence[int] = ()) -> str:
    """A Markdown table; numbers to the right, the columns in ``left`` to the left."""
    rule = [":---" if index in left else "---:" for index in range(len(head))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *body))


def fold(title: str, text: str) -> str:
    """A part that opens on a click; without the empty line its table would not render."""
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"
