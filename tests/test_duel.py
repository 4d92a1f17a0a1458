"""Own kernels against the fastest peer: every number worked out by hand beside it."""

import pytest
from conftest import a_workload, bad_row, contenders, with_memory

from lstmbench.analysis.duel import duels_of, is_large, series
from lstmbench.analysis.summary import lines_of


def duel_of(**given):
    (duel,) = duels_of(lines_of(contenders(**given)))
    return duel


# --- one duel


def test_a_duel_is_between_the_fastest_of_each_side():
    duel = duel_of(numpy=0.001, numba_cpu=0.004, numba_x=0.002, torch_cpu=0.006, jax=0.003)

    assert (duel.own.backend, duel.peer.backend) == ("numba-x", "jax")
    assert duel.ratio == pytest.approx(1.5)
    assert duel.over("torch-cpu") == pytest.approx(3.0)
    assert duel.over("absent") is None


@pytest.mark.parametrize(
    "seconds", [{"numba_cpu": 0.001}, {"torch_cpu": 0.001}, {"numba_cpu": 0.001, "numpy": 0.002}]
)
def test_without_both_sides_there_is_no_duel(seconds):
    assert duels_of(lines_of(contenders(**seconds))) == []


def test_a_side_that_failed_is_no_side():
    rows = [*contenders(numba_cpu=0.001), bad_row("incorrect", backend="torch-cpu")]

    assert duels_of(lines_of(rows)) == []


@pytest.mark.parametrize(
    ("peer", "missed"), [(0.100, False), (0.0971, False), (0.0969, True), (0.05, True)]
)
def test_a_row_is_missed_beyond_three_percent(peer, missed):
    assert duel_of(numba_cpu=0.100, torch_cpu=peer).is_missed is missed


@pytest.mark.parametrize(
    ("batch", "hidden", "large"), [(16, 256, True), (15, 256, False), (16, 255, False)]
)
def test_a_row_is_large_by_its_batch_and_its_hidden_size(batch, hidden, large):
    workload = a_workload(batch_size=batch, hidden_size=hidden)

    assert is_large(workload) is large


def test_at_the_bound_the_ratio_is_the_peers_time_over_the_least():
    duel = duel_of(numba_cpu=0.010, torch_cpu=0.012, fraction=0.8)

    assert duel.least == pytest.approx(0.008)
    assert duel.headroom == pytest.approx(1.5)


@pytest.mark.parametrize("fraction", [None, 0.0])
def test_without_a_fraction_nothing_is_said_of_the_bound(fraction):
    duel = duel_of(numba_cpu=0.010, torch_cpu=0.012, fraction=fraction)

    assert (duel.fraction, duel.least, duel.headroom) == (None, None, None)


def test_memory_is_own_over_the_peers_where_both_are_known():
    own, peer = contenders(numba_cpu=0.001, torch_cpu=0.001)
    known = [with_memory(own, 300), with_memory(peer, 200)]
    unknown = [with_memory(own, 300), with_memory(peer, None)]

    (first,), (second,) = duels_of(lines_of(known)), duels_of(lines_of(unknown))

    assert first.memory_over("torch-cpu") == 1.5
    assert second.memory_over("torch-cpu") is None


# --- several


def test_a_series_knows_its_means_and_its_extremes():
    rows = [
        *contenders(a_workload(seq_len=1), numba_cpu=0.001, torch_cpu=0.002),
        *contenders(a_workload(seq_len=2), numba_cpu=0.001, torch_cpu=0.008),
        *contenders(a_workload(seq_len=3), numba_cpu=0.001, jax=0.005),
    ]

    beside = series(lambda each: each.over("torch-cpu"), duels_of(lines_of(rows)))

    assert beside.geometric_mean == pytest.approx(4.0)
    assert beside.mean == pytest.approx(5.0)
    assert [value for value, _ in beside.of] == pytest.approx([2.0, 8.0])
    assert beside.lowest[1].line.workload.seq_len == 1
    assert beside.highest[1].line.workload.seq_len == 2


def test_of_no_numbers_there_is_no_series():
    assert series(lambda _: None, [duel_of(numba_cpu=1.0, torch_cpu=1.0)]) is None
