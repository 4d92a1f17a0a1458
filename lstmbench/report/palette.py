"""The colour of each backend on the HTML page: that of the pictures, by its number."""

from collections.abc import Iterable, Iterator

from ..analysis.summary import Line
from .pictures.looks import Look, looks_of
from .pictures.theme import DARK, LIGHT

_HUES = tuple(LIGHT.hues)


def colours(lines: Iterable[Line]) -> dict[str, str]:
    """The class of each backend, in the order in which they first occur: ``c`` on a CPU, or ``g``.

    It ends in the number of a hue.
    """
    return {name: _class(look) for name, look in looks_of(lines).items()}


def _class(look: Look) -> str:
    return f"{'g' if look.on_gpu else 'c'}{_HUES.index(look.hue)}"


def style() -> str:
    """What every class and colour is, on a light page and on a dark one."""
    rules = list(_rules())
    variables = "".join(f"--{name}:light-dark({light},{dark});" for name, light, dark in rules)
    classes = "".join(f".{name}{{--own:var(--{name})}}" for name, _, _ in rules)
    return f":root{{{variables}}}{classes}"


def _rules() -> Iterator[tuple[str, str, str]]:
    for hue in _HUES:
        for on_gpu in (False, True):
            look = Look("", hue, on_gpu, "", "")
            yield _class(look), look.colour(LIGHT), look.colour(DARK)
