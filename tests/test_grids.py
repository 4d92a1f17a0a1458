"""Grids: who is fastest at each sequence length and batch size, how far ahead, how surely."""

from conftest import a_row, a_workload, bad_row, contenders

from lstmbench.analysis.shading import legend
from lstmbench.analysis.summary import lines_of
from lstmbench.report.grids import MOST, OPEN, grids


def text_of(rows, baseline="numpy"):
    return "\n\n".join(grids(lines_of(rows), baseline))


def grid_of(**given):
    """Four fields."""
    return [
        row
        for seq_len in (1, 2)
        for batch in (1, 8)
        for row in contenders(
            a_workload(seq_len=seq_len, batch_size=batch, **given), numpy=0.004, fast=0.001
        )
    ]


def test_a_field_has_the_fastest_its_shade_its_margin_and_its_throughput():
    text = text_of(grid_of())

    assert "| seq-len \\ batch | 1 | 8 |\n| ---: | ---: | ---: |\n" in text
    assert "| 2 | ▉ fast **4.00×**<br>1.00 k/s | ▉ fast **4.00×**<br>8.00 k/s |" in text
    assert legend() in text


def test_a_field_that_was_not_measured_is_empty_and_one_without_a_rival_has_no_margin():
    rows = [*contenders(a_workload(seq_len=1, batch_size=1), numpy=0.004, fast=0.001)]
    rows += [a_row(a_workload(seq_len=2, batch_size=8), backend="fast")]

    text = text_of(rows)

    assert "| 1 | ▉ fast **4.00×**<br>1.00 k/s |  |" in text
    assert "| 2 |  | fast<br>8.00 k/s |" in text


def test_what_noise_may_decide_is_marked():
    rows = [
        row for n in (1, 2) for row in contenders(a_workload(seq_len=n), numpy=0.001001, fast=0.001)
    ]

    assert "≈ fast **1.00×**" in text_of(rows)


def test_single_shapes_share_a_table_with_what_they_are_over_the_baseline():
    rows = [
        *contenders(a_workload(), numpy=0.004, fast=0.001, other=0.002),
        *contenders(a_workload(cell="gru"), numpy=0.001, fast=0.002),
    ]

    text = text_of(rows)

    assert "| 3 | 2 | ▉ fast | 2.00× | 4.00× | 2.00 k |" in text
    assert "| 3 | 2 | ▉ numpy | 2.00× |  | 2.00 k |" in text


def test_groups_without_a_time_have_no_grid():
    assert text_of([bad_row("failed")]) == ""


def test_the_first_grids_are_open_the_others_folded_and_the_rest_is_counted():
    rows = [row for hidden in range(1, MOST + 3) for row in grid_of(hidden_size=hidden)]

    text = text_of(rows)

    open_part, folded = text.split("<details>", 1)
    assert open_part.count("seq-len \\ batch") == OPEN
    assert folded.count("seq-len \\ batch") == MOST - OPEN
    assert "Not shown here: 2 grids and 0 single shapes." in text
