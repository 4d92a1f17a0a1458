"""Where the pictures of a page are: a folder beside it, each in a light and a dark theme."""

from collections.abc import Callable
from html import escape
from pathlib import Path
from urllib.parse import quote

from ..errors import OutputError
from ..markdown import escape as escape_markdown
from ..markdown import printable
from ..result import write_atomically
from .pictures import DARK, LIGHT, Picture, Theme


class Shelf:
    """The pictures that a page shows; without a folder it shows none."""

    def __init__(self, folder: str | None = None) -> None:
        self.folder = folder
        self._pictures: dict[str, Picture] = {}
        self._prefix = ""

    def of(self, number: int) -> "Shelf":
        """The same shelf for the file of a number, whose pictures have names of their own."""
        part = Shelf(self.folder)
        part._pictures, part._prefix = self._pictures, f"{number}-"
        return part

    def place(self, picture: Picture) -> str:
        """What the page says where a picture stands: GitHub shows the one of the reader's theme."""
        if self.folder is None:
            return ""
        name = f"{self._prefix}{picture.name}"
        self._pictures[name] = picture
        light, dark = self._path(name, LIGHT), self._path(name, DARK)
        alt = escape(printable(" ".join(picture.alt.split())))
        return (
            f"**{escape_markdown(picture.title)}**\n\n<picture>\n"
            f'<source media="(prefers-color-scheme: dark)" srcset="{quote(dark)}">\n'
            f'<img alt="{alt}" src="{quote(light)}" width="{picture.width}">\n</picture>'
        )

    def write(self, beside: Path, text: str) -> None:
        """Write the pictures that the text of the page shows into the folder beside it.

        Raises ``OutputError`` where that cannot be written.
        """
        for name, picture in self._pictures.items():
            for theme in (LIGHT, DARK):
                path = self._path(name, theme)
                if f'="{quote(path)}"' in text:
                    file = beside.parent / path
                    _make(file.parent)
                    write_atomically(file, picture.svg(theme))

    def _path(self, name: str, theme: Theme) -> str:
        return f"{self.folder}/{name}-{theme.name}.svg"


def write_page(path: Path, make: Callable[[Shelf], str]) -> None:
    """Write a page, and the pictures that it shows into the folder of its name beside it.

    Raises ``OutputError`` where either cannot be written.
    """
    shelf = Shelf(path.stem)
    text = make(shelf)
    write_atomically(path, text)
    shelf.write(path, text)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: cannot be made: {error.strerror}") from error
