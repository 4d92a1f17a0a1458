"""What padding costs is told from a ragged row and its full one, and from nothing else."""

import pytest
from conftest import a_row, a_workload, bad_row

from lstmbench.analysis.padding import padded_of
from lstmbench.analysis.summary import lines_of
from lstmbench.report import padding

FULL = a_workload(seq_len=10, batch_size=2)
RAGGED = a_workload(seq_len=10, batch_size=2, lengths="uniform", steps=(10, 5))


def row(workload, seconds, backend="fake", **options):
    return a_row(workload, seconds=seconds, backend=backend, **options)


def test_a_cost_is_the_time_of_a_valid_step_over_that_of_the_full_batch():
    (padded,) = padded_of(lines_of([row(FULL, 0.004), row(RAGGED, 0.0036)]))
    assert padded.valid == 0.75
    assert padded.share is not None
    assert padded.share.value == pytest.approx(0.9)
    assert padded.share.low < 0.9 < padded.share.high
    assert padded.cost == pytest.approx(1.2)


def test_only_the_same_backend_with_as_many_threads_is_its_full_batch():
    others = [
        row(FULL, 0.004, "numpy"),
        row(FULL, 0.004, threads=2),
        bad_row("timeout", workload=FULL),
    ]
    (padded,) = padded_of(lines_of([*others, row(RAGGED, 0.0036)]))
    assert (padded.full, padded.share, padded.cost) == (None, None, None)


def test_full_batches_and_rows_without_a_time_have_no_section():
    failed = bad_row("failed", workload=RAGGED)
    assert list(padding.section(lines_of([row(FULL, 0.004), failed]))) == []


def test_the_section_says_what_each_backend_pays():
    rows = [row(FULL, 0.004), row(RAGGED, 0.003), row(FULL, 0.002, "numpy")]
    rows += [row(RAGGED, 0.002, "numpy"), row(RAGGED, 0.001, "torch-cpu")]
    page = "\n".join(padding.section(lines_of(rows)))
    assert "- fake: **1.00×** (geometric mean of 1 row; 1.00× to 1.00×)." in page
    assert "- numpy: **1.33×**" in page
    assert "- torch-cpu: no row of full sequences to compare with." in page
    assert "| 75.0 % | 3.00 ms | 4.00 ms |" in page


def test_what_a_stranger_wrote_is_escaped():
    stranger = row(RAGGED, 0.003).model_copy(update={"backend": "<b>|x", "lengths": "<i>|y"})
    page = "\n".join(padding.section(lines_of([stranger])))
    assert "<b>" not in page
    assert "<i>" not in page
