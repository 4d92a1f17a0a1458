"""A row's doubts are the same in the terminal, in a Markdown page and in an HTML page."""

from html import unescape

import pytest
from conftest import HOSTILE, a_row, a_workload, as_result
from gpu_rows import on_gpu

from lstmbench.analysis import tables
from lstmbench.analysis.doubts import doubts
from lstmbench.machine.gpu import Clocks
from lstmbench.report import html
from lstmbench.report.page import markdown

LOWERED = "bfloat16: oneDNN's fp32_precision is rnn bf16"
BUSY = a_row().model_copy(update={"other_load": 0.6})
SLOWED = on_gpu(after=Clocks(sm_mhz=900, reasons=("power-cap", "idle")))
OTHER = a_row(backend="torch-cpu").model_copy(update={"precision": LOWERED})
TOLD = [
    (BUSY, "1 of 2 rows was timed while other processes were busy, on up to 0.6 processors"),
    (SLOWED, "1 of 2 rows was timed while the clock of the GPU was held back (power-cap)"),
    (
        OTHER,
        f"1 of 2 rows was not computed in the precision of the id: torch-cpu computed in {LOWERED}",
    ),
]


@pytest.mark.parametrize(("row", "told"), TOLD)
def test_a_doubt_is_told_wherever_rows_are(row, told):
    rows = [row, a_row(backend="numpy")]

    assert [text.plain for text in tables.trouble(rows)] == [told]
    first = f"{row.id} on {row.backend}"
    assert f"**{told}**: {first}.\n" in unescape(markdown([as_result(rows)]))
    assert f'<p class="notice">{told}.</p>' in unescape(html.page([as_result(rows)]))


def test_a_few_rows_among_many_are_not_told_aloud():
    rows = [a_row(a_workload(seq_len=n)) for n in range(1, 42)]
    rows[:2] = [row.model_copy(update={"other_load": 0.2 * n}) for n, row in enumerate(rows[:2], 1)]

    told = "2 of 41 rows were timed while other processes were busy, on up to 0.4 processors"
    assert f"\n\n{told}: the first is {rows[0].id} on fake.\n" in markdown([as_result(rows)])


def test_rows_in_their_own_precision_and_on_a_calm_machine_are_no_trouble():
    calm = {"other_load": 0.02, "precision": "float32: exact"}

    assert not [*doubts([a_row().model_copy(update=calm), on_gpu()])]


def test_what_a_stranger_says_of_a_precision_stays_text():
    rows = [a_row().model_copy(update={"precision": HOSTILE["html"]})]

    for page in (markdown, html.page):
        assert HOSTILE["html"] not in page([as_result(rows)])
