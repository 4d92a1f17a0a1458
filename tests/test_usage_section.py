"""What each backend used of processors and memory stands on the page, beside what it was given."""

import pytest
from conftest import a_row, a_workload, as_result, bad_row, with_memory

from lstmbench.machine.processors import Use
from lstmbench.report import usage
from lstmbench.report.page import markdown


def using(processors, threads=1, cpus=(0,), given=1):
    use = Use(seconds=0.5, processors=processors, threads=threads, cpus=cpus)
    return a_row(threads=given).model_copy(update={"use": use})


def body_of(rows):
    return list(usage.section(rows))[-1].splitlines()[2:]


def test_the_most_of_any_row_stands_beside_what_was_given():
    rows = [
        using(1.5, threads=2, cpus=(0,), given=2),
        using(1.984, threads=1, cpus=(1, 3), given=2),
        using(0.998, given=1),
    ]

    assert body_of(rows) == [
        "| fake | 2 | 1.98 | 2 | 0 to 1, 3 | 50.0 MiB |  |",
        "| fake | 1 | 1.00 | 1 | 0 | 50.0 MiB |  |",
    ]


def test_memory_of_inference_and_of_training_stand_apart():
    rows = [
        with_memory(a_row(a_workload(mode=mode, seq_len=mib)), mib * 2**20)
        for mode, mib in (("infer", 100), ("infer", 180), ("train", 200), ("backward", 900))
    ]

    assert body_of(rows) == ["| fake | 1 | 100 MiB to 180 MiB | 200 MiB |"]


def test_rows_that_were_too_short_are_counted():
    page = "\n".join(usage.section([using(1.0), a_row(), a_row()]))

    assert "2 of 3 rows were over too soon to tell (in 100 ms)." in page
    assert "| fake | 1 | 1.00 | 1 | 0 | 50.0 MiB |  |" in page
    assert "too soon" not in "\n".join(usage.section([using(1.0)]))
    assert "too soon" not in "\n".join(usage.section([a_row()]))


@pytest.mark.parametrize("rows", [[], [bad_row("failed")], [with_memory(a_row(), None)]])
def test_rows_that_say_nothing_have_no_section(rows):
    assert list(usage.section(rows)) == []


def test_a_system_that_tells_no_affinity_leaves_the_field_empty():
    assert "| 1.00 | 1 |  | 50.0 MiB |" in body_of([using(1.0, cpus=None)])[0]


def test_it_is_on_the_page():
    assert "### Threads and memory" in markdown([as_result([using(1.0)])])
