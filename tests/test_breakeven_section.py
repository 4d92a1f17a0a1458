"""Each answer to a break-even question is a sentence, in the page and on a terminal."""

from html import unescape

import pytest
from conftest import HOSTILE, a_workload, as_result, contenders

from lstmbench.breakeven import BreakEven
from lstmbench.report.breakeven import section, sentences

QUESTION = BreakEven(backend="torch-cuda", against="numba-cpu", along="batch_size", low=1, high=64)


def a_search(times, question=QUESTION):
    """A result in which one backend takes a second, and the other what is given for each size."""
    rows = [
        row
        for size, seconds in times.items()
        for row in contenders(
            a_workload(**{question.along: size}), numba_cpu=1.0, torch_cuda=seconds
        )
    ]
    return as_result(rows, break_even=question)


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ({1: 0.5, 8: 0.5, 64: 0.5}, "torch-cuda is faster everywhere, at batch size 1 to 64"),
        ({1: 2.0, 8: 2.0, 64: 2.0}, "torch-cuda is never faster, at batch size 1 to 64"),
        (
            {1: 2.0, 30: 2.0, 33: 0.5, 64: 0.5},
            "numba-cpu is surely faster up to batch size 30, "
            "torch-cuda is surely faster from batch size 33 on",
        ),
        (
            {1: 0.5, 30: 0.5, 33: 2.0, 64: 2.0},
            "torch-cuda is surely faster up to batch size 30, "
            "numba-cpu is surely faster from batch size 33 on",
        ),
        ({1: 0.5, 8: 2.0, 64: 0.5}, "they cross more than once, at batch size 1 to 64"),
        (
            {1: 2.0, 8: 1.0, 64: 1.0},
            "numba-cpu is surely faster up to batch size 1, "
            "elsewhere at batch size 1 to 64 it cannot be told",
        ),
        ({1: 1.0, 8: 1.0, 64: 1.0}, "at batch size 1 to 64 it cannot be told"),
    ],
)
def test_each_answer_is_a_sentence(times, sentence):
    title, line, method = sentences(a_search(times))

    assert title == "From which batch size on torch-cuda beats numba-cpu"
    assert line == f"lstm · inference · I 4 · H 5 · float32 · 1 thread · T 3: {sentence}"
    assert "One crossing at most is assumed" in method
    assert "10.0 % apart" in method


def test_along_the_sequence_length_the_batch_size_is_named():
    question = QUESTION.model_copy(update={"along": "seq_len"})
    title, line, _ = sentences(a_search({1: 0.5, 64: 0.5}, question))

    assert title.startswith("From which sequence length on")
    assert line.endswith(
        "1 thread · B 2: torch-cuda is faster everywhere, at sequence length 1 to 64"
    )


def test_the_page_says_the_same_and_nothing_of_any_other_run():
    result = a_search({1: 0.5, 64: 0.5})
    title, line, method = sentences(result)

    assert [unescape(part) for part in section(result)] == [f"### {title}", f"- {line}.", method]
    assert list(section(as_result([]))) == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_names_in_a_stranger_s_question_are_inert(text):
    question = QUESTION.model_copy(update={"backend": text})
    page = "\n".join(section(a_search({1: 0.5, 64: 2.0}, question)))

    assert "<script" not in page
    assert "](" not in page
    assert page.count("\n#") == 0
