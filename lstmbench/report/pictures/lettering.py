"""Names cut to what can be read, and the room that text takes in whatever font it is read."""

from collections.abc import Sequence
from unicodedata import east_asian_width

from ...markdown import one_line, printable

# The longest name of a backend in a picture.
LONGEST = 24
# The width of a letter / the size of the font, in the widest of the usual fonts.
_WIDTHS = {
    **dict.fromkeys("iljI.,:;|!'", 0.32),
    **dict.fromkeys("frt()[]- ·", 0.42),
    **dict.fromkeys("mwMW%@…", 0.98),
}
_USUAL = 0.62


def readable(name: str, longest: int = LONGEST) -> str:
    """A name on one line without what cannot be seen, cut where it is too long."""
    line = printable(" ".join(name.split()))
    return line if len(line) <= longest else line[: max(longest - 1, 1)] + "…"


def without_device(names: Sequence[str]) -> dict[str, str]:
    """Each name without its ``-cpu`` or ``-cuda``, where that leaves no two the same."""
    short = {name: name.removesuffix("-cpu").removesuffix("-cuda") for name in names}
    return short if len(set(short.values())) == len(short) else {name: name for name in names}


def room(text: str, size: float) -> float:
    """The pixels that a line of text takes at most, at a size of font in pixels."""
    return size * sum(map(_width, text))


def fitting(text: str, size: float, width: float) -> str:
    """The text on one line of what can be seen, cut where it would take too many pixels."""
    text = one_line(text)
    if room(text, size) <= width:
        return text
    kept = len(text) - 1
    while kept > 1 and room(text[:kept] + "…", size) > width:
        kept -= 1
    return text[:kept] + "…"


def _width(letter: str) -> float:
    return _WIDTHS.get(letter) or (1.0 if east_asian_width(letter) in "WF" else _USUAL)


def flow(widths: Sequence[float], width: float) -> list[tuple[float, int]]:
    """Where each of some things of these widths starts, and on which line, as words on a page."""
    places, x, line = [], 0.0, 0
    for each in widths:
        if x and x + each > width:
            x, line = 0.0, line + 1
        places.append((x, line))
        x += each
    return places
