"""The page says what more threads gain each backend, in one table."""

from html import unescape

import pytest
from conftest import HOSTILE, a_row, a_workload, contenders

from lstmbench.analysis.summary import lines_of
from lstmbench.report.scaling import section


def text_of(rows):
    return unescape("\n".join(section(lines_of(rows)))).replace("\u200b", "")


def test_each_backend_has_a_line_with_its_extremes():
    large = a_workload(batch_size=16, hidden_size=256)
    text = text_of(
        [
            *contenders(numba_cpu=0.010, torch_cpu=0.1),
            *contenders(large, numba_cpu=0.040),
            *contenders(numba_cpu=0.010, torch_cpu=0.2, threads=2),
            *contenders(large, numba_cpu=0.010, threads=2),
        ]
    )

    assert text.startswith("### More threads\n")
    assert (
        "| inference | 2 | numba-cpu | 2.00× | 4.00× "
        f"| 1.00× at {a_workload().id} | 4.00× at {large.id} | 2 |"
    ) in text
    assert f"| inference | 2 | torch-cpu | 0.50× |  | 0.50× at {a_workload().id} | " in text


def test_a_page_of_one_number_of_threads_says_nothing_of_it():
    assert text_of(contenders(numba_cpu=1.0, torch_cpu=1.0, threads=2)) == ""


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_stranger_s_backend_is_inert(text):
    rows = [a_row(backend=text, threads=threads) for threads in (1, 2)]
    page = "\n".join(section(lines_of(rows)))

    assert "<script" not in page
    assert "](" not in page
    assert len({line.count("|") for line in page.splitlines() if line.startswith("|")}) == 1
