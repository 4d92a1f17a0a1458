"""What is shipped is what the README describes, and windows are cut where they say."""

import csv
import hashlib
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmbench.data import load_sunspots, load_text, standardise, windows

FOLDER = files("lstmbench.data")


def rows_of_the_file() -> list[tuple[int, float]]:
    lines = FOLDER.joinpath("sunspots.csv").read_text(encoding="utf-8").splitlines()
    return [(int(year), float(number)) for year, number in list(csv.reader(lines))[1:]]


@pytest.mark.parametrize("name", ["sunspots.csv", "ferry.txt"])
def test_a_file_has_the_checksum_that_its_readme_states(name):
    checksum = hashlib.sha256(FOLDER.joinpath(name).read_bytes()).hexdigest()

    assert f"`{checksum}`" in FOLDER.joinpath("README.md").read_text(encoding="utf-8")


def test_the_file_has_one_number_for_each_year_from_1700_to_2008():
    years, numbers = zip(*rows_of_the_file(), strict=True)

    assert list(years) == list(range(1700, 2009))
    assert min(numbers) == 0.0
    assert max(numbers) == dict(rows_of_the_file())[1957] == 190.2  # the strongest cycle, the 19th


def test_sunspots_are_the_numbers_of_the_file_shifted_and_scaled():
    sunspots = load_sunspots()
    numbers = np.array([number for _, number in rows_of_the_file()])

    assert sunspots.dtype == np.float64
    assert sunspots.shape == (309,)
    np.testing.assert_allclose(sunspots * numbers.std() + numbers.mean(), numbers, atol=1e-12)


def test_the_text_is_as_long_as_its_readme_says_and_in_the_characters_it_says():
    text = load_text()
    stated = f"{len(text):,} characters of ASCII, {len(set(text))} different ones"

    assert stated in FOLDER.joinpath("README.md").read_text(encoding="utf-8")
    assert text.isascii()
    assert "\r" not in text


def test_sunspots_rise_and_fall_about_every_eleven_years():
    power = np.abs(np.fft.rfft(load_sunspots())) ** 2

    assert 309 / power.argmax() == pytest.approx(11.0, abs=0.5)


def test_a_standardised_series_has_zero_mean_and_unit_variance():
    series = standardise(np.array([1.0, 2.0, 6.0, 7.0]))

    np.testing.assert_allclose(series, np.array([-3.0, -2.0, 2.0, 3.0]) / np.sqrt(6.5))
    assert load_sunspots().mean() == pytest.approx(0.0, abs=1e-14)
    assert load_sunspots().var() == pytest.approx(1.0)


def test_windows_start_evenly_from_the_first_value_and_end_at_the_last():
    batch = windows(np.arange(10.0), seq_len=4, batch_size=3)

    assert batch.shape == (4, 3, 1)
    assert batch[:, :, 0].T.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]


def test_one_window_is_the_beginning_of_the_series():
    assert windows(np.arange(10.0), seq_len=3, batch_size=1).ravel().tolist() == [0, 1, 2]


def test_a_window_may_be_the_whole_series_and_then_every_window_is():
    series = np.arange(5.0)

    np.testing.assert_array_equal(windows(series, 5, 2)[:, :, 0], np.stack([series, series], 1))


@settings(deadline=None, derandomize=True)
@given(length=st.integers(1, 60), batch_size=st.integers(1, 80), data=st.data())
def test_every_window_is_a_run_of_the_series_and_starts_differ_by_at_most_one_step(
    length, batch_size, data
):
    seq_len = data.draw(st.integers(1, length))
    batch = windows(np.arange(float(length)), seq_len, batch_size)
    starts = batch[0, :, 0]

    assert batch.shape == (seq_len, batch_size, 1)
    assert batch.flags.c_contiguous
    np.testing.assert_array_equal(batch[:, :, 0], starts + np.arange(seq_len)[:, np.newaxis])
    if batch_size > 1:
        assert (starts[0], starts[-1]) == (0, length - seq_len)
        assert np.ptp(np.diff(starts)) <= 1


def test_windows_are_copies():
    series = np.zeros(6)
    windows(series, 3, 2)[:] = 1.0

    assert not series.any()


@pytest.mark.parametrize(("seq_len", "batch_size"), [(11, 1), (0, 1), (-1, 1), (5, 0)])
def test_impossible_windows_are_refused_with_the_sizes(seq_len, batch_size):
    expected = (
        r"windows: expected 1 <= seq_len <= 10 \(the length of the series\) and batch_size >= 1, "
        rf"got seq_len {seq_len} and batch_size {batch_size}"
    )
    with pytest.raises(ValueError, match=expected):
        windows(np.arange(10.0), seq_len, batch_size)
