"""A shelf: what the page says where a picture stands, and which files are written."""

import re
from html import unescape

import pytest
from conftest import HOSTILE

from lstmbench.errors import OutputError
from lstmbench.report.pictures import DARK, LIGHT, Picture
from lstmbench.report.shelf import Shelf


class Drawn(Picture):
    """A picture that says its name and theme."""

    def svg(self, theme):
        return f"{self.name} {theme.name}"


def a_picture(name="fastest", title="Who", alt="What it shows"):
    return Drawn(name=name, title=title, alt=alt, width=640, height=100, draw=lambda _canvas: None)


def test_a_picture_is_shown_in_the_theme_of_the_reader():
    text = Shelf("page").place(a_picture())

    assert text == (
        "**Who**\n\n<picture>\n"
        '<source media="(prefers-color-scheme: dark)" srcset="page/fastest-dark.svg">\n'
        '<img alt="What it shows" src="page/fastest-light.svg" width="640">\n'
        "</picture>"
    )


def test_without_a_folder_there_are_no_pictures(tmp_path):
    shelf = Shelf()

    assert shelf.place(a_picture()) == ""
    shelf.write(tmp_path / "page.md", "")
    assert list(tmp_path.iterdir()) == []


def test_only_what_the_page_shows_is_written(tmp_path):
    shelf = Shelf("my page")
    shown = shelf.place(a_picture("one"))
    shelf.place(a_picture("two"))

    shelf.write(tmp_path / "my page.md", shown)

    files = {path.name: path.read_text() for path in (tmp_path / "my page").iterdir()}
    assert files == {f"one-{t.name}.svg": f"one {t.name}" for t in (LIGHT, DARK)}


def test_the_pictures_of_several_files_have_names_of_their_own(tmp_path):
    shelf = Shelf("page")
    text = "".join(shelf.of(number).place(a_picture()) for number in range(2))

    shelf.write(tmp_path / "page.md", text)

    assert {path.name for path in (tmp_path / "page").iterdir()} == {
        f"{n}-fastest-{theme.name}.svg" for n in range(2) for theme in (LIGHT, DARK)
    }


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    shelf = Shelf("page")
    text = shelf.place(a_picture())
    (tmp_path / "page").write_text("in the way")

    with pytest.raises(OutputError, match="page"):
        shelf.write(tmp_path / "page.md", text)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words_stay_in_the_attribute(name):
    text = Shelf("page").place(a_picture(alt=HOSTILE[name], title=HOSTILE[name]))

    tags = re.findall(r"<[^>]*>", text)
    assert [tag.split()[0].strip("<>") for tag in tags] == ["picture", "source", "img", "/picture"]
    assert unescape(tags[2]).endswith(' src="page/fastest-light.svg" width="640">')
    assert "\n\n" not in text.split("<picture>")[1]
