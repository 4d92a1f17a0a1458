"""Rows of unequal lengths are dealt evenly, and each group's are sorted."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmbench_kernels.cpu.rows import deal_rows


@given(st.lists(st.integers(1, 50), min_size=1, max_size=40), st.integers(1, 5))
def test_every_row_is_dealt_once_and_the_longest_come_first(lengths: list[int], groups: int):
    given_lengths, B = np.array(lengths), len(lengths)
    deal = deal_rows(given_lengths, groups)
    assert sorted(deal.order) == list(range(B))
    np.testing.assert_array_equal(deal.lengths, given_lengths[deal.order])
    for g in range(groups):
        first, end = g * B // groups, (g + 1) * B // groups
        of_group = deal.lengths[first:end]
        assert list(of_group) == sorted(of_group, reverse=True)
        for t in range(-1, max(lengths) + 1):
            at_work = [b for b in range(first, end) if 0 <= t < deal.lengths[b]]
            assert list(range(first, deal.ends[g, t + 1])) == at_work


@given(st.lists(st.integers(1, 50), min_size=2, max_size=40), st.integers(2, 4))
def test_groups_differ_by_no_more_than_the_longest_row(lengths: list[int], groups: int):
    B = len(lengths)
    deal = deal_rows(np.array(lengths), groups)
    totals = [
        int(deal.lengths[g * B // groups : (g + 1) * B // groups].sum()) for g in range(groups)
    ]
    assert max(totals) - min(totals) <= max(lengths)


def test_the_order_of_equal_rows_is_kept():
    assert deal_rows(np.array([2, 5, 2, 5]), 1).order.tolist() == [1, 3, 0, 2]


@pytest.mark.parametrize("groups", [1, 2, 3])
def test_a_row_alone_is_dealt_too(groups: int):
    assert deal_rows(np.array([4]), groups).order.tolist() == [0]
