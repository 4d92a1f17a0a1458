"""The search finds the crossing between two sizes, and is never sure of what is not so."""

from math import ceil, log2

import pytest
from conftest import a_workload
from hypothesis import given
from hypothesis import strategies as st

from lstmbench.breakeven import (
    RESOLUTION,
    BreakEven,
    Verdict,
    ask,
    conclude,
    next_sizes,
    resized,
)
from lstmbench.errors import UsageError
from lstmbench.workload import combination

F, S, U = Verdict.FASTER, Verdict.SLOWER, Verdict.UNSURE


def search(compare, low, high):
    """Ask a comparison where the search wants to; what it saw, and in how many steps."""
    verdicts, steps = {}, 0
    while sizes := next_sizes(verdicts, low, high):
        assert not set(sizes) & set(verdicts)
        assert all(low <= size <= high for size in sizes)
        verdicts |= {size: compare(size) for size in sizes}
        steps += 1
    return verdicts, steps


def crossing_at(crossing):
    return lambda size: F if size >= crossing else S


spans = st.tuples(st.integers(1, 5000), st.integers(1, 5000)).map(sorted)


# --- the search


@given(spans, st.data())
def test_a_crossing_is_found_to_a_tenth_or_the_next_whole_number(span, data):
    low, high = span
    crossing = data.draw(st.integers(low + 1, high + 1))
    verdicts, steps = search(crossing_at(crossing), low, high)
    outcome, until, since = conclude(verdicts)

    if crossing > high:
        assert (outcome, until, since) == ("slower", high, low)
    else:
        assert outcome == "crosses"
        assert until < crossing <= since
        assert since <= max(until + 1, RESOLUTION * until)
    # Each step halves the gap in ratios, give or take rounding to whole sizes.
    assert steps <= 3 + ceil(log2(1 + log2(max(high / low, 1)) / log2(RESOLUTION)))


@given(spans, st.data())
def test_the_other_way_round_is_found_as_well(span, data):
    low, high = span
    crossing = data.draw(st.integers(low + 1, high + 1))
    verdicts, _ = search(lambda size: S if size >= crossing else F, low, high)
    outcome, until, since = conclude(verdicts)

    if crossing > high:
        assert outcome == "faster"
    else:
        assert outcome == "reverses"
        assert until < crossing <= since


@given(spans, st.data())
def test_noise_makes_the_answer_wider_and_never_wrong(span, data):
    low, high = span
    crossing = data.draw(st.integers(low, high + 1))
    noise = data.draw(st.randoms(use_true_random=False))
    share = data.draw(st.floats(0, 1))

    def compare(size):
        return U if noise.random() < share else crossing_at(crossing)(size)

    verdicts, _ = search(compare, low, high)
    outcome, until, since = conclude(verdicts)

    assert outcome in ("crosses", "unsure", "faster", "slower")
    if outcome == "faster":
        assert crossing <= low
    if outcome == "slower":
        assert crossing > high
    if until is not None and (outcome == "crosses" or verdicts[low] is S):
        assert until < crossing
    if since is not None and (outcome == "crosses" or verdicts[high] is F):
        assert crossing <= since


def test_a_zone_that_cannot_be_told_is_bounded_on_both_sides():
    verdicts, _ = search(lambda size: S if size < 40 else U if size < 90 else F, 1, 1024)
    outcome, until, since = conclude(verdicts)

    assert outcome == "crosses"
    assert 40 / RESOLUTION - 1 <= until < 40
    assert 90 <= since <= 90 * RESOLUTION + 1


def test_an_end_that_cannot_be_told_does_not_hide_a_crossing():
    verdicts, _ = search(lambda size: U if size == 64 else crossing_at(5)(size), 1, 64)

    assert conclude(verdicts) == ("crosses", 4, 5)


def test_where_both_ends_agree_there_is_one_look_at_the_middle():
    assert sorted(search(lambda _size: F, 1, 1024)[0]) == [1, 32, 1024]
    assert sorted(search(lambda _size: U, 1, 1024)[0]) == [1, 32, 1024]
    assert sorted(search(lambda _size: F, 7, 7)[0]) == [7]
    assert sorted(search(crossing_at(8), 7, 8)[0]) == [7, 8]


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ({1: F, 32: F, 1024: F}, ("faster", 1024, 1)),
        ({1: S, 32: S, 1024: S}, ("slower", 1024, 1)),
        ({1: F, 32: S, 1024: F}, ("several", 1, 1024)),
        ({1: S, 8: F, 16: S, 64: F}, ("several", 1, 64)),
        ({1: F, 32: U, 1024: F}, ("unsure", 1, 1024)),
        ({1: U, 32: U, 1024: U}, ("unsure", None, None)),
        ({1: S, 32: U, 1024: U}, ("unsure", 1, None)),
        ({1: U, 32: F, 1024: F}, ("unsure", None, 32)),
        ({1: S, 8: U, 9: S, 20: U, 30: F, 35: U, 64: F}, ("crosses", 9, 30)),
        ({1: U, 8: S, 12: U, 20: F, 64: U}, ("crosses", 8, 20)),
        ({1: F, 8: U, 20: S, 64: U}, ("reverses", 1, 20)),
        ({5: U}, ("unsure", None, None)),
        ({5: F}, ("faster", 5, 5)),
    ],
)
def test_what_was_seen_is_told_as_it_was_seen(verdicts, expected):
    assert conclude(verdicts) == expected


# --- sizes along the axis


def test_a_workload_of_another_size_is_the_same_but_for_the_axis():
    workload = a_workload(lengths="uniform", batch_size=3, steps=(1, 3, 2))
    larger = resized(workload, "batch_size", 7)

    assert larger.batch_size == len(larger.steps) == 7
    assert combination(larger, "batch_size") == combination(workload, "batch_size")
    assert combination(larger, "seq_len") != combination(workload, "seq_len")
    assert resized(a_workload(), "seq_len", 9) == a_workload(seq_len=9)


# --- the question


def test_a_question_is_two_backends_an_axis_and_a_range():
    ranges = {"batch_size": "1:1024", "seq_len": "4:8"}

    assert ask("a:b", None, ranges) == BreakEven(
        backend="a", against="b", along="batch_size", low=1, high=1024
    )
    assert ask("a@x:a@y", "seq_len", ranges) == BreakEven(
        backend="a@x", against="a@y", along="seq_len", low=4, high=8
    )
    assert ask(None, None, ranges) is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ((None, "seq_len", {}), "--along: expected --break-even A:B with it"),
        (("a", None, {}), "--break-even: expected two backends, such as torch-cuda:numba-cpu"),
        (("a:a", None, {}), "expected two backends, such as torch-cuda:numba-cpu, got 'a:a'"),
        (("a:b:c", None, {}), "expected two backends"),
        (("a:b", "hidden", {}), "--along: unknown 'hidden'; known: batch_size, seq_len"),
        (("a:b", None, {}), "expected --batch-size LOW:HIGH, such as 1:1024, got none"),
        (("a:b", "seq_len", {"seq_len": "1:64:x2"}), "--seq-len LOW:HIGH, such as 1:1024, got '1:"),
        (("a:b", None, {"batch_size": "8:4"}), "LOW:HIGH, such as 1:1024, got '8:4'"),
        (("a:b", None, {"batch_size": "0:4"}), "LOW:HIGH, such as 1:1024, got '0:4'"),
        (("a:b", None, {"batch_size": "1:4294967296"}), "got '1:4294967296'"),
    ],
)
def test_a_question_that_cannot_be_asked_is_one_line(given, message):
    with pytest.raises(UsageError) as error:
        ask(*given)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
