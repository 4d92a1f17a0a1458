"""The pictures: what they say is what the rows say, and the file asks for nothing."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from itertools import product

import pytest
from conftest import GOLDEN, HOSTILE, a_row, a_workload, bad_row, contenders
from drawings import SVG, THEMES, a_grid, attributes, drawn, pictures, texts
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmbench.analysis.summary import lines_of
from lstmbench.report.pictures import DARK, LIGHT, fastest, times
from lstmbench.report.pictures.lettering import flow, readable

# --- the file


@THEMES
def test_a_picture_is_the_same_bytes_in_every_process(theme):
    script = (
        "import sys; from pathlib import Path\n"
        "from lstmbench.report import pictures\nfrom lstmbench.result import read\n"
        "from lstmbench.analysis.summary import lines_of\n"
        "lines = lines_of(read(Path(sys.argv[1])).rows)\n"
        "theme = {'light': pictures.LIGHT, 'dark': pictures.DARK}[sys.argv[2]]\n"
        "for kind in (pictures.fastest, pictures.times, pictures.bounds):\n"
        "    for picture in kind(lines):\n"
        "        sys.stdout.write(picture.svg(theme))\n"
    )

    def output(seed):
        return subprocess.run(
            [sys.executable, "-W", "error", "-c", script, GOLDEN / "result.json", theme.name],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout

    first = output("1")

    assert first.startswith(b"<svg")
    assert first == output("2")


def test_what_a_person_has_set_for_matplotlib_changes_nothing():
    import matplotlib

    picture = times(lines_of(a_grid()))[0]
    usual = picture.svg(LIGHT)
    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30, "svg.fonttype": "path"}):
        assert picture.svg(LIGHT) == usual
        assert matplotlib.rcParams["font.size"] == 30


@THEMES
def test_a_picture_has_its_title_and_its_words_for_who_does_not_see_it(theme):
    for picture in pictures(a_grid()):
        root = ET.fromstring(picture.svg(theme))
        by_id = {each.get("id"): each.text for each in root if each.get("id")}

        assert root.get("role") == "img"
        assert [by_id[key] for key in root.get("aria-labelledby").split()] == [
            picture.title,
            picture.alt,
        ]


def test_a_picture_asks_for_nothing_from_elsewhere():
    for root in drawn(a_grid()):
        links = [value for name, value in attributes(root) if name.endswith("href")]

        assert all(link.startswith("#") for link in links)
        assert not any("url(" in value.replace("url(#", "") for _, value in attributes(root))
        assert not list(root.iter(f"{SVG}metadata"))


def is_inert(svg):
    root = ET.fromstring(svg)
    known = {
        "svg",
        "title",
        "desc",
        "defs",
        "style",
        "g",
        "path",
        "use",
        "clipPath",
        "rect",
        "text",
    }
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= known
    assert not any(name.startswith("on") for name, _ in attributes(root))
    for text in [*texts(root), *(element.text or "" for element in root)]:
        assert text.isprintable() or not text.strip()


def a_strange_grid(name):
    """A grid on which a backend of this name is the fastest."""
    rows = a_grid(steps=(8, 16), batches=(1,))
    strange = [
        row.model_copy(update={"backend": name, "bound": name})
        for row in contenders(rows[0].workload, numba=1e-6, fraction=0.5)
        + contenders(rows[-1].workload, numba=1e-6, fraction=0.5)
    ]
    return [*rows, *strange]


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_name_is_text(name):
    for picture in pictures(a_strange_grid(name)):
        svg = picture.svg(LIGHT)

        is_inert(svg)
        beginning = readable(name)[:8]
        assert any(text.startswith(beginning) for text in texts(ET.fromstring(svg)))


@settings(max_examples=20)
@given(st.text(min_size=1, max_size=40))
def test_any_name_is_text(name):
    for picture in pictures(a_strange_grid(name)):
        is_inert(picture.svg(DARK))


def test_names_are_cut_and_show_what_cannot_be_seen():
    assert readable("a\u202eb\x00") == "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}"
    assert readable("\ud800") == "\N{REPLACEMENT CHARACTER}"
    assert readable("x" * 30) == "x" * 23 + "…"
    assert readable("two\n  lines") == "two lines"


# --- the winners' map


def test_the_map_says_each_margin_that_the_rows_have():
    (root,) = drawn(a_grid(), by=fastest)

    said = [text for text in texts(root) if re.fullmatch(r"\d\.\d\d×", text)]
    assert said == ["1.50×", "1.60×", "1.70×", "1.80×", "1.90×", "2.00×"]


def test_a_lead_that_is_not_sure_is_marked():
    (root,) = drawn(a_grid(slower=1.1, steps=(8, 16), batches=(1,)), by=fastest)

    assert {"≈ 1.10×", "1.20×"} <= set(texts(root))


def test_the_map_names_every_backend_with_its_wins():
    (root,) = drawn(a_grid(), by=fastest)

    assert "numba-cpu 6" in texts(root)
    assert {"torch-cpu,", "numpy"} <= set(texts(root))


def test_another_than_the_usual_winner_is_named_in_its_field():
    rows = [*a_grid(), *contenders(a_workload(seq_len=64), torch_cpu=1e-4, numba_cpu=2e-4)]
    (root,) = drawn(rows, by=fastest)

    assert texts(root).count("torch") == 1
    assert "torch-cpu 1" in texts(root)


def test_shapes_that_make_no_grid_share_a_table():
    rows = [
        row
        for cell, mode in product(("lstm", "gru"), ("train", "infer"))
        for row in contenders(a_workload(cell=cell, mode=mode), torch_cpu=2e-4, numba_cpu=1e-4)
    ]
    (root,) = drawn(rows, by=fastest)

    assert texts(root).count("2.00×") == 4
    assert texts(root).count("T 3 · B 2") == 1
    assert texts(root).count("training") == 2


def test_more_cells_and_modes_than_have_room_make_more_tables():
    pairs = list(
        product(("lstm", "gru", "rnn-tanh", "rnn-relu"), (False, True), ("train", "infer"))
    )
    rows = [
        row
        for cell, both, mode in pairs
        for row in contenders(
            a_workload(cell=cell, bidirectional=both, mode=mode), torch_cpu=2e-4, numba_cpu=1e-4
        )
    ]
    (root,) = drawn(rows, by=fastest)

    assert texts(root).count("2.00×") == len(pairs) == 16
    assert texts(root).count("T 3 · B 2") == 2


def test_a_map_of_too_much_says_what_is_missing():
    rows = [row for H in range(1, 41) for row in a_grid(hidden_size=H)]
    (picture,) = fastest(lines_of(rows))

    assert picture.title.endswith("(156 of 240 shapes are not shown)")
    assert len(picture.svg(LIGHT)) < 60_000


@pytest.mark.parametrize(
    "rows",
    [[], [bad_row("failed")], [a_row()], [a_row(), bad_row("oom", backend="torch-cpu")]],
    ids=["empty", "failed", "one backend", "one with a time"],
)
def test_without_two_times_there_is_no_map(rows):
    assert pictures(rows) == []


def test_words_flow_onto_the_next_line():
    assert flow([40, 50, 20, 90], 100) == [(0, 0), (40, 0), (0, 1), (0, 2)]


def test_a_result_of_thousands_of_shapes_has_few_pictures():
    def grids(count):
        return [
            row
            for hidden_size in range(1, count // 4 + 1)
            for seq_len in (8, 16)
            for batch_size in (1, 4)
            for row in contenders(
                a_workload(seq_len=seq_len, batch_size=batch_size, hidden_size=hidden_size), a=0.001
            )
        ]

    assert len(times(lines_of(grids(1996)))) == 10
    assert len(times(lines_of(grids(2000)))) == 5
