"""The HTML page: the same bytes for the same files, and inert whatever a file says."""

import pytest
from conftest import HOSTILE, a_row, as_result, bad_row
from test_report import a_hostile_result

from lstmbench.report.html import page


def test_the_same_input_gives_the_same_bytes(golden_result):
    assert page([golden_result]) == page([golden_result.model_copy(deep=True)])


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_no_markup(name):
    text = page([a_hostile_result(HOSTILE[name])])

    for live in ("<script>alert", "<img", "<b>", "<!-- -->"):
        assert live not in text


@pytest.mark.parametrize("rows", [[], [bad_row("failed")], [a_row()]], ids=len)
def test_a_file_without_an_answer_still_makes_a_page(rows):
    assert "Imaginary 9000" in page([as_result(rows)])
