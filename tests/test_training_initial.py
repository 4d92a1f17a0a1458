"""Initial weights: their distribution, gate by gate, and the biases of gates that remember."""

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
    set_time_scales,
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


def biases(network, suffix):
    """Of each gate in all, by its name."""
    both = sum(network.parameters[f"rnn.bias_{kind}_{suffix}"] for kind in ("ih", "hh"))
    return dict(zip(network.cell.gates, both.reshape(-1, network.shape.hidden_size), strict=True))


def test_an_lstm_begins_with_the_time_scales_of_the_paper():
    network = Network("lstm", 2, 50, 1, num_layers=2, bidirectional=True, dtype="float64")
    before = network.parameters.flat.copy()
    set_time_scales(network, 999, seed=RANDOM)  # sequences of T = 1000

    drawn = [biases(network, suffix) for suffix in ("l0", "l0_reverse", "l1", "l1_reverse")]
    forget = np.concatenate([each["f"] for each in drawn])
    np.testing.assert_array_equal(np.concatenate([each["i"] for each in drawn]), -forget)
    assert len(np.unique(forget)) == 200
    assert kstest(np.exp(forget), "uniform", (1, 998)).pvalue > UNLIKELY
    assert (network.parameters.flat != before).sum() == 2 * 2 * 4 * 50  # i and f of two biases


def test_a_gru_keeps_its_state_for_the_time_scales_of_the_paper():
    network = Network("gru", 2, 200, 1, dtype="float64")
    before = biases(network, "l0")
    set_time_scales(network, 30, seed=RANDOM)

    after = biases(network, "l0")
    assert kstest(np.exp(after["z"]), "uniform", (1, 29)).pvalue > UNLIKELY
    for gate in ("r", "n"):
        np.testing.assert_array_equal(after[gate], before[gate])


def test_without_an_input_a_unit_keeps_its_state_for_about_its_time_scale():
    network = Network("gru", 1, 5, 5, every_step=True, dtype="float64")
    for array in network.parameters.values():
        array[...] = 0
    network.parameters["rnn.bias_ih_l0"][10:] = 3  # what each unit comes to
    network.parameters["head.weight"][...] = np.eye(5)
    set_time_scales(network, 40, seed=RANDOM)

    h = network.forward(np.zeros((400, 1, 1)))[:, 0]
    scales = np.exp(biases(network, "l0")["z"])
    steps = (h < (1 - np.exp(-1)) * h[-1]).sum(axis=0)
    np.testing.assert_allclose(steps, scales, atol=1.5)


@pytest.mark.parametrize(
    "network",
    [Network("rnn-tanh", 1, 2, 1), Network("gru", 1, 2, 1, bias=False)],
    ids=["plain", "none"],
)
def test_a_network_without_gates_that_remember_refuses_time_scales(network):
    with pytest.raises(ValueError, match="expected an LSTM or a GRU with biases, got "):
        set_time_scales(network, 10)


@pytest.mark.parametrize("longest", [0.5, float("nan"), float("inf")])
def test_a_time_scale_below_a_step_is_refused(longest):
    with pytest.raises(ValueError, match="longest: expected at least 1 step, got "):
        set_time_scales(Network("gru", 1, 2, 1), longest)


def test_an_unknown_scheme_is_refused():
    with pytest.raises(ValueError, match="recurrent: expected 'glorot' or 'he' or 'orthogonal'"):
        initialise(Network("gru", 1, 2, 1), recurrent="xavier")
