"""A problem as an ONNX model: every layer takes the lengths, arrays keep their dtype."""

import numpy as np
import pytest
from conftest import a_workload, require_peer

from lstmbench.running.worker import problem_of

pytestmark = pytest.mark.peer


@pytest.fixture
def model_of():
    """The model of a tiny workload, with whatever is given replaced."""
    onnx = require_peer("onnx")
    from lstmbench.backends import onnx_model

    return lambda **given: onnx.load_from_string(
        onnx_model.build(problem_of(a_workload(num_layers=2, bidirectional=True, **given)))
    )


def inputs_of(model):
    return {each.name: each.type.tensor_type for each in model.graph.input}


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh", "rnn-relu"])
def test_every_layer_takes_the_lengths_of_its_sequences(model_of, cell):
    model = model_of(cell=cell, lengths="uniform", steps=(3, 1))

    recurrent = [node for node in model.graph.node if node.op_type in ("LSTM", "GRU", "RNN")]
    assert [node.input[4] for node in recurrent] == ["lengths", "lengths"]
    assert [size.dim_value for size in inputs_of(model)["lengths"].shape.dim] == [2]


def test_full_sequences_have_no_such_input(model_of):
    model = model_of()

    assert "lengths" not in inputs_of(model)
    assert {node.input[4] for node in model.graph.node if node.op_type == "LSTM"} == {""}


def test_lengths_are_fed_as_whole_numbers_of_four_bytes():
    require_peer("onnx")
    from lstmbench.backends import onnx_model

    fed = onnx_model.feeds(problem_of(a_workload(lengths="uniform", steps=(1, 3))))

    np.testing.assert_array_equal(fed["lengths"], np.array([1, 3], np.int32))
    assert fed["lengths"].dtype == np.int32


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_inputs_outputs_and_weights_are_of_the_dtype_of_the_problem(model_of, dtype):
    from onnx import helper

    model = model_of(dtype=dtype)

    element = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    given = [each.type.tensor_type.elem_type for each in (*model.graph.input, *model.graph.output)]
    weights = {each.data_type for each in model.graph.initializer if each.name != "joined"}
    assert {*given, *weights} == {element}
