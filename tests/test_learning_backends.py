"""The same weights, batches and formulas in every framework that learns."""

import numpy as np
import pytest
from learning_files import settings
from test_learning_trial import FakeLearner

from lstmbench.learning import serve, trial
from lstmbench.learning.learner import make_learner, make_recipe
from lstmbench.tasks import LAGGED, NAMES, load
from lstmbench.timing.clock import FakeClock

# Float32 rounds to 6e-8 of a number; a few steps carry that on.
ROUNDING = 2e-6
CASES = {
    "the last step": ("adding", "lstm", {"forget_bias": None, "time_scale": 50}),
    "unequal lengths, layers": ("temporal-order", "gru", {"num_layers": 2, "optimiser": "rmsprop"}),
    "every step, both ways": ("tagging", "lstm-bi", {}),
    "plain, no clipping": ("adding", "rnn-tanh", {"optimiser": "sgd", "clip": None}),
}


def learner(backend, task, cell, **given):
    known = settings(
        **{
            "task": task,
            "cells": (cell,),
            "hidden_size": 8,
            "forget_bias": 1.0,
            "clip": 0.05,
            **given,
        }
    )
    of = load(task, lag=10)
    return of, make_learner(backend, make_recipe(of, known, cell, seed=1))


def losses(backend, task, cell, steps=8, **given):
    """Of some steps, and the score before and after them."""
    of, each = learner(backend, task, cell, **given)
    test, random = of.test_set(16), np.random.default_rng(0)

    def score():
        return of.score(each.outputs(each.prepare(test)), test)

    return [
        score(), *(each.step(each.prepare(of.batch(random, 4))) for _ in range(steps)), score()
    ]  # fmt: skip


def assert_learns_as_ours(backend, case):
    task, cell, given = CASES[case]
    ours = losses("numba-cpu", task, cell, **given)

    assert len(set(ours)) > 8
    np.testing.assert_allclose(losses(backend, task, cell, **given), ours, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("name", NAMES)
def test_every_task_can_be_learnt(name):
    given = settings(
        task=name, lag=10 if name in LAGGED else None, every=1, max_steps=2, target=1e-12
    )
    found = serve.perform(given, "lstm", "numba-cpu", 0, None, lambda _point: None)

    assert found.status == "unsolved"
    assert found.curve[1].loss != found.curve[2].loss
    assert all(point.score is not None for point in found.curve)


@pytest.mark.peer
@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("case", CASES)
def test_pytorch_learns_what_ours_learns(case):
    assert_learns_as_ours("torch-cpu", case)


@pytest.mark.peer
@pytest.mark.usefixtures("tf")
def test_keras_learns_what_ours_learns_though_it_has_one_bias_where_ours_has_two():
    assert_learns_as_ours("keras-cpu", "the last step")


@pytest.mark.peer
@pytest.mark.usefixtures("torch")
def test_pytorch_goes_on_bit_for_bit():
    given = {"num_layers": 2, "dropout": 0.5}
    of, first = learner("torch-cpu", "adding", "lstm", **given)
    random = np.random.default_rng(0)
    for _ in range(3):
        first.step(first.prepare(of.batch(random, 4)))
    state = first.state()
    batches = [of.batch(random, 4) for _ in range(3)]
    expected = [first.step(first.prepare(batch)) for batch in batches]
    _, second = learner("torch-cpu", "adding", "lstm", **given)
    second.load(state)

    assert [second.step(second.prepare(batch)) for batch in batches] == expected


def assert_drops_in_training_alone(backend):
    """Between layers: the first loss is another with each share, and the scores are not."""

    def seen(share):
        return losses(backend, "adding", "rnn-tanh", 1, num_layers=2, dropout=share)[:2]

    (whole, loss), (half, other), (most, third) = map(seen, (0.0, 0.5, 0.9))
    assert whole == half == most
    assert len({loss, other, third}) == 3


def test_ours_drops_in_training_alone():
    assert_drops_in_training_alone("numba-cpu")


@pytest.mark.peer
@pytest.mark.usefixtures("torch")
def test_pytorch_drops_in_training_alone():
    assert_drops_in_training_alone("torch-cpu")


@pytest.mark.peer
def test_keras_drops_in_training_alone_and_goes_on_bit_for_bit(tf):
    tf.config.run_functions_eagerly(True)
    try:
        assert_drops_in_training_alone("keras-cpu")
        of, each = learner("keras-cpu", "adding", "rnn-tanh", num_layers=2, dropout=0.5)
        state, batch = each.state(), each.prepare(of.batch(np.random.default_rng(0), 4))
        first, second = each.step(batch), each.step(batch)
        each.load(state)
        assert [each.step(batch), each.step(batch)] == [first, second]
    finally:
        tf.config.run_functions_eagerly(False)


@pytest.mark.peer
@pytest.mark.usefixtures("torch")
def test_pytorch_says_when_it_explodes():
    of, each = learner("torch-cpu", "adding", "rnn-relu", lr=1e6, clip=None)
    found = trial.run(each, of, settings(lr=1e6, clip=None, target=1e-9), 0, clock=FakeClock())

    assert found.status == "diverged"
    assert found.reason.startswith("step ")


def test_the_same_batches_in_the_same_order_reach_whatever_learns():
    task, seen = load("adding", lag=10), []
    for _ in range(2):
        each = FakeLearner(FakeClock())
        trial.run(each, task, settings(), 5, clock=each.clock)
        seen.append(each.seen)
    other = FakeLearner(FakeClock())
    trial.run(other, task, settings(), 6, clock=other.clock)

    for first, second in zip(*seen, strict=True):
        np.testing.assert_array_equal(first, second)
    # The first is the one that compiles.
    assert not np.array_equal(seen[0][1], other.seen[1])
    assert not np.array_equal(seen[0][1], seen[0][2])


def test_a_seed_begins_with_the_same_weights_whatever_learns_and_another_with_others():
    first, again, other = (
        make_recipe(load("adding", lag=10), settings(), "lstm", seed).network.parameters.flat
        for seed in (0, 0, 1)
    )

    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_the_forget_gate_of_an_lstm_begins_with_the_bias_that_is_asked_for():
    network = make_recipe(
        load("adding", lag=10), settings(forget_bias=3.0), "lstm", 0
    ).network.parameters
    biases = network["rnn.bias_ih_l0"] + network["rnn.bias_hh_l0"]

    assert biases[4:8].tolist() == [3.0] * 4


@pytest.mark.parametrize(("cell", "gate"), [("lstm", 1), ("gru", 1), ("rnn-tanh", None)])
def test_units_begin_with_the_time_scales_that_are_asked_for(cell, gate):
    plain, scaled = (
        make_recipe(load("adding", lag=10), settings(time_scale=scale), cell, 0).network.parameters
        for scale in (None, 50)
    )
    if gate is None:
        np.testing.assert_array_equal(plain.flat, scaled.flat)
    else:
        biases = scaled["rnn.bias_ih_l0"] + scaled["rnn.bias_hh_l0"]
        kept = biases.reshape(-1, 4)[gate]
        assert np.all((kept > 0) & (kept < np.log(50)))
