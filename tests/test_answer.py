"""The first words of the page: what to use, what it brings, how surely, and what the words mean."""

from html import unescape

from conftest import a_row, a_workload, bad_row, contenders

from lstmbench.analysis.summary import lines_of
from lstmbench.report.answer import answer, definition, standings


def lines(mode="infer"):
    rows = [
        *contenders(a_workload(seq_len=10, mode=mode), numpy=0.008, fast=0.001, other=0.002),
        *contenders(a_workload(seq_len=20, mode=mode), numpy=0.008, fast=0.004, other=0.002),
        *contenders(a_workload(seq_len=40, mode=mode), numpy=0.008, fast=0.002, other=0.002),
        *contenders(a_workload(seq_len=50, mode=mode), numpy=0.008, fast=0.002, other=0.003),
    ]
    return lines_of(rows)


def test_the_answer_says_typical_best_worst_where_and_how_sure():
    assert answer(lines("train"), "numpy") == (
        "- **Training speedup: use fast**, typically **4.00× as fast as numpy** "
        "(2.00× at lstm T 20, B 2, H 5 to 8.00× at lstm T 10, B 2, H 5) "
        "and 1.11× as fast as the fastest other. "
        "It is the fastest of 3 in 3 of 4 shapes, surely in 2. "
        "Surely faster elsewhere: other at lstm T 20, B 2, H 5 (2.00×)."
    )


def test_inference_says_its_highest_throughput():
    text = answer(lines("infer"), "numpy")

    # Two sequences of fifty steps in two milliseconds.
    assert "At most 50.0 k time-steps/s: 1.00 k sequences/s at lstm T 50, B 2, H 5." in text
    assert text.startswith(
        "- **Inference throughput: use fast**, typically **4.00× as fast as numpy**"
    )


def test_where_the_baseline_is_the_fastest_it_is_compared_with_the_others_alone():
    rows = contenders(numpy=0.001, slow=0.002)

    assert answer(lines_of(rows), "numpy") == (
        "- **Inference throughput: use numpy**, typically **2.00× as fast as the fastest other**. "
        "It is the fastest of 2 in 1 of 1 shape, surely in all of these."
    )


def test_of_one_shape_there_is_no_best_and_worst():
    text = answer(lines_of(contenders(numpy=0.004, fast=0.001)), "numpy")

    assert "**4.00× as fast as numpy** (at lstm T 3, B 2, H 5) and 4.00×" in text


def test_own_kernels_are_called_that_and_what_to_use_instead_is_told():
    rows = contenders(numpy=0.008, numba_cpu=0.001, torch_cpu=0.002, jax_cpu=0.004)

    text = answer(lines_of(rows), "numpy")

    assert "use numba-cpu** (lstmbench's own kernels), typically" in text
    assert text.endswith(" Of what others offer use torch-cpu, over which it is 2.00×.")


def test_only_some_of_the_places_where_another_is_faster_are_named():
    rows = contenders(a_workload(seq_len=1), fast=0.001, other=0.1)
    for n in range(2, 7):
        rows += contenders(a_workload(seq_len=n), fast=0.002, other=0.001)

    assert (
        "Surely faster elsewhere: other at lstm T 2, B 2, H 5 (2.00×), other at lstm T 3, B 2, "
        "H 5 (2.00×), other at lstm T 4, B 2, H 5 (2.00×), and 2 more."
        in answer(lines_of(rows), "absent")
    )


def test_without_rows_times_or_rivals_it_says_so():
    assert "nothing was measured" in answer([], "numpy")
    assert "No row has a time" in answer(lines_of([bad_row("failed")]), "numpy")
    assert "nothing to compare" in answer(lines_of([a_row()]), "numpy")


def test_the_standings_have_a_line_for_each_backend_and_mode():
    body = standings([*lines("infer"), *lines("train")], "numpy").splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in body]

    assert [(each[0], each[1], each[2], *each[5:]) for each in cells] == [
        ("training", "fast", "4.00×", "4", "3", "2"),
        ("training", "other", "3.61×", "4", "1", "1"),
        ("inference", "fast", "4.00×", "4", "3", "2"),
        ("inference", "other", "3.61×", "4", "1", "1"),
    ]


def test_without_a_baseline_there_are_no_standings():
    assert standings(lines(), "absent") == ""


def test_every_word_of_the_answer_is_defined():
    text = unescape(definition("num|py"))

    told = ("T is", "Speedup = time of num|py", "typically is", "Surely faster: ", "3.0 %", "≈")
    assert [word for word in told if word not in text] == []
