"""Names, shapes and gate orders are those of the frameworks they are said to be of."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from conftest import require_peer

from lstmbench_kernels.spec import (
    CELLS,
    GATE_ORDERS,
    GRU,
    LSTM,
    RNN_TANH,
    Shape,
    gradient_shapes,
    input_shapes,
    multiply_adds,
    num_parameters,
    output_shapes,
    parameter_shapes,
    permute_gates,
)

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)


@pytest.mark.peer
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("bidirectional", [True, False])
@pytest.mark.parametrize("num_layers", [1, 2, 3])
@every_cell
def test_parameters_have_the_names_shapes_and_order_of_a_torch_state_dict(
    cell, num_layers, bidirectional, bias
):
    torch = require_peer("torch")
    module = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(cell.name, torch.nn.RNN)(
        5, 7, num_layers=num_layers, bidirectional=bidirectional, bias=bias
    )
    shape = Shape(1, 1, 5, 7, num_layers=num_layers, bidirectional=bidirectional, bias=bias)

    expected = [(name, tuple(tensor.shape)) for name, tensor in module.state_dict().items()]
    assert list(parameter_shapes(cell, shape).items()) == expected


def test_a_stacked_bidirectional_lstm_has_the_shapes_written_here():
    shape = Shape(10, 3, 5, 7, num_layers=2, bidirectional=True, bias=False)

    assert input_shapes(LSTM, shape) == {"x": (10, 3, 5), "h0": (4, 3, 7), "c0": (4, 3, 7)}
    assert output_shapes(LSTM, shape) == {"y": (10, 3, 14), "hT": (4, 3, 7), "cT": (4, 3, 7)}
    assert parameter_shapes(LSTM, shape) == {
        "weight_ih_l0": (28, 5),
        "weight_hh_l0": (28, 7),
        "weight_ih_l0_reverse": (28, 5),
        "weight_hh_l0_reverse": (28, 7),
        "weight_ih_l1": (28, 14),
        "weight_hh_l1": (28, 7),
        "weight_ih_l1_reverse": (28, 14),
        "weight_hh_l1_reverse": (28, 7),
    }


def test_only_an_lstm_has_a_cell_state():
    for cell in CELLS.values():
        names = {*input_shapes(cell, Shape(1, 1, 1, 1)), *output_shapes(cell, Shape(1, 1, 1, 1))}
        assert ({"c0", "cT"} <= names) == (cell is LSTM)


@every_cell
def test_there_is_a_gradient_for_each_input_state_and_parameter(cell):
    shape = Shape(2, 3, 4, 5, num_layers=2, bidirectional=True)

    inputs, parameters = input_shapes(cell, shape), parameter_shapes(cell, shape)
    assert [*gradient_shapes(cell, shape).items()] == [*inputs.items(), *parameters.items()]


@every_cell
def test_every_convention_orders_the_gates_of_the_cell_and_torch_has_ours(cell):
    for orders in GATE_ORDERS.values():
        assert sorted(orders[cell.name]) == sorted(cell.gates)
    assert tuple(GATE_ORDERS["torch"][cell.name]) == cell.gates


@pytest.mark.parametrize(("source", "target"), list(product(GATE_ORDERS, repeat=2)))
@every_cell
def test_gate_permutations_go_there_and_back(cell, source, target):
    rng = np.random.default_rng(0)
    for shape in [(cell.num_gates * 3, 5), (cell.num_gates * 3,)]:
        array = rng.standard_normal(shape)
        there = permute_gates(array, cell, source, target)
        assert there.shape == array.shape
        np.testing.assert_array_equal(permute_gates(there, cell, target, source), array)


def test_gates_of_hidden_size_one_move_as_written_here():
    lstm = np.array([1, 2, 3, 4])  # i f g o
    gru = np.array([1, 2, 3])  # r z n

    assert permute_gates(lstm, LSTM, "torch", "onnx").tolist() == [1, 4, 2, 3]  # i o f g
    assert permute_gates(lstm, LSTM, "onnx", "torch").tolist() == [1, 3, 4, 2]  # read as i o f g
    assert permute_gates(lstm, LSTM, "torch", "keras").tolist() == [1, 2, 3, 4]
    assert permute_gates(gru, GRU, "torch", "onnx").tolist() == [2, 1, 3]  # z r n
    assert permute_gates(gru, GRU, "torch", "keras").tolist() == [2, 1, 3]


def test_the_units_of_a_gate_move_together_and_keep_their_order():
    weight = np.array([[10, 11], [12, 13], [20, 21], [22, 23], [30, 31], [32, 33]])

    assert permute_gates(weight, GRU, "torch", "onnx").tolist() == [
        [20, 21],
        [22, 23],
        [10, 11],
        [12, 13],
        [30, 31],
        [32, 33],
    ]


def test_an_unknown_convention_is_a_key_error():
    with pytest.raises(KeyError, match="nobody"):
        permute_gates(np.zeros(3), RNN_TANH, "torch", "nobody")


def test_parameters_and_multiply_adds_are_the_numbers_written_here():
    shape = Shape(10, 3, 5, 7, num_layers=2, bidirectional=True)

    # A layer and direction: 28 rows for each of 4 gates of 7 units; its input is 5, then 2 * 7.
    assert multiply_adds(LSTM, shape) == 2 * 28 * (5 + 7) + 2 * 28 * (14 + 7)
    assert num_parameters(LSTM, shape) == multiply_adds(LSTM, shape) + 4 * 2 * 28
    assert num_parameters(LSTM, replace(shape, bias=False)) == multiply_adds(LSTM, shape)
    assert multiply_adds(GRU, replace(shape, seq_len=1, batch_size=1)) * 4 == (
        multiply_adds(LSTM, shape) * 3
    )
