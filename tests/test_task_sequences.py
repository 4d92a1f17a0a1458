"""The sequences of each task, against its definition in plain loops."""

from collections import defaultdict
from itertools import pairwise, product

import numpy as np
import pytest

from lstmbench import tasks
from lstmbench.tasks import tagging

LAGS = [10, 37, 1000]


def sequences(name, lag, count=150):
    """Sequences as lists without their padding, with their answers."""
    task = tasks.load(name, lag=lag)
    batch = task.batch(np.random.default_rng(1), count)
    axis = 0 if task.answer == "last" else 1
    for b, length in enumerate(batch.lengths):
        yield batch.x[:length, b].tolist(), np.take(batch.targets, b, axis).tolist()


def symbols(x):
    """The classes of one-hot rows, each with a single one."""
    for row in x:
        assert sorted(row) == [0.0] * (len(row) - 1) + [1.0]
    return [row.index(1.0) for row in x]


def marked(x):
    """The steps that are marked."""
    assert {mark for _, mark in x} == {0.0, 1.0}
    return [step for step, (_, mark) in enumerate(x) if mark]


@pytest.mark.parametrize("lag", LAGS)
def test_adding_asks_for_the_sum_of_the_two_marked_numbers(lag):
    distances = set()
    for x, [answer] in sequences("adding", lag):
        first, other = marked(x)
        distances.add(len(x) - 1 - first)

        assert len(x) == lag + 10
        assert all(0 <= number < 1 for number, _ in x)
        assert answer == pytest.approx(x[first][0] + x[other][0], abs=1e-6)
    assert min(distances) == lag


def test_either_number_to_add_may_be_anywhere_after_the_first_ten():
    others = [marked(x)[1] for x, _ in sequences("adding", 40, count=2000)]

    assert set(others) >= set(range(10, 50))
    assert any(other < 10 for other in others)


def test_adding_with_the_second_number_alone_leaves_the_variance_of_the_first():
    errors = [answer - (0.5 + x[marked(x)[1]][0]) for x, [answer] in sequences("adding", 40, 3000)]

    alone = tasks.load("adding").baselines["the second number alone"]
    assert np.mean(np.square(errors)) == pytest.approx(alone, rel=0.05)


@pytest.mark.parametrize("lag", [10, 37, 200])
def test_two_sequence_begins_with_the_signal_and_goes_on_with_noise(lag):
    lengths, noise, answers = [], [], defaultdict(list)
    for x, [answer] in sequences("two-sequence", lag, count=1000):
        values = [value for (value,) in x]
        lengths.append(len(x) - 3)
        noise += values[3:]
        answers[values[0]].append(answer)

        assert values[0] == values[1] == values[2]
    assert set(answers) == {1.0, -1.0}
    assert np.mean(answers[1.0]) == pytest.approx(0.2, abs=0.05)
    assert np.mean(answers[-1.0]) == pytest.approx(0.8, abs=0.05)
    assert np.var(answers[1.0]) == pytest.approx(0.1, rel=0.2)
    assert np.mean(noise) == pytest.approx(0, abs=0.02)
    assert np.var(noise) == pytest.approx(0.2, rel=0.05)
    assert (min(lengths), max(lengths)) == (lag, lag + lag // 10)


def test_two_sequence_is_tested_without_noise_in_the_answers():
    batch = tasks.load("two-sequence", lag=10).test_set()

    expected = np.where(batch.x[0] == 1, 0.2, 0.8)
    np.testing.assert_array_equal(batch.targets, expected.astype(np.float32))


@pytest.mark.parametrize("lag", LAGS)
def test_temporal_order_asks_for_the_two_that_count_in_their_order(lag):
    X, Y, E, END = 4, 5, 6, 7
    rules = {(X, X): 0, (X, Y): 1, (Y, X): 2, (Y, Y): 3}
    for x, answer in sequences("temporal-order", lag, count=100):
        read = symbols(x)
        first, second = (step for step, symbol in enumerate(read) if symbol in (X, Y))

        assert (read[0], read[-1]) == (E, END)
        assert all(symbol in (0, 1, 2, 3, X, Y) for symbol in read[1:-1])
        assert len(read) - 1 - first >= lag
        assert answer == rules[read[first], read[second]]


def test_temporal_order_has_the_places_and_the_lengths_of_the_paper():
    lengths, places = set(), [set(), set()]
    for x, _ in sequences("temporal-order", 79, count=600):
        lengths.add(len(x))
        for found, step in zip(
            places, (t for t, symbol in enumerate(symbols(x)) if symbol in (4, 5)), strict=True
        ):
            found.add(step)

    assert lengths == set(range(100, 111))
    assert places == [set(range(10, 21)), set(range(50, 61))]


@pytest.mark.parametrize("lag", LAGS)
def test_copy_asks_for_the_first_ten_symbols_at_the_end(lag):
    for x, answers in sequences("copy", lag, count=40):
        read = symbols(x)

        assert len(read) == len(answers) == lag + 20
        assert all(symbol < 8 for symbol in read[:10])
        assert read[10:] == [8] * (lag - 1) + [9] + [8] * 10
        assert answers == [8] * (lag + 10) + read[:10]


@pytest.mark.parametrize("lag", LAGS)
def test_delayed_xor_asks_whether_the_two_marked_bits_differ(lag):
    distances, seconds = set(), set()
    for x, answer in sequences("delayed-xor", lag, count=300):
        first, second = marked(x)
        distances.add(len(x) - 1 - first)
        seconds.add(second - len(x) // 2)

        assert {bit for bit, _ in x} == {-1.0, 1.0}
        assert answer == int(x[first][0] != x[second][0])
    assert min(distances) == lag
    assert seconds == set(range(10))


def test_neither_bit_alone_tells_anything_of_their_xor():
    answers = defaultdict(list)
    for x, answer in sequences("delayed-xor", 10, count=3000):
        first, second = marked(x)
        answers["first", x[first][0]].append(answer)
        answers["second", x[second][0]].append(answer)

    assert len(answers) == 4
    assert all(np.mean(given) == pytest.approx(0.5, abs=0.06) for given in answers.values())


@pytest.mark.parametrize("lag", LAGS)
def test_parity_asks_whether_the_ones_are_odd_in_number(lag):
    for x, answer in sequences("parity", lag, count=50):
        odd = False
        for (bit,) in x:
            assert bit in (-1.0, 1.0)
            odd ^= bit == 1.0

        assert len(x) == lag
        assert answer == odd


def test_two_tanh_units_have_the_parity_of_any_length():
    """Their sum and one is -1 after an odd number of -1; 500 bits are even in number."""
    task = tasks.load("parity", lag=500)
    batch = task.test_set()
    weights, recurrent = np.array([20.0, -20.0]), np.array([[20.0, -20.0], [20.0, -20.0]])
    h = np.zeros((batch.x.shape[1], 2))
    for x_t in batch.x:
        h = np.tanh(x_t * weights + h @ recurrent - [0.0, 40.0])
    product_of_bits = h.sum(1) + 1

    assert task.score(np.stack([product_of_bits, -product_of_bits], 1), batch) == 0.0


def tags(letters):
    """The nearest letter at each step or before it, and at it or after it; by looking outwards."""
    found = []
    for step in range(len(letters)):
        left = next(letters[t] for t in range(step, -1, -1) if letters[t] in "ab")
        right = next(letters[t] for t in range(step, len(letters)) if letters[t] in "ab")
        found.append(["aa", "ab", "ba", "bb"].index(left + right))
    return found


@pytest.mark.parametrize("lag", [10, 37])
def test_tagging_asks_for_the_nearest_letters_on_both_sides(lag):
    gaps = []
    for x, answers in sequences("tagging", lag, count=100):
        letters = ["ab."[symbol] for symbol in symbols(x)]
        places = [step for step, letter in enumerate(letters) if letter != "."]
        # The last gap of a sequence is cut short.
        gaps += [after - before for before, after in pairwise(places[:-1])]

        assert len(letters) == 10 * lag
        assert answers == tags(letters)
    assert np.mean(gaps) == pytest.approx(lag, rel=0.2)


@pytest.mark.parametrize("backwards", [False, True])
def test_what_reads_one_way_cannot_tag_better_than_its_bound(backwards):
    """All sequences of six steps: for each beginning, the tag that is the most likely after it."""
    length, lag = 6, 3
    chances = {"a": 0.5 / lag, "b": 0.5 / lag, ".": 1 - 1 / lag}
    likely = defaultdict(lambda: [0.0] * 4)
    everything = 0.0
    for first, *inner, last in product("ab", *["ab."] * (length - 2), "ab"):
        letters = [first, *inner, last]
        chance = 0.25 * np.prod([chances[letter] for letter in inner])
        everything += chance
        for step, tag in enumerate(tags(letters)):
            seen = letters[step:] if backwards else letters[: step + 1]
            likely[step, tuple(seen)][tag] += chance
    best = sum(max(chance) for chance in likely.values()) / length
    letters = tagging.share_of_letters(length, lag)

    assert everything == pytest.approx(1)
    assert 1 - best == pytest.approx(tagging.one_way(letters))


def test_tagging_with_the_letter_on_the_left_alone_gets_the_bound():
    task = tasks.load("tagging")
    batch = task.test_set(1000)
    left = batch.targets // 2
    guesses = np.eye(4)[2 * left + left]

    bound = task.baselines["the best that reads one way"]
    assert bound == pytest.approx(0.441)
    assert task.score(guesses, batch) == pytest.approx(bound, rel=0.01)
