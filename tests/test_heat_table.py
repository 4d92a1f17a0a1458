"""A field says who is the fastest by how much; tables stand side by side where they fit."""

import pytest
from conftest import a_row, a_workload, bad_row, contenders
from rich.console import Console

from lstmbench.analysis.shading import STEPS, level, shade
from lstmbench.analysis.summary import groups_of, lines_of
from lstmbench.report.pictures.looks import looks_of
from lstmbench.report.pictures.panels import panels_of
from lstmbench.report.pictures.theme import contrast
from lstmbench.report.pictures.wording import Wording
from lstmbench.screen.heat_table import Painter, letters_of, pieces, side_by_side, times

BACKENDS = ("numba-cpu", "torch-cpu", "torch-compile-cpu", "jax-cpu", "keras-cpu", "numpy", "mine")


def painter(rows, *, in_colour=False):
    lines = lines_of(rows)
    names = letters_of(dict.fromkeys(row.backend for row in rows))
    return Painter(names, looks_of(lines), in_colour), lines


def field(*rows, in_colour=False):
    by, (line,) = painter(rows, in_colour=in_colour)
    return by.field(line)


def tables(rows, width, most=1000):
    by, lines = painter(rows)
    groups = groups_of(lines)
    panels = panels_of(groups, Wording(groups))
    found = [piece for panel in panels for piece in pieces(panel, by, width)]
    texts, shown = side_by_side([found], width, most)
    return [text.plain for text in texts], shown


def grid(steps, batches, **fields):
    return [
        row
        for n in steps
        for size in batches
        for row in contenders(
            a_workload(seq_len=n, batch_size=size, **fields), numpy=0.004, numba_cpu=0.002
        )
    ]


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (0.001, " a≈1.0×"),
        (0.00118, " a▒1.2×"),
        (0.0016, " a▓1.6×"),
        (0.0027, " a▉2.7×"),
        (0.0124, " a▉ 12×"),
        (0.7, " a▉700×"),
        (70.0, " a▉999×"),
    ],
)
def test_a_field_is_the_letter_of_the_fastest_and_how_far_it_is_ahead(second, text):
    rows = [a_row(backend="a", seconds=0.001), a_row(backend="b", seconds=second)]

    assert field(*rows).plain == text
    assert field(*rows, in_colour=True).plain == (text if "≈" in text else f" a {text[3:]}")


def test_a_lead_takes_four_columns_whatever_it_is():
    assert {len(times(value)) for value in (1.0, 9.94, 9.95, 99.4, 99.6, 999.4, 1e9)} == {4}


def test_the_only_time_of_a_line_is_told_and_why_there_is_none():
    failed = bad_row("failed", backend="b")

    assert field(a_row(backend="a", seconds=0.0023), failed).plain == " a 2.30 ms"
    assert field(bad_row("unavailable", backend="a"), failed).plain == " failed"
    assert field(bad_row("unavailable", backend="a")).plain == " n/a"


@pytest.mark.parametrize("second", [0.001, 0.00108, 0.0014, 0.0018, 0.004])
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_text_of_every_field_can_be_read(backend, second):
    rows = [a_row(backend=backend, seconds=0.001), a_row(backend="other", seconds=second)]
    style = field(*rows, in_colour=True).style

    assert contrast(style.color.name, style.bgcolor.name) >= 4.5


def test_a_field_is_the_deeper_in_colour_the_further_the_fastest_is_ahead():
    fills = [
        field(
            a_row(backend="numba-cpu", seconds=0.001),
            a_row(backend="other", seconds=second),
            in_colour=True,
        ).style.bgcolor.name
        for second in (0.001, 0.00118, 0.0016, 0.004)
    ]
    on_white = [contrast(fill, "#ffffff") for fill in fills]

    assert on_white == sorted(on_white)
    assert len(set(fills)) == len(fills)


def test_the_shade_is_that_of_the_last_step_that_the_lead_reaches():
    def lead(second):
        (line,) = lines_of([a_row(seconds=0.001), a_row(backend="b", seconds=second)])
        return line.lead

    assert STEPS == (1.0, 1.1, 1.5, 2.0)
    found = [lead(0.001 * value) for value in (1.01, 1.2, 1.49, 1.51, 1.99, 2.01, 50)]
    assert [level(each) for each in found] == [0, 2, 2, 3, 3, 4, 4]
    assert "".join(map(shade, found)) == "≈▒▒▓▓▉▉"


def test_every_backend_has_a_letter_of_its_own_the_first_of_its_name_that_is_left():
    assert letters_of(["numba-cpu", "numpy", "nun", "Über", "\x1b[3"]) == {
        "numba-cpu": "n",
        "numpy": "u",
        "nun": "a",
        "Über": "b",
        "\x1b[3": "c",
    }
    assert len(set(letters_of(f"b{n}" for n in range(26)).values())) == 26
    assert list(letters_of(f"b{n}" for n in range(27)).values())[-1] == "?"


def test_a_grid_has_steps_down_and_batch_sizes_across_in_their_order():
    lines, shown = tables(grid((8, 16), (32, 4)), 40)

    assert lines == [
        "lstm · inference",
        "         B4    B32",
        " T8  u▉2.0× u▉2.0×",
        "T16  u▉2.0× u▉2.0×",
    ]
    assert shown == 4


def test_tables_stand_side_by_side_where_they_fit_and_else_below_each_other():
    rows = [*grid((8, 16), (4, 32)), *grid((8, 16), (4, 32), cell="gru")]

    assert len(tables(rows, 39)[0]) == 4
    assert len(tables(rows, 38)[0]) == 9
    assert tables(rows, 39)[1] == tables(rows, 38)[1] == 8


def test_a_group_of_tables_begins_below_the_one_before_where_not_all_of_it_fits_beside_it():
    by, lines = painter(grid((8, 16), (4, 32)))
    of = groups_of(lines)
    (piece,) = pieces(panels_of(of, Wording(of))[0], by, 80)

    def heights(*groups, width):
        texts, _ = side_by_side([[piece] * count for count in groups], width, 1000)
        return "\n".join(text.plain for text in texts).count("\n\n") + 1

    # Each is 18 columns wide, and three are between two.
    assert [heights(2, 2, width=width) for width in (18, 39, 60, 80, 81)] == [4, 2, 2, 2, 1]
    assert [heights(1, 1, width=width) for width in (38, 39)] == [2, 1]


def test_a_table_that_is_too_wide_goes_on_below_with_its_labels():
    lines, shown = tables(grid((8, 16), range(1, 11)), 40)

    assert max(map(len, lines)) <= 40
    assert shown == 20
    assert sum(line.startswith("T16 ") for line in lines) == 2


def test_single_shapes_share_a_table_of_cells_below_their_modes():
    rows = [
        *grid((8,), (4,), mode="infer"),
        *grid((8,), (4,), mode="train"),
        *grid((8,), (4,), mode="infer", cell="gru"),
        *grid((9,), (4,), mode="train", cell="rnn-tanh", hidden_size=50),
    ]
    lines, shown = tables(rows, 80)

    assert lines == [
        "              training       inference",
        "             lstm rnn-tanh    lstm    gru",
        "T8 B4 H5   u▉2.0×           u▉2.0× u▉2.0×",
        "T9 B4 H50           u▉2.0×",
    ]
    assert shown == 4


def test_no_more_lines_are_shown_than_are_wanted_and_what_is_shown_is_counted():
    rows = [*grid(range(1, 31), (4, 32)), *grid(range(1, 31), (4, 32), cell="gru")]

    lines, shown = tables(rows, 30, 20)
    assert len(lines) == 20
    assert shown == sum(line.count("×") for line in lines) == 2 * 18

    lines, shown = tables(rows, 30, 40)
    assert len(lines) == 40
    assert shown == sum(line.count("×") for line in lines)


def test_a_console_prints_the_lines_as_they_are():
    rows = grid((8, 16), (4, 32))
    by, lines = painter(rows, in_colour=True)
    groups = groups_of(lines)
    (piece,) = pieces(panels_of(groups, Wording(groups))[0], by, 40)
    console = Console(width=40, color_system=None)
    with console.capture() as capture:
        console.print(*piece.lines, sep="\n")

    assert capture.get().splitlines()[2].rstrip() == " T8  u 2.0× u 2.0×"
