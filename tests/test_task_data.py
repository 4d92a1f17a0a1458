"""The tasks that read data: training tells nothing of the test, and the baselines are right."""

from collections import Counter
from itertools import pairwise
from math import log

import numpy as np
import pytest

from lstmbench import tasks
from lstmbench.data import load_sunspot_numbers, load_text
from lstmbench.tasks import sunspots
from lstmbench.tasks.characters import STEPS

YEARS = range(1700, 2009)


@pytest.fixture(scope="module")
def forecast():
    return tasks.load("sunspots")


@pytest.fixture(scope="module")
def characters():
    return tasks.load("characters")


def known():
    """The number of each year, in the units of the task, by hand."""
    numbers = dict(zip(YEARS, load_sunspot_numbers().tolist(), strict=True))
    trained = [number for year, number in numbers.items() if year <= 1920]
    mean = sum(trained) / len(trained)
    deviation = (sum((number - mean) ** 2 for number in trained) / len(trained)) ** 0.5
    return {year: (number - mean) / deviation for year, number in numbers.items()}


# --- sunspots


def test_each_year_from_1921_on_is_tested_once_from_the_24_before_it(forecast):
    batch, numbers = forecast.test_set(), known()

    assert batch.x.shape == (24, 88, 1)
    for b, year in enumerate(range(1921, 2009)):
        before = [numbers[y] for y in range(year - 24, year)]
        np.testing.assert_allclose(batch.x[:, b, 0], before, rtol=1e-6, atol=1e-6)
        assert batch.targets[b, 0] == pytest.approx(numbers[year], abs=1e-6)


def test_the_years_trained_on_are_those_up_to_1920_and_all_of_them(forecast):
    batch, numbers = forecast.batch(np.random.default_rng(0), 3000), known()
    windows = {
        tuple(np.float32([numbers[y] for y in range(year - 24, year + 1)])): year
        for year in range(1724, 1921)
    }
    drawn = np.concatenate([batch.x[:, :, 0], batch.targets.T]).T

    # Rounded: by hand and by NumPy the last bits differ.
    found = {tuple(np.round(window, 4)): year for window, year in windows.items()}
    assert {found[tuple(np.round(window, 4))] for window in drawn} == set(range(1724, 1921))


def test_nothing_after_1920_changes_what_is_trained_on_or_fitted(monkeypatch, forecast):
    numbers = load_sunspot_numbers()
    numbers[1921 - 1700 :] = 1e3
    monkeypatch.setattr(sunspots, "load_sunspot_numbers", lambda: numbers)
    changed = tasks.load("sunspots")
    ours, theirs = (task.batch(np.random.default_rng(0), 300) for task in (forecast, changed))
    split = 1921 - 1700
    series = np.array(list(known().values()))
    other = series.copy()
    other[split:] = 99.0

    assert ours.x.tobytes() == theirs.x.tobytes()
    assert ours.targets.tobytes() == theirs.targets.tobytes()
    assert changed.trivial != forecast.trivial
    np.testing.assert_array_equal(
        sunspots.autoregression(series, split)[: split + 1],
        sunspots.autoregression(other, split)[: split + 1],
    )


def test_persistence_is_the_year_before_and_the_trivial_answer_the_mean_trained_on(forecast):
    numbers = known()
    persistence = [(numbers[year] - numbers[year - 1]) ** 2 for year in range(1921, 2009)]
    mean = [numbers[year] ** 2 for year in range(1921, 2009)]

    assert forecast.baselines["persistence"] == pytest.approx(sum(persistence) / 88)
    assert forecast.trivial == pytest.approx(sum(mean) / 88)


def test_the_autoregression_is_that_of_the_normal_equations(forecast):
    numbers = known()

    def past(year):
        return [numbers[year - k] for k in range(1, 13)] + [1.0]

    A, b = np.zeros((13, 13)), np.zeros(13)
    for year in range(1712, 1921):
        A += np.outer(past(year), past(year))
        b += np.multiply(past(year), numbers[year])
    weights = np.linalg.solve(A, b)
    errors = [numbers[year] - np.dot(weights, past(year)) for year in range(1921, 2009)]

    expected = forecast.baselines["autoregression of 12 years"]
    assert np.mean(np.square(errors)) == pytest.approx(expected, rel=1e-9)


def test_an_autoregression_finds_the_rule_of_a_series_that_has_one():
    series = np.empty(80)
    series[:2] = 1.0, 0.5
    for k in range(2, 80):
        series[k] = 1.6 * series[k - 1] - 0.9 * series[k - 2] + 0.1

    forecast = sunspots.autoregression(series, split=40, order=2)

    assert np.isnan(forecast[:2]).all()
    np.testing.assert_allclose(forecast[2:], series[2:], atol=1e-12)


# --- characters


def read(x, alphabet):
    return ["".join(alphabet[row.argmax()] for row in x[:, b]) for b in range(x.shape[1])]


def test_each_character_is_asked_for_the_next_and_none_of_the_last_tenth_is_trained_on(characters):
    text = load_text()
    alphabet = sorted(set(text))
    trained = text[: int(0.9 * len(text))]
    batch = characters.batch(np.random.default_rng(0), 300)
    starts = []
    for b, shown in enumerate(read(batch.x, alphabet)):
        wanted = "".join(alphabet[target] for target in batch.targets[:, b])
        starts.append(trained.index(shown + wanted[-1]))

        assert wanted[:-1] == shown[1:]
    assert min(starts) < 500
    assert max(starts) > len(trained) - 500


def test_the_test_windows_follow_one_another_through_the_last_tenth(characters):
    text = load_text()
    alphabet = sorted(set(text))
    batch = characters.test_set()
    shown = "".join(read(batch.x, alphabet))
    wanted = "".join(alphabet[target] for target in batch.targets.T.ravel())
    begin = int(0.9 * len(text))

    assert shown == text[begin : begin + len(shown)]
    assert wanted == text[begin + 1 : begin + 1 + len(shown)]
    assert len(text) - 1 - STEPS <= begin + len(shown) <= len(text) - 1


def test_the_simple_answers_are_those_of_counting_by_hand(characters):
    text = load_text()
    size = len(set(text))
    begin = int(0.9 * len(text))
    trained = text[:begin]
    singles, pairs = Counter(trained), Counter(pairwise(trained))
    before = Counter(trained[:-1])
    tested = range(begin + 1, begin + 1 + characters.test_set().targets.size)
    alone = [-log((singles[text[t]] + 1) / (begin + size)) for t in tested]
    after = [-log((pairs[text[t - 1], text[t]] + 1) / (before[text[t - 1]] + size)) for t in tested]

    assert characters.trivial == pytest.approx(sum(alone) / len(alone))
    assert characters.baselines["the character before alone"] == pytest.approx(
        sum(after) / len(after)
    )
