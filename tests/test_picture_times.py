"""Pictures of times against the sizes, and of the distance to the bound."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from conftest import a_row, a_workload, bad_row, contenders
from drawings import SVG, a_grid, drawn, paths, texts
from hypothesis import given
from hypothesis import strategies as st

from lstmbench.analysis.summary import lines_of
from lstmbench.report.pictures import LIGHT, bounds, fastest, times
from lstmbench.report.pictures.curves import apart

# --- time against the sizes


def test_times_are_drawn_against_both_sizes_and_say_every_backend():
    (root,) = drawn(a_grid(), by=times)
    said = texts(root)

    assert {"numba-cpu", "torch-cpu", "numpy"} <= set(said)
    assert [text for text in said if re.fullmatch(r"[TB] \d+", text)] == [
        "B 1",
        "B 4",
        "T 8",
        "T 16",
        "T 32",
    ]
    assert said.count("sequence length T") == 2
    assert said.count("batch size B") == 3


def test_a_curve_is_as_high_as_its_times():
    rows = [
        a_row(a_workload(seq_len=T, batch_size=1), backend="numpy", seconds=seconds * T)
        for T, seconds in ((10, 1e-6), (100, 1e-5), (1000, 1e-4))
    ]
    (root,) = drawn(rows, by=times)
    line = next(path for path in paths(root, LIGHT.hues["grey"]) if len(path) == 3)
    (x0, y0), (x1, y1), (x2, y2) = line

    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.02)
    assert y0 - y1 == pytest.approx(y1 - y2, abs=0.02)
    assert y0 - y1 > 40


def test_a_curve_is_broken_where_a_size_has_no_time():
    rows = [
        row
        for row in a_grid(steps=(8, 16, 32, 64, 128), batches=(1,))
        if (row.backend, row.seq_len) != ("numpy", 32)
    ]
    (root,) = drawn(rows, by=times)
    grey = [
        path.get("d")
        for path in root.iter(f"{SVG}path")
        if f"stroke: {LIGHT.hues['grey']}" in path.get("style", "")
    ]

    assert any(path.count("M") == 2 and path.count("L") == 2 for path in grey)


def test_a_disturbed_row_is_hollow():
    quiet = a_grid()
    busy = [row.model_copy(update={"other_load": 1.0}) for row in quiet]

    def hollow(rows):
        (root,) = drawn(rows, by=times)
        groups = [group for group in root.iter(f"{SVG}g") if group.find(f"{SVG}use") is not None]
        white = [group for group in groups if f"fill: {LIGHT.background}" in group.get("style")]
        return sum(len(group.findall(f"{SVG}use")) for group in white)

    assert hollow(quiet) == 0
    assert hollow(busy) == hollow([*busy[:-1], quiet[-1]]) + 2 == 36
    assert not any("hollow" in text for text in texts(drawn(quiet, by=times)[0]))


def test_names_at_the_ends_of_curves_do_not_touch():
    assert apart([10, 12, 50], 15, 100) == [3.5 + 0, 18.5, 50]
    assert apart([90, 95, 99], 15, 100) == pytest.approx([70, 85, 100])
    assert apart([], 15, 100) == []


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6).map(sorted))
def test_no_two_names_touch_and_none_is_out_of_the_plot(wanted):
    places = apart(wanted, 15, 100)

    assert all(b - a >= 15 - 1e-9 for a, b in pairwise(places))
    assert places[0] >= 0
    assert places[-1] <= 100


def test_the_largest_grids_have_a_picture_and_a_name_of_their_own():
    rows = [row for I in range(1, 20) for row in a_grid(steps=(2, 4), input_size=I)]
    made = times(lines_of([*rows, *a_grid(input_size=99)]))

    assert len(made) == 10
    assert len({picture.name for picture in made}) == 10
    assert all(re.fullmatch(r"[a-z0-9-]+", picture.name) for picture in made)
    assert any("(T 8 to 32)" in picture.alt for picture in made)
    assert any(
        "10 of 20 grids have a picture" in text for text in texts(ET.fromstring(made[0].svg(LIGHT)))
    )


# --- the distance to the bound


def test_the_median_of_each_backend_is_said():
    (root,) = drawn([*a_grid(), *a_grid(mode="train")], by=bounds)
    said = texts(root)

    assert said.count("numba-cpu") == 1
    assert said.count("40 %") == 2
    assert {"inference", "training"} <= set(said)


def test_without_a_bound_there_is_no_picture_of_it():
    assert bounds(lines_of([a_row(), bad_row("failed", backend="numpy")])) == []


def test_of_many_backends_the_fastest_are_drawn_and_the_others_counted():
    seconds = {f"b{n}": 0.001 * (n + 1) for n in range(40)}
    rows = [
        row
        for seq_len in (8, 16)
        for batch_size in (1, 4)
        for row in contenders(a_workload(seq_len=seq_len, batch_size=batch_size), **seconds)
    ]

    (curves,) = drawn(rows, by=times)
    (shapes,) = drawn(rows, by=fastest)

    said = " ".join(texts(curves))
    assert "the fastest 16 of 40 backends" in said
    assert {f"b{n}" for n in range(16)} <= set(texts(curves))
    assert not {f"b{n}" for n in range(16, 40)} & set(texts(curves))
    assert "and 23 more" in texts(shapes)
