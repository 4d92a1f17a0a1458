"""Every task: the same sequences from the same seed, in the shapes it states, scored as it says."""

from dataclasses import FrozenInstanceError, replace
from math import log

import numpy as np
import pytest

from lstmbench import tasks
from lstmbench.errors import UsageError
from lstmbench.tasks.score import cross_entropy, error_rate, mean_absolute_error, mean_squared_error


@pytest.fixture(params=tasks.NAMES)
def task(request):
    return tasks.load(request.param)


@pytest.fixture(params=tasks.LAGGED)
def lagged(request):
    """A task with a short lag."""
    return tasks.load(request.param, lag=10)


def rng(seed=0):
    return np.random.default_rng(seed)


def pieces(batch, task):
    """The sequences of a batch without their padding, and their answers."""
    axis = 0 if task.answer == "last" else 1
    for b, length in enumerate(batch.lengths):
        yield batch.x[:length, b], np.take(batch.targets, b, axis)


def assert_same(pieces, others):
    for (x, target), (other, wanted) in zip(pieces, others, strict=True):
        np.testing.assert_array_equal(x, other)
        np.testing.assert_array_equal(target, wanted)


# --- what is handed out


def test_a_batch_has_the_shapes_and_types_that_the_task_states(task):
    batch = task.batch(rng(), 5)
    T = batch.x.shape[0]
    steps = () if task.answer == "last" else (T,)
    regression = task.loss == "mean squared error"

    assert batch.x.shape == (T, 5, task.input_size)
    assert batch.x.dtype == np.float32
    assert batch.x.flags.c_contiguous
    assert batch.targets.shape == (*steps, 5, *((task.output_size,) if regression else ()))
    assert batch.targets.dtype == (np.float32 if regression else np.int64)
    assert batch.lengths.shape == (5,)
    assert batch.lengths.max() == T
    if task.answer == "every":
        assert batch.lengths.tolist() == [T] * 5


def test_every_class_is_one_of_those_that_the_task_has(task):
    if task.loss == "mean squared error":
        assert task.output_size == 1
        return
    targets = task.batch(rng(), 200).targets

    assert targets.min() >= 0
    assert targets.max() < task.output_size


def test_padding_is_zero_and_only_after_the_end(task):
    batch = task.batch(rng(), 40)

    for b, length in enumerate(batch.lengths):
        assert not batch.x[length:, b].any()
        assert batch.x[length - 1, b].any()


def test_lengths_differ_where_the_paper_lets_them():
    differ = {
        name
        for name in tasks.NAMES
        for lengths in [tasks.load(name).batch(rng(), 40).lengths]
        if lengths.min() < lengths.max()
    }

    assert differ == {"two-sequence", "temporal-order"}


# --- the same seed, the same bytes


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(task):
    first, again, other = (task.batch(rng(seed), 8) for seed in (7, 7, 8))

    assert first.x.tobytes() == again.x.tobytes()
    assert first.targets.tobytes() == again.targets.tobytes()
    assert first.x.tobytes() != other.x.tobytes()


def test_sequences_do_not_depend_on_the_size_of_the_batches(task):
    one, many = rng(), rng()
    whole = pieces(task.batch(one, 24), task)
    parts = [piece for size in (1, 16, 7) for piece in pieces(task.batch(many, size), task)]

    assert_same(whole, parts)


def test_the_test_set_is_always_the_same_and_begins_with_every_smaller_one(task):
    whole, again, part = task.test_set(), task.test_set(), task.test_set(9)

    assert whole.x.tobytes() == again.x.tobytes()
    assert whole.targets.tobytes() == again.targets.tobytes()
    assert_same(list(pieces(whole, task))[:9], pieces(part, task))


def test_no_sequence_of_the_test_set_is_trained_on(task):
    tested = {x.tobytes() for x, _ in pieces(task.test_set(), task)}
    trained = {x.tobytes() for x, _ in pieces(task.batch(rng(), 200), task)}

    assert not tested & trained


def test_a_task_cannot_be_changed(task):
    with pytest.raises(FrozenInstanceError):
        task.trivial = 0.0


# --- what is worth what


def blind_score(task, batch):
    """The score of the best answer to each step that does not depend on the input."""
    by_step = batch.targets if task.answer == "every" else batch.targets[np.newaxis]
    scores = []
    for answers in by_step:
        match task.goal.metric:
            case "mean squared error":
                scores.append(np.mean((answers - answers.mean()) ** 2))
            case "mean absolute error":
                scores.append(np.mean(np.abs(answers - np.median(answers))))
            case "error rate":
                scores.append(1 - np.bincount(answers).max() / len(answers))
            case "cross-entropy":
                shares = np.bincount(answers) / len(answers)
                scores.append(-sum(p * np.log(p) for p in shares if p))
    return np.mean(scores)


def test_the_trivial_answer_gets_what_the_best_blind_answer_gets(lagged):
    # The test set, because the answers to train on are noisy in one task.
    assert blind_score(lagged, lagged.test_set(4000)) == pytest.approx(lagged.trivial, rel=0.03)


def test_what_is_solved_is_far_better_than_every_simple_answer(lagged):
    simple = [lagged.trivial, *lagged.baselines.values()]

    assert 0 < lagged.goal.below <= min(simple) / 8


def test_what_reads_data_is_solved_where_the_best_simple_answer_is_beaten():
    for name in tasks.READ:
        task = tasks.load(name)

        assert task.goal.below == min(task.baselines.values()) < task.trivial


def test_a_right_answer_solves_every_task(task):
    batch = task.test_set()
    right = batch.targets
    if task.loss == "cross-entropy":
        right = 100 * np.eye(task.output_size)[right]
    right = right.astype(np.float32)

    assert task.score(right, batch) == pytest.approx(0, abs=1e-12)
    assert task.solved(task.score(right, batch))
    assert not task.solved(task.trivial)
    assert not task.solved(task.goal.below)


def test_a_network_that_has_diverged_has_solved_nothing(task):
    batch = task.test_set(4)
    steps = () if task.answer == "last" else batch.x.shape[:1]
    outputs = np.full((*steps, 4, task.output_size), np.nan)

    assert not task.solved(task.score(outputs, batch))


def test_outputs_of_another_shape_are_refused_with_both_shapes():
    batch = tasks.load("parity").batch(rng(), 3)

    with pytest.raises(ValueError, match=r"outputs: expected \(B, O\) = \(3, 2\), got \(3, 1\)"):
        tasks.load("parity").score(np.zeros((3, 1)), batch)
    with pytest.raises(ValueError, match=r"expected \(T, B, O\) = \(120, 3, 9\), got \(3, 9\)"):
        tasks.load("copy").score(np.zeros((3, 9)), tasks.load("copy").batch(rng(), 3))


# --- scores


def test_scores_of_numbers_are_the_means_of_their_squares_and_distances():
    outputs, targets = np.array([[1.0], [4.0]]), np.array([[3.0], [1.0]])

    assert mean_squared_error(outputs, targets) == (4 + 9) / 2
    assert mean_absolute_error(outputs, targets) == (2 + 3) / 2


def test_scores_of_classes_are_those_of_plain_loops():
    logits = rng().normal(size=(6, 5, 4)).astype(np.float32)
    targets = rng(1).integers(4, size=(6, 5))
    wrong, nats = 0, 0.0
    for row, target in zip(logits.reshape(-1, 4).tolist(), targets.ravel().tolist(), strict=True):
        wrong += max(range(4), key=row.__getitem__) != target
        nats -= log(2.718281828459045 ** row[target] / sum(2.718281828459045**z for z in row))

    assert error_rate(logits, targets) == pytest.approx(wrong / 30)
    assert cross_entropy(logits, targets) == pytest.approx(nats / 30)


def test_large_logits_do_not_overflow():
    logits = np.array([[1e4, 0.0], [0.0, -1e4]], np.float32)

    assert cross_entropy(logits, np.array([0, 0])) == 0.0
    assert cross_entropy(logits, np.array([1, 1])) == 1e4


def test_a_logit_that_is_not_a_number_is_never_right():
    logits = np.array([[np.nan, np.nan], [1.0, np.nan], [1.0, 0.0]])

    assert error_rate(logits, np.array([0, 0, 0])) == pytest.approx(2 / 3)


# --- names and lags


def test_a_task_is_found_by_its_name_and_has_it():
    assert [tasks.load(name).name for name in tasks.NAMES] == list(tasks.NAMES)


def test_an_unknown_task_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r"task: unknown 'ading'; did you mean 'adding'\? known: "):
        tasks.load("ading")


@pytest.mark.parametrize("lag", [9, 0, -1, 1_000_001])
def test_a_lag_that_cannot_be_is_refused(lag, lagged):
    expected = f"task {lagged.name}: expected a lag of 10 to 1000000 steps, got {lag}"
    with pytest.raises(UsageError, match=expected):
        tasks.load(lagged.name, lag=lag)


@pytest.mark.parametrize("name", tasks.READ)
def test_a_task_that_reads_data_has_no_lag(name):
    with pytest.raises(UsageError, match=f"task {name}: expected no lag, got 10; those with one: "):
        tasks.load(name, lag=10)


def test_a_task_says_what_it_is_and_where_it_is_from(task):
    assert task.description
    assert task.source
    assert replace(task, name="other").name == "other"
