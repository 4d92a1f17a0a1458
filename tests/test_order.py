"""The interval of the median is the one that counting coin tosses gives."""

import subprocess
import sys
from itertools import pairwise
from math import comb, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmbench.statistics.order import (
    MIN_SAMPLES,
    Summary,
    geometric_mean,
    median_interval,
    summarise,
)


def order_of_the_lower_end(count: int) -> int:
    """The largest j for which fewer than j of ``count`` fair coins come up in at most 2.5 %."""
    tail, j = 0, 0
    while (tail := tail + comb(count, j)) <= 0.025 * 2**count:
        j += 1
    return j


@pytest.mark.parametrize("count", range(MIN_SAMPLES, 200))
def test_the_interval_ends_at_the_order_statistics_of_the_binomial_distribution(count):
    low, high = median_interval([float(x) for x in range(1, count + 1)])

    j = order_of_the_lower_end(count)
    assert (low, high) == (j, count + 1 - j)


@pytest.mark.parametrize(("count", "ends"), [(6, (1, 6)), (9, (2, 8)), (20, (6, 15))])
def test_the_interval_of_small_samples_is_the_one_in_the_tables(count, ends):
    assert median_interval([float(x) for x in range(1, count + 1)]) == ends


@pytest.mark.parametrize("count", [6, 7, 25, 100])
def test_the_interval_covers_the_median_at_least_95_times_of_100(count):
    j = order_of_the_lower_end(count)

    outside = 2 * sum(comb(count, k) for k in range(j))

    assert 1 - outside / 2**count >= 0.95


@pytest.mark.parametrize(("count", "ends"), [(7, (-inf, inf)), (8, (1, 8)), (20, (4, 17))])
def test_too_few_samples_for_so_much_confidence_leave_everything_open(count, ends):
    assert median_interval([float(x) for x in range(1, count + 1)], 0.99) == ends


def test_fewer_than_six_samples_have_no_interval():
    assert 1 - 2 / 2**5 < 0.95 <= 1 - 2 / 2**6
    with pytest.raises(ValueError, match="expected at least 6, got 5"):
        median_interval([1.0] * 5)


def test_a_summary_has_the_five_numbers_of_a_known_sample():
    assert summarise([7.0, 1.0, 3.0, 2.0, 6.0, 4.0, 5.0]) == Summary(
        median=4.0, q1=2.5, q3=5.5, min=1.0, max=7.0, ci95=(1.0, 7.0), samples=7
    )


def test_the_spread_is_half_the_interval_over_the_median():
    assert Summary(4.0, 0, 0, 0, 0, (3.0, 7.0), 9).spread == 0.5
    assert Summary(0.0, 0, 0, 0, 0, (0.0, 0.0), 9).spread == 0.0


@given(st.lists(st.floats(1e-9, 1e3), min_size=MIN_SAMPLES, max_size=60))
def test_a_summary_is_in_order_and_made_of_its_samples(samples):
    summary = summarise(samples)

    ascending = (summary.min, summary.q1, summary.median, summary.q3, summary.max)
    assert all(a <= b for a, b in pairwise(ascending))
    assert summary.ci95[0] <= summary.median <= summary.ci95[1]
    assert {summary.min, summary.max, *summary.ci95} <= set(samples)
    assert summary == summarise(samples[::-1])


def test_the_mean_of_ratios_is_geometric():
    assert geometric_mean([2.0, 8.0]) == pytest.approx(4.0)
    assert geometric_mean(iter([0.5, 2.0])) == pytest.approx(1.0)


def test_what_is_loaded_is_all_that_a_summary_needs():
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from lstmbench.statistics import order; order.load();"
            "before = set(sys.modules); order.summarise([1.0] * order.MIN_SAMPLES);"
            "print(set(sys.modules) - before)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "set()\n"
