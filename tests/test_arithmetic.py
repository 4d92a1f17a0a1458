"""The arithmetic of a row is told, and stands out where it is not what the id names."""

import pytest
from conftest import a_row, a_workload, as_result, bad_row

from lstmbench.analysis import arithmetic
from lstmbench.backends.fake import FakeBackend
from lstmbench.report.page import markdown
from lstmbench.running.worker import perform
from lstmbench.timing.measure import Target

LOWERED = "bfloat16: oneDNN's fp32_precision is rnn bf16"


def saying(precision, **given):
    return a_row(**given).model_copy(update={"precision": precision})


def test_a_row_says_what_its_step_said():
    script = [{"id": "*/infer/*", "precision": LOWERED}]

    said = {
        mode: perform(FakeBackend(script), a_workload(mode=mode), Target(0.01)).precision
        for mode in ("infer", "train")
    }

    assert said == {"infer": LOWERED, "train": "float32: scripted"}


@pytest.mark.parametrize(
    ("precision", "differs"),
    [
        ("float32: of the model", False),
        ("float32", False),
        (LOWERED, True),
        ("tf32", True),
        (None, False),
    ],
)
def test_what_comes_before_the_colon_is_held_against_the_dtype(precision, differs):
    assert arithmetic.differs(saying(precision)) is differs


def test_each_backend_says_each_thing_once():
    rows = [
        saying("float32: a", backend="one"),
        saying("float32: a", backend="one"),
        saying("float64: b", backend="one"),
        saying("float32: a", backend="other"),
        bad_row("failed", backend="silent"),
    ]

    assert arithmetic.by_backend(rows) == {
        "one": ["float32: a", "float64: b"],
        "other": ["float32: a"],
    }


def test_a_page_says_what_each_backend_computed_in():
    rows = [saying("float32: exact", backend="numpy"), saying(LOWERED, backend="torch-cpu")]

    told = "\n- numpy computed in float32: exact.\n- torch-cpu computed in bfloat16: "
    assert told in markdown([as_result(rows)])
