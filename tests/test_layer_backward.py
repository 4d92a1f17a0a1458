"""The public layers go back through a forward, once, and refuse what they would read wrong."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

import numpy as np
import pytest
from kernel_trials import make_layer, name_of, run_layer, states_of

from lstmbench_kernels import LSTM, RNN
from lstmbench_kernels.problem import make_problem
from lstmbench_kernels.spec import CELLS, CellSpec, Shape

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=name_of)
SHAPE = Shape(4, 3, 5, 6, num_layers=2, bidirectional=True)


def test_backward_needs_a_training_forward() -> None:
    layer, x = LSTM(3, 4), np.ones((2, 1, 3), np.float32)
    dy = np.ones((2, 1, 4), np.float32)
    with pytest.raises(RuntimeError, match="nothing to go back through"):
        layer.backward(dy)
    layer.forward(x)
    with pytest.raises(RuntimeError, match="nothing to go back through"):
        layer.backward(dy)


@every_cell
@pytest.mark.parametrize("lengths", [(), (4, 1, 3), (2, 2, 2)], ids=["full", "ragged", "shorter"])
def test_without_the_gradient_of_the_input_all_others_are_the_same_bits(
    cell: CellSpec, lengths: tuple[int, ...]
) -> None:
    problem = make_problem(cell, SHAPE, lengths=lengths)
    layer = make_layer(cell, SHAPE)
    _, expected = run_layer(layer, problem)
    _, got = run_layer(layer, problem, input_gradient=False)
    assert list(got) == [name for name in expected if name != "x"]
    for name, array in got.items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_the_gradient_of_the_input_is_asked_for_anew_in_each_call() -> None:
    layer, x = RNN(3, 4), np.ones((2, 1, 3), np.float32)
    y, _ = layer.forward(x, training=True)
    whole = layer.backward(y)
    rest = {name: np.empty_like(array) for name, array in whole.items() if name != "x"}
    for wanted in (False, True, False, True):
        into = {name: np.empty_like(array) for name, array in whole.items()} if wanted else rest
        layer.forward(x, training=True)
        got = layer.backward(y, out=into, input_gradient=wanted)
        assert ("x" in got) == wanted
        for name, array in got.items():
            np.testing.assert_array_equal(array, whole[name])


def test_a_second_backward_is_refused() -> None:
    layer, x = LSTM(3, 4), np.ones((2, 1, 3), np.float32)
    y, _ = layer.forward(x, training=True)
    layer.backward(y)
    with pytest.raises(RuntimeError, match="before each"):
        layer.backward(y)


def test_a_refused_backward_leaves_the_tape() -> None:
    layer, x = LSTM(3, 4), np.ones((2, 1, 3), np.float32)
    y, _ = layer.forward(x, training=True)
    with pytest.raises(ValueError, match=r"dy: expected \(T, B, D\*H\) = \(2, 1, 4\)"):
        layer.backward(y[:1])
    assert layer.backward(y)


@every_cell
def test_inference_between_forward_and_backward_changes_nothing(cell: CellSpec) -> None:
    problem = make_problem(cell, SHAPE)
    layer = make_layer(cell, SHAPE)
    _, expected = run_layer(layer, problem)
    states = states_of(cell, problem.inputs, "0")
    layer.forward(problem.inputs["x"], states, training=True)
    layer.forward(-problem.inputs["x"], states)
    arrived = {name[1:]: array for name, array in problem.upstream.items()}
    got = layer.backward(arrived["y"], states_of(cell, arrived, "T"))
    for name, array in expected.items():
        np.testing.assert_array_equal(got[name], array, err_msg=name)


def test_what_backward_would_read_wrong_it_refuses() -> None:
    layer, x = LSTM(3, 4), np.ones((2, 1, 3), np.float32)
    y, _ = layer.forward(x, training=True)
    dy = np.ones_like(y)
    layer.forward(-x, out=y)  # writes over the outputs that backward needs
    with pytest.raises(RuntimeError, match="nothing to go back through"):
        layer.backward(dy)
    layer.forward(x, training=True)
    layer.load_state_dict(layer.state_dict())
    with pytest.raises(RuntimeError, match="nothing to go back through"):
        layer.backward(dy)


def test_gradients_must_be_given_whole() -> None:
    layer, x = RNN(3, 4), np.ones((2, 1, 3), np.float32)
    y, _ = layer.forward(x, training=True)
    with pytest.raises(ValueError, match="out: missing h0, weight_ih_l0"):
        layer.backward(y, out={"x": np.empty_like(x)})
    gradients = layer.backward(y)
    layer.forward(x, training=True)
    with pytest.raises(ValueError, match="out: unexpected x"):
        layer.backward(y, out=gradients, input_gradient=False)
