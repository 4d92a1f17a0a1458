"""A chart in one line: high is slow, a bar is a step, a dot is a gap."""

import numpy as np

from lstmbench.sparkline import BLOCKS, WIDEST, sparkline
from lstmbench.statistics.steps import Fit, fit

FLAT = Fit((0,), (0.0,), 0.01)


def test_a_higher_value_is_a_higher_block():
    assert sparkline(np.linspace(-0.03, 0.0299, 8), FLAT) == BLOCKS


def test_a_step_is_marked_before_its_first_value():
    stepped = Fit((0, 3), (0.0, 1.0), 0.01)

    assert sparkline([0.0] * 3 + [1.0] * 2, stepped) == "▁▁▁│██"


def test_a_gap_is_shown_and_moves_no_mark():
    stepped = Fit((0, 3), (0.0, 1.0), 0.01)
    values = [None, 0.0, None, 0.0, 0.0, None, 1.0, 1.0, None]

    assert sparkline(values, stepped) == "·▁·▁▁·│██·"


def test_one_slow_night_leaves_room_for_the_rest():
    values = np.array([0.0, 0.01, -0.01, 0.0, 0.01] * 6)
    values[7] = 3.0

    text = sparkline(values, fit(values, 0.03))
    assert text[7] == BLOCKS[-1]
    assert len(set(text)) > 3


def test_equal_values_have_a_chart():
    assert sparkline([0.5] * 4, fit([0.5] * 4, 0.03)) == BLOCKS[4] * 4


def test_a_long_series_has_several_values_in_a_column():
    values = [0.0] * 100 + [1.0] * 80
    text = sparkline([*values, *[None] * 20], Fit((0, 100), (0.0, 1.0), 0.01))

    assert text == "▁" * 25 + "│" + "█" * 20 + "·" * 5
    assert all(
        len(sparkline([0.0] * count, FLAT)) <= WIDEST for count in (59, 60, 61, 119, 121, 100_000)
    )
