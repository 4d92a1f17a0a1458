"""The least latency and the most throughput are looked for over the batch sizes of a workload."""

import pytest
from conftest import a_workload, bad_row, contenders

from lstmbench.analysis.batching import batchings, throughput
from lstmbench.analysis.summary import lines_of


def at_batch(batch_size, **seconds):
    return contenders(a_workload(batch_size=batch_size), **seconds)


def batchings_of(*rows):
    return batchings(lines_of([row for some in rows for row in some]))


def test_each_backend_has_its_latency_and_the_batch_that_gives_it_most():
    (found,) = batchings_of(
        at_batch(64, numba_cpu=0.064, torch_cpu=0.016),
        at_batch(1, numba_cpu=0.002, torch_cpu=0.003),
        at_batch(8, numba_cpu=0.004, torch_cpu=0.008),
    )

    assert found.backends == ["numba-cpu", "torch-cpu"]
    assert [line.workload.batch_size for line in found.lines] == [1, 8, 64]
    assert found.single("numba-cpu").time_s.median == 0.002
    assert (found.best("numba-cpu").batch_size, found.best("torch-cpu").batch_size) == (8, 64)
    assert throughput(found.best("torch-cpu")) == pytest.approx(4000)
    assert (found.quickest.backend, found.most.backend) == ("numba-cpu", "torch-cpu")


def test_a_batch_of_one_without_a_time_is_no_latency():
    (found,) = batchings_of(
        [bad_row("timeout", workload=a_workload(batch_size=1), backend="torch-cpu")],
        at_batch(1, numba_cpu=0.002),
        at_batch(8, numba_cpu=0.004, torch_cpu=0.008),
    )

    assert found.single("torch-cpu") is None
    assert found.best("torch-cpu").batch_size == 8
    assert found.best("absent") is None
    assert found.quickest.backend == "numba-cpu"


def test_without_a_batch_of_one_there_is_throughput_alone():
    (found,) = batchings_of(at_batch(2, numba_cpu=0.002), at_batch(8, numba_cpu=0.004))

    assert found.quickest is None
    assert found.most.batch_size == 8


def test_one_batch_size_is_nothing_to_choose_from():
    one = at_batch(4, numba_cpu=0.002)
    nothing = [bad_row("oom", workload=a_workload(batch_size=8), backend="numba-cpu")]

    assert batchings_of(one, nothing) == []


def test_threads_and_everything_but_the_batch_size_are_apart():
    found = batchings_of(
        *(
            contenders(a_workload(batch_size=batch, seq_len=steps), numba_cpu=0.01, threads=threads)
            for batch in (1, 2)
            for steps in (3, 4)
            for threads in (1, 2)
        )
    )

    assert [(each.lines[0].workload.seq_len, each.lines[0].threads) for each in found] == [
        (3, 1),
        (3, 2),
        (4, 1),
        (4, 2),
    ]
