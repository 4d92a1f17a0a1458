"""Sketches of samples: what can be read back of them, and how long they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmbench.report.sketch import STATISTICS, sketch

DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def places(text):
    """The places of the samples between the first and the last, from 0 to 1."""
    pairs = zip(text[::2], text[1::2], strict=True)
    return [(64 * DIGITS.index(a) + DIGITS.index(b)) / 4095 for a, b in pairs]


@given(st.lists(st.floats(1e-9, 1e3), min_size=2, max_size=STATISTICS, unique=True))
def test_few_samples_are_all_there_to_a_part_in_eight_thousand(samples):
    least, width = min(samples), max(samples) - min(samples)

    expected = [(each - least) / width for each in sorted(samples)]
    assert places(sketch(samples)) == pytest.approx(expected, abs=1 / 8190 + 1e-9)


@given(st.lists(st.floats(1e-9, 1e3), min_size=STATISTICS, max_size=500))
def test_many_samples_are_order_statistics_from_the_first_to_the_last(samples):
    found = places(sketch(samples))

    assert len(found) == STATISTICS
    assert found == sorted(found)
    assert found[0] == 0
    assert found[-1] == (1 if max(samples) > min(samples) else 0)


def test_samples_that_are_all_the_same_stand_in_one_place():
    assert places(sketch([0.25] * 3)) == [0, 0, 0]


def test_no_samples_are_an_empty_sketch():
    assert sketch(()) == ""
