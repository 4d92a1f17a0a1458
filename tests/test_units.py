"""Numbers become text that a person reads at a glance, and that never lies about its unit."""

import doctest

import pytest

from lstmbench import units


def test_the_examples_in_the_docstrings_are_true():
    found = doctest.testmod(units)

    assert found.attempted >= 7
    assert found.failed == 0


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ns"),
        (1e-12, "0.00100 ns"),
        (1e-9, "1.00 ns"),
        (9.994e-7, "999 ns"),
        (9.999e-7, "1.00 µs"),
        (1e-6, "1.00 µs"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (1.0, "1.00 s"),
        (12345.6, "12346 s"),
        (-0.002, "-2.00 ms"),
    ],
)
def test_a_duration_has_three_digits_in_the_largest_unit_that_fits(seconds, text):
    assert units.duration(seconds) == text


@pytest.mark.parametrize(
    ("per_second", "text"),
    [
        (0.0, "0"),
        (0.5, "0.500"),
        (999.4, "999"),
        (999.6, "1.00 k"),
        (1e6, "1.00 M"),
        (3e14, "300 T"),
    ],
)
def test_a_rate_has_a_decimal_prefix_from_a_thousand_on(per_second, text):
    assert units.rate(per_second) == text


def test_a_rate_carries_its_unit_with_and_without_a_prefix():
    assert units.rate(12.0, "FLOP/s") == "12.0 FLOP/s"
    assert units.rate(12e9, "FLOP/s") == "12.0 GFLOP/s"


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (2**20 - 1, "1.00 MiB"),
        (2**30, "1.00 GiB"),
        (5 * 2**50, "5120 TiB"),
    ],
)
def test_a_size_has_a_binary_prefix_from_a_kibibyte_on(count, text):
    assert units.size(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.00×"), (0.994, "0.99×"), (1.0, "1.00×"), (9.996, "10.0×"), (99.96, "100×")],
)
def test_a_ratio_has_two_decimals_below_ten_and_three_digits_above(value, text):
    assert units.ratio(value) == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3599.6, "1:00:00")])
def test_a_waiting_time_is_rounded_before_it_is_split(seconds, text):
    assert units.clock_time(seconds) == text
