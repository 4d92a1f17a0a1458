"""What more threads gain a backend is told by the same work with one thread."""

import pytest
from conftest import a_workload, contenders

from lstmbench.analysis.scaling import scalings
from lstmbench.analysis.summary import lines_of

LARGE = a_workload(seq_len=1, batch_size=16, hidden_size=256)


def scalings_of(*rows):
    return scalings(lines_of([row for some in rows for row in some]))


def test_a_backend_is_set_beside_itself_with_one_thread():
    first, second = scalings_of(
        contenders(a_workload(seq_len=1), numba_cpu=0.009, torch_cpu=0.010),
        contenders(a_workload(seq_len=2), numba_cpu=0.004),
        contenders(a_workload(seq_len=1), numba_cpu=0.001, torch_cpu=0.020, threads=2),
        contenders(a_workload(seq_len=2), numba_cpu=0.004, threads=2),
        contenders(a_workload(seq_len=3), numba_cpu=0.001, threads=2),
    )

    assert (first.backend, first.mode, first.threads) == ("numba-cpu", "infer", 2)
    assert [gain.value for gain in first.gains] == pytest.approx([9.0, 1.0])
    assert first.geometric_mean == pytest.approx(3.0)
    assert first.highest.line.workload.seq_len == 1
    assert first.lowest.line.workload.seq_len == 2
    assert (second.backend, second.geometric_mean) == ("torch-cpu", pytest.approx(0.5))


def test_modes_and_numbers_of_threads_are_apart():
    found = scalings_of(
        *(
            contenders(a_workload(mode=mode), numba_cpu=0.012 / threads, threads=threads)
            for mode in ("infer", "train")
            for threads in (1, 2, 4)
        )
    )

    assert [(each.mode, each.threads, each.geometric_mean) for each in found] == [
        ("infer", 2, pytest.approx(2.0)),
        ("infer", 4, pytest.approx(4.0)),
        ("train", 2, pytest.approx(2.0)),
        ("train", 4, pytest.approx(4.0)),
    ]


def test_large_rows_have_a_mean_of_their_own():
    (both,) = scalings_of(
        contenders(a_workload(), numba_cpu=1.0),
        contenders(LARGE, numba_cpu=1.0),
        contenders(a_workload(), numba_cpu=1.0, threads=2),
        contenders(LARGE, numba_cpu=0.5, threads=2),
    )
    (small,) = scalings_of(
        contenders(a_workload(), numba_cpu=1.0),
        contenders(a_workload(), numba_cpu=1.0, threads=2),
    )

    assert both.of_large == pytest.approx(2.0)
    assert small.of_large is None


def test_without_one_thread_there_is_nothing_to_tell():
    assert (
        scalings_of(contenders(numba_cpu=1.0, threads=2), contenders(numba_cpu=1.0, threads=4))
        == []
    )
