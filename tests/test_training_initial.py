"""Initial weights: their distribution, gate by gate, and the bias of the forget gate."""

import numpy as np
import pytest
from scipy.stats import kstest

from lstmbench_kernels.training import (
    Network,
    glorot,
    he,
    initialise,
    orthogonal,
    set_forget_bias,
)

RANDOM = 6
UNLIKELY = 1e-3  # a right distribution fails with this chance, at the one seed that is tried


def test_glorot_is_uniform():
    drawn = glorot(np.random.default_rng(RANDOM), 60, 40)
    assert drawn.shape == (60, 40)
    bound = np.sqrt(6 / 100)
    assert kstest(drawn.ravel(), "uniform", (-bound, 2 * bound)).pvalue > UNLIKELY


def test_he_is_normal():
    drawn = he(np.random.default_rng(RANDOM), 60, 40)
    assert drawn.shape == (60, 40)
    assert kstest(drawn.ravel(), "norm", (0, np.sqrt(2 / 40))).pvalue > UNLIKELY


@pytest.mark.parametrize(("rows", "columns"), [(9, 9), (12, 5), (5, 12)])
def test_orthogonal_rows_or_columns_are_orthonormal(rows, columns):
    drawn = orthogonal(np.random.default_rng(RANDOM), rows, columns)
    assert drawn.shape == (rows, columns)
    small = drawn @ drawn.T if rows < columns else drawn.T @ drawn
    np.testing.assert_allclose(small, np.eye(min(rows, columns)), atol=1e-14)


def test_every_rotation_and_reflection_is_as_likely():
    random = np.random.default_rng(RANDOM)
    drawn = [orthogonal(random, 2, 2) for _ in range(1000)]
    angles = [np.arctan2(q[1, 0], q[0, 0]) for q in drawn]
    assert kstest(angles, "uniform", (-np.pi, 2 * np.pi)).pvalue > UNLIKELY
    assert abs(sum(np.linalg.det(q) > 0 for q in drawn) - 500) < 5 * np.sqrt(250)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-relu"])
def test_each_gate_is_drawn_by_itself(cell):
    network = Network(cell, 20, 30, 10, num_layers=2, dtype="float64")
    initialise(network, "glorot", "orthogonal", seed=RANDOM)
    for name, array in network.parameters.items():
        if array.ndim == 1:
            assert not array.any()
        elif "weight_hh" in name:
            for gate in array.reshape(-1, 30, 30):
                np.testing.assert_allclose(gate @ gate.T, np.eye(30), atol=1e-13)
        else:
            rows = 10 if name == "head.weight" else 30
            bound = np.sqrt(6 / (rows + array.shape[1]))
            drawn = kstest(array.ravel(), "uniform", (-bound, 2 * bound))
            assert drawn.pvalue > UNLIKELY, name
    gates = network.parameters["rnn.weight_hh_l0"].reshape(-1, 30, 30)
    assert len(np.unique(gates[:, 0, 0])) == len(gates)


def test_initial_weights_are_used_and_follow_the_seed():
    x = np.ones((3, 1, 2), np.float32)
    networks = [Network("rnn-relu", 2, 8, 1) for _ in range(3)]
    for network, seed in zip(networks, (1, 1, 2), strict=True):
        initialise(network, "he", "he", seed=seed)
    one, same, other = (network.forward(x).item() for network in networks)
    assert one == same != other


def test_forget_gates_begin_with_the_bias_that_is_asked_for():
    network = Network("lstm", 2, 3, 1, num_layers=2, bidirectional=True)
    before = {name: array.copy() for name, array in network.parameters.items()}
    set_forget_bias(network, 1.5)
    for suffix in ("l0", "l0_reverse", "l1", "l1_reverse"):
        names = [f"rnn.bias_{kind}_{suffix}" for kind in ("ih", "hh")]
        both = sum(network.parameters[name] for name in names)
        expected = sum(before[name] for name in names)
        expected[3:6] = 1.5  # gates i f g o of three units
        np.testing.assert_array_equal(both, expected)
    for name in before:
        if "weight" in name:
            np.testing.assert_array_equal(network.parameters[name], before[name])


@pytest.mark.parametrize(
    "network", [Network("gru", 1, 2, 1), Network("lstm", 1, 2, 1, bias=False)], ids=["gru", "none"]
)
def test_a_network_without_forget_biases_refuses_one(network):
    with pytest.raises(ValueError, match="set_forget_bias: expected an LSTM with biases, got "):
        set_forget_bias(network)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(ValueError, match="recurrent: expected 'glorot' or 'he' or 'orthogonal'"):
        initialise(Network("gru", 1, 2, 1), recurrent="xavier")
