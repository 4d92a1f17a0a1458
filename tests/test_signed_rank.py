"""The signed-rank test against SciPy's, and its bounds against what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lstmbench.statistics.signed_rank import (
    estimate,
    estimate_and_bounds,
    lower_bound,
    p_above,
    upper_bound,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n", [3, 5, 8, 12, 20])
@pytest.mark.parametrize("shift", [-1.0, 0.0, 0.5, 2.0])
def test_p_is_that_of_scipys_exact_test(n: int, shift: float):
    series = RNG.normal(shift, 1.0, (50, n))
    expected = [stats.wilcoxon(s, alternative="greater", method="exact").pvalue for s in series]
    np.testing.assert_allclose(p_above(series, 0.0), expected, rtol=1e-12)
    np.testing.assert_allclose(p_above(series + 3.0, 3.0), expected, rtol=1e-12)


def test_the_smallest_p_is_that_of_all_blocks_above():
    assert p_above(np.ones(12) + np.arange(12), 0.0) == 2.0**-12
    assert p_above(-np.ones(12) - np.arange(12), 0.0) == 1.0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=15))
def test_the_estimate_follows_a_shift_and_a_change_of_sign(numbers: list[float]):
    series = np.array(numbers)
    assert estimate(-series) == pytest.approx(-estimate(series), abs=1e-6)
    assert estimate(series + 5.0) == pytest.approx(estimate(series) + 5.0, abs=1e-6)
    assert series.min() - 1e-6 <= estimate(series) <= series.max() + 1e-6


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.001])
def test_a_bound_and_the_test_never_contradict_each_other(alpha: float):
    series = RNG.normal(0.3, 1.0, (500, 12))
    for value in (-0.5, 0.0, 0.2):
        assert ((lower_bound(series, alpha) > value) == (p_above(series, value) <= alpha)).all()
        assert ((upper_bound(series, alpha) < value) == (p_above(-series, -value) <= alpha)).all()


def test_too_few_blocks_bound_nothing():
    assert lower_bound(np.array([1.0, 2.0, 3.0]), 0.01) == -np.inf
    assert upper_bound(np.array([1.0, 2.0, 3.0]), 0.01) == np.inf
    assert lower_bound(np.array([1.0, 2.0, 3.0]), 0.125) == 1.0


@pytest.mark.parametrize("n", [1, 2, 5, 6, 9, 20])
def test_all_at_once_is_what_each_is_alone(n: int):
    for series in RNG.normal(0.3, 1.0, (50, n)):
        alone = estimate(series), lower_bound(series, 0.025), upper_bound(series, 0.025)
        assert estimate_and_bounds(series, 0.025) == alone


@pytest.mark.parametrize("noise", ["normal", "heavy", "bimodal"])
def test_bounds_keep_their_promise_whatever_the_noise(noise: str):
    shape = (20000, 12)
    series = {
        "normal": RNG.normal(0, 1, shape),
        "heavy": RNG.standard_t(2, shape),
        "bimodal": RNG.choice((-3.0, 3.0), shape) + RNG.normal(0, 1, shape),
    }[noise]
    missed = np.mean(lower_bound(series, 0.01) > 0)
    # Three standard deviations of 20000 tries above what is promised.
    assert missed <= 0.01 + 3 * np.sqrt(0.01 * 0.99 / 20000)
