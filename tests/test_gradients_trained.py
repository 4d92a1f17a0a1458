"""Networks are measured before and after training: the weights, the input and the scores."""

import numpy as np
import pytest
from test_flow import H, differences, gain

from lstmbench.gradients import trained
from lstmbench.gradients.curves import Network, Networks, curve
from lstmbench.gradients.records import Training
from lstmbench.learning.lesson import lesson
from lstmbench.tasks import load
from lstmbench_kernels import training as kernels

LAGS = (1, 3, 12)
SEED = 1


def a_training(task="adding", **given):
    fields = {
        "task": task,
        "lag": 12,
        "steps": 6,
        "batch_size": 4,
        "optimiser": "adam",
        "lr": 0.05,
        "clip": 1.0,
        "target": 0.01,
        "lesson": lesson(load(task, lag=12)),
    }
    return Training(**{**fields, **given})


def taught(task, cell, forget_bias, steps):
    """A network that the kernels alone have trained in the same way."""
    network = kernels.Network(cell, task.input_size, H, task.output_size, num_threads=1, seed=SEED)
    if forget_bias is not None:
        kernels.set_forget_bias(network, forget_bias)
    loss = {"adding": kernels.mean_squared_error}.get(task.name, kernels.cross_entropy)
    trainer = kernels.Trainer(network, kernels.Adam(network.parameters, 0.05), loss, clip=1.0)
    random = np.random.default_rng(SEED)
    for _ in range(steps):
        batch = task.batch(random, 4)
        trainer.step(batch.x, batch.targets, lengths=batch.lengths)
    return network


# Sequences of the temporal order differ in length.
@pytest.mark.parametrize(
    ("name", "cell", "forget_bias"),
    [("adding", "rnn-tanh", None), ("adding", "gru", None), ("temporal-order", "lstm", 1.0)],
)
def test_gains_of_trained_weights_are_those_of_finite_differences(name, cell, forget_bias):
    task = load(name, lag=12)
    test = task.test_set()
    x = test.x[: test.lengths[SEED], SEED].astype(np.float64)
    networks = Networks([cell], [forget_bias], seeds=SEED + 1, hidden_size=H)

    found = list(trained.measure(networks, LAGS, a_training(name)))[2 * SEED :]

    assert [each.steps for each in found] == [0, 6]
    for each in found:
        network = taught(task, cell, forget_bias, each.steps)
        weights = {
            name.removeprefix("rnn."): array.astype(np.float64)
            for name, array in network.parameters.items()
            if name.startswith("rnn.")
        }
        answers = network.forward(test.x, lengths=test.lengths)
        assert each.score == pytest.approx(task.score(answers, test), rel=1e-6)
        assert bool(each.cell_state) == (cell == "lstm")
        for state, gains in (("h", each.hidden), ("c", each.cell_state))[: 1 + (cell == "lstm")]:
            expected = [gain(differences(cell, weights, x, lag, state)) for lag in LAGS]
            np.testing.assert_allclose(gains, expected, rtol=1e-6, atol=1e-11)


def test_a_network_that_diverges_has_a_reason_and_the_others_go_on():
    networks = Networks(["rnn-tanh", "gru"], [None], seeds=1, hidden_size=3)
    wild = a_training(optimiser="sgd", lr=1e30, clip=None)

    found = list(trained.measure(networks, LAGS, wild))

    assert [(each.cell, each.steps > 0) for each in found] == [
        ("rnn-tanh", False),
        ("rnn-tanh", True),
        ("gru", False),
        ("gru", True),
    ]
    for fresh, diverged in zip(found[::2], found[1::2], strict=True):
        assert (len(fresh.hidden), fresh.reason) == (len(LAGS), "")
        assert (diverged.hidden, diverged.cell_state, diverged.score) == ((), (), None)
        assert diverged.reason.startswith(f"diverged: step {diverged.steps}: the loss is inf")


def test_gains_that_no_number_holds_are_a_reason():
    weights = {
        "weight_ih_l0": np.zeros((1, 1)),
        "weight_hh_l0": np.full((1, 1), 1e200),
        "bias_ih_l0": np.full(1, 1e-200),
        "bias_hh_l0": np.zeros(1),
    }

    found = curve(Network("rnn-relu", None, 0), weights, np.zeros((1, 1)), (1,), steps=5, score=2.0)

    assert (found.hidden, found.steps, found.score) == ((), 5, 2.0)
    assert found.reason == "lag 1: what is left of ∂h is inf"


def test_how_far_back_every_network_can_be_asked_is_the_length_of_the_shortest_sequence():
    lengths = load("temporal-order", lag=12).test_set().lengths

    assert trained.shortest(a_training("temporal-order")) == min(lengths) < max(lengths)
