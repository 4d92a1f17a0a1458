"""Rows become verdicts by the intervals of their ratios, and answers a workload."""

from conftest import a_row, a_workload, bad_row, contenders

from lstmbench.analysis.crossing import answer, series, verdict
from lstmbench.analysis.summary import lines_of
from lstmbench.breakeven import BreakEven, Verdict

QUESTION = BreakEven(backend="torch-cuda", against="numba-cpu", along="batch_size", low=1, high=64)


def rows_at(batch_size, ours, theirs, **given):
    workload = a_workload(batch_size=batch_size, **given)
    return contenders(workload, numba_cpu=ours, torch_cuda=theirs)


def verdict_of(rows):
    (line,) = lines_of(rows)
    return verdict(line, QUESTION)


def test_a_verdict_is_sure_where_the_interval_of_the_ratio_leaves_out_one():
    assert verdict_of(rows_at(1, ours=2.0, theirs=1.0)) is Verdict.FASTER
    assert verdict_of(rows_at(1, ours=1.0, theirs=2.0)) is Verdict.SLOWER
    # The samples of these rows spread over - 3 to + 5 %.
    assert verdict_of(rows_at(1, ours=1.01, theirs=1.0)) is Verdict.UNSURE


def test_without_two_times_nothing_can_be_told():
    workload = a_workload()
    ours = a_row(workload, backend="numba-cpu")

    assert verdict_of([ours]) is Verdict.UNSURE
    assert verdict_of([ours, bad_row("oom", workload=workload, backend="torch-cuda")]) is (
        Verdict.UNSURE
    )


def test_rows_of_one_workload_are_one_answer_smallest_size_first():
    rows = [
        *rows_at(64, ours=4.0, theirs=1.0),
        *rows_at(1, ours=1.0, theirs=2.0),
        *rows_at(1, ours=2.0, theirs=1.0, seq_len=9),
        *rows_at(8, ours=1.0, theirs=1.0),
    ]
    short, long = (answer(lines, QUESTION) for lines in series(rows, QUESTION))

    assert (short.id, short.sizes) == ("lstm/infer/T3-B1-I4-H5-L1/float32", (1, 8, 64))
    assert (short.outcome, short.until, short.since) == ("crosses", 1, 64)
    assert (short.at_low, short.at_high) == ("slower", "faster")
    assert (long.id, long.outcome) == ("lstm/infer/T9-B1-I4-H5-L1/float32", "faster")


def test_batches_of_unequal_lengths_are_one_workload_at_every_size():
    rows = [
        a_row(a_workload(batch_size=len(steps), lengths="uniform", steps=steps), backend=name)
        for steps in ((3,), (1, 3), (2, 1, 3))
        for name in ("numba-cpu", "torch-cuda")
    ]

    assert [answer(lines, QUESTION).sizes for lines in series(rows, QUESTION)] == [(1, 2, 3)]


def test_numbers_of_threads_are_answered_apart():
    workload = a_workload(batch_size=1)
    rows = [
        *contenders(workload, threads=1, numba_cpu=4.0, torch_cuda=1.0),
        *contenders(workload, threads=2, numba_cpu=1.0, torch_cuda=4.0),
    ]
    found = [answer(lines, QUESTION) for lines in series(rows, QUESTION)]

    assert [(each.threads, each.outcome) for each in found] == [(1, "faster"), (2, "slower")]
