"""Steps in a series: found where they are, and hardly ever where there is none."""

from itertools import pairwise

import numpy as np
import pytest
from asv.step_detect import solve_potts

from lstmbench.statistics import steps
from lstmbench.statistics.steps import LEAST_NOISE, LEVELS, NEEDED, SHORTEST, fit, noise, segments

LEAST = float(np.log(1.03))


def quiet(count, *, seed=1, scatter=0.01):
    """Logarithms of times that change by chance alone."""
    return np.random.default_rng(seed).normal(0, scatter, count)


def with_step(values, at, size):
    """The same with all from one place on raised."""
    return np.where(np.arange(len(values)) < at, values, values + size)


# --- where they are


@pytest.mark.parametrize("size", [0.2, -0.2])
def test_a_step_is_found_at_its_first_value(size):
    found = fit(with_step(quiet(30), 18, size), LEAST)

    assert found.steps == (18,)
    assert found.levels[1] - found.levels[0] == pytest.approx(size, abs=0.01)


def test_several_steps_are_found():
    values = with_step(with_step(with_step(quiet(60), 15, 0.1), 30, 0.1), 45, -0.3)

    assert fit(values, LEAST).steps == (15, 30, 45)


def test_a_level_may_be_as_short_as_three_values_and_no_shorter():
    def of(slow_nights):
        values = quiet(30)
        values[-slow_nights:] += 0.5
        return fit(values, LEAST).steps

    assert of(SHORTEST) == (30 - SHORTEST,)
    assert of(SHORTEST - 1) == ()


@pytest.mark.parametrize("places", [[0], [7], [29], [7, 8], [28, 29], [0, 1], [3, 12, 21], [7, 9]])
def test_single_slow_nights_are_no_step_however_slow(places):
    for slower in (0.1, 1.0, 7.0):
        values = quiet(30)
        values[places] += slower
        assert fit(values, LEAST).steps == ()


def test_a_slow_night_hides_no_step():
    values = with_step(quiet(40), 20, 0.1)
    values[[5, 19, 20, 31]] += 2.0

    (found,) = fit(values, LEAST).steps
    assert abs(found - 20) <= 1


def test_a_step_smaller_than_the_least_is_not_told():
    values = with_step(quiet(60, scatter=0.002), 30, 0.025)

    assert fit(values, LEAST).steps == ()
    assert fit(values, 0.02).steps == (30,)


def test_small_steps_the_same_way_add_up_to_one_that_is_told():
    values = quiet(80, scatter=0.002)
    for at in (20, 40, 60):
        values = with_step(values, at, 0.025)

    found = fit(values, LEAST)
    assert found.steps
    assert found.levels[-1] - found.levels[0] > 0.04


def test_a_series_that_is_too_short_has_one_level():
    assert fit([0.0] * 5 + [1.0] * (NEEDED - 6), LEAST).starts == (0,)
    assert fit([0.0] * 5 + [1.0] * (NEEDED - 5), LEAST).starts == (0, 5)
    assert fit([3.0], LEAST).levels == (3.0,)


def test_equal_values_have_one_level_and_a_little_noise():
    found = fit([0.5] * 50, LEAST)

    assert (found.starts, found.levels, found.noise) == ((0,), (0.5,), LEAST_NOISE)


def test_a_step_does_not_count_as_noise():
    values = quiet(200, scatter=0.02)

    assert noise(values) == pytest.approx(0.02, rel=0.2)
    assert noise(with_step(values, 100, 5.0)) == pytest.approx(noise(values), rel=0.02)


# --- the best fit there is


def cost(values, starts, penalty):
    """Absolute distances from the medians, and the penalties."""
    bounds = pairwise([*starts, len(values)])
    distances = (np.abs(values[i:j] - np.median(values[i:j])).sum() for i, j in bounds)
    return sum(distances) + penalty * (len(starts) - 1)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("penalty", [0.02, 0.1, 0.4])
def test_without_a_bound_the_fit_is_as_good_as_that_of_asv(seed, penalty):
    values = with_step(quiet(60, seed=seed, scatter=0.05), 20 + 5 * seed, 0.1)

    ends, *_ = solve_potts(values.tolist(), [1] * len(values), penalty, min_size=SHORTEST)

    ours = segments(values, penalty, np.inf, 0.05)
    assert min(j - i for i, j in pairwise([*ours, len(values)])) >= SHORTEST
    assert cost(values, ours, penalty) == pytest.approx(cost(values, [0, *ends[:-1]], penalty))


# --- how often it errs


def series(kind, count, scatter, random):
    """A constant level with noise of a kind, most of it ``scatter`` wide."""
    match kind:
        case "normal":
            return random.normal(0, scatter, count)
        case "heavy tails":
            return random.standard_t(3, count) * scatter
        case "slow tail":
            return random.exponential(1.4 * scatter, count)
        case "slow nights":
            is_slow = random.random(count) < 0.05
            return random.normal(0, scatter, count) + is_slow * random.uniform(0.1, 0.7, count)
        case "two modes":
            return random.normal(0, scatter, count) + 0.12 * (random.random(count) < 0.5)
    values = [0.0]
    for each in random.normal(0, scatter, count - 1):
        values.append(0.3 * values[-1] + each)
    return values


def false_steps(kind, scatters=(0.01, 0.03, 0.05), counts=(12, 60), of=100):
    """The share of series of constant level in which a step is told."""
    random = np.random.default_rng(20260102)
    told = [
        bool(fit(series(kind, count, scatter, random), LEAST).steps)
        for scatter in scatters
        for count in counts
        for _ in range(of)
    ]
    return sum(told) / len(told)


@pytest.mark.parametrize("kind", ["normal", "heavy tails", "slow tail", "slow nights"])
def test_at_most_one_series_of_a_constant_level_in_a_hundred_has_a_step(kind):
    assert false_steps(kind) <= 0.01


@pytest.mark.parametrize("kind", ["two modes", "correlated"])
def test_noise_that_is_hard_to_tell_from_steps_costs_a_few_false_ones_more(kind):
    assert false_steps(kind) <= 0.03


def test_a_step_of_five_percent_is_found_in_nine_of_ten_series_within_a_night():
    random = np.random.default_rng(20260102)
    found = []
    for _ in range(100):
        values = with_step(random.normal(0, 0.015, 60), 40, np.log(1.05))
        starts = fit(values, LEAST).steps
        found.append(len(starts) == 1 and abs(starts[0] - 40) <= 1)

    assert sum(found) >= 90


# --- what it costs


def test_many_values_have_no_more_levels_than_few():
    many = quiet(1_000_000)
    many[::1000] += np.linspace(0, 20, 1000)

    assert len(steps._levels(quiet(LEVELS), 0.01)) == LEVELS
    assert len(steps._levels(many, 0.01)) <= LEVELS


def test_each_value_is_held_against_the_levels_once(monkeypatch):
    sizes = []
    losses = steps._losses

    def counted(levels, value, farthest):
        sizes.append(len(levels))
        return losses(levels, value, farthest)

    monkeypatch.setattr(steps, "_losses", counted)
    found = fit(with_step(quiet(20_000), 12_000, 0.05), LEAST)

    assert found.steps == (12_000,)
    assert len(sizes) == 20_000
    assert max(sizes) <= LEVELS


def test_many_levels_that_are_too_near_to_each_other_are_joined():
    count = 20_000
    levels = np.random.default_rng(1).uniform(0, 0.02, count)
    starts = list(range(0, 3 * count, 3))

    assert steps._joined(np.repeat(levels, 3), starts, LEAST_NOISE, LEAST) == [0]
