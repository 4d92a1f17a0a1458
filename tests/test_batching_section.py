"""The page says how quick one sequence is, and how many a batch gives at best."""

from html import unescape

import pytest
from conftest import HOSTILE, a_row, a_workload, contenders

from lstmbench.analysis.summary import lines_of
from lstmbench.report.batching import section


def text_of(rows):
    return unescape("\n".join(section(lines_of(rows)))).replace("\u200b", "")


def test_each_workload_and_backend_has_a_line_and_the_best_is_bold():
    text = text_of(
        [
            *contenders(a_workload(batch_size=1), numba_cpu=0.002, torch_cpu=0.003),
            *contenders(a_workload(batch_size=8), numba_cpu=0.008, torch_cpu=0.004),
        ]
    )
    workload = "lstm · inference · I 4 · H 5 · float32 · 1 thread"

    assert text.startswith("### One sequence at once, and the best of many\n")
    assert f"| {workload} | 3 | numba-cpu | **2.00 ms** | 1.00 k | 8 | 2.00× |" in text
    assert f"| {workload} | 3 | torch-cpu | 3.00 ms | **2.00 k** | 8 | 6.00× |" in text


def test_without_a_batch_of_one_its_fields_are_empty():
    text = text_of([a_row(a_workload(batch_size=2)), a_row(a_workload(batch_size=4))])

    assert "| fake |  | **4.00 k** | 4 |  |" in text


def test_a_page_of_one_batch_size_says_nothing_of_it():
    assert text_of(contenders(numba_cpu=1.0, torch_cpu=1.0)) == ""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_stranger_s_backend_is_inert(text):
    rows = [a_row(a_workload(batch_size=size), backend=text) for size in (1, 2)]
    page = "\n".join(section(lines_of(rows)))

    assert "<script" not in page
    assert "](" not in page
    assert len({line.count("|") for line in page.splitlines() if line.startswith("|")}) == 1
