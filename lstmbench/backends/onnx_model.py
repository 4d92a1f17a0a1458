"""A problem as an ONNX model: one ``LSTM``, ``GRU`` or ``RNN`` node a layer, weights inside.

Shared by every runtime that reads ONNX.  The model's inputs are ``x`` and, for each layer, ``h0_k``
(and ``c0_k``); its outputs are ``y`` in ONNX's layout (T, D, B, H) and ``hT_k`` (and ``cT_k``).
Between layers ``y`` becomes (T, B, D*H) inside the model; the last ``y`` is left as it is, because
every runtime's user would read it so, and ``outputs`` brings it into ours outside the timed call.

Sequences of unequal lengths come as one more input, ``lengths`` (int32, B numbers), which every
node takes as its ``sequence_lens``: whoever serves such batches has other lengths in each.  ONNX
does not say what lies beyond the end of a sequence; runtimes write zeros there.
"""

# T = seq_len, B = batch_size, H = hidden_size, D = num_directions

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto, checker, helper, numpy_helper

from lstmbench_kernels.problem import Problem
from lstmbench_kernels.spec import permute_gates

Array = NDArray[Any]
OPERATORS = {"lstm": "LSTM", "gru": "GRU", "rnn-tanh": "RNN", "rnn-relu": "RNN"}
OPSET = 17
# The input of a model of sequences of unequal lengths.
LENGTHS = "lengths"


def build(problem: Problem) -> bytes:
    """The serialised model of a problem, in the dtype of its arrays."""
    shape, cell = problem.shape, problem.cell
    T, B, I, H = shape.seq_len, shape.batch_size, shape.input_size, shape.hidden_size
    D = shape.num_directions
    dtype = helper.np_dtype_to_tensor_dtype(problem.inputs["x"].dtype)
    nodes, constants = [], []
    inputs = [helper.make_tensor_value_info("x", dtype, (T, B, I))]
    outputs = [helper.make_tensor_value_info("y", dtype, (T, D, B, H))]
    if problem.lengths:
        inputs.append(helper.make_tensor_value_info(LENGTHS, TensorProto.INT32, (B,)))
    if shape.num_layers > 1:
        joined = np.array([T, B, D * H], np.int64)
        constants.append(numpy_helper.from_array(joined, "joined"))
    x = "x"
    for k in range(shape.num_layers):
        for name, array in _weights(problem, k).items():
            constants.append(numpy_helper.from_array(array, f"{name}_{k}"))
        states = [f"{name}0_{k}" for name in cell.states]
        finals = [f"{name}T_{k}" for name in cell.states]
        for names, infos in ((states, inputs), (finals, outputs)):
            infos += [helper.make_tensor_value_info(n, dtype, (D, B, H)) for n in names]
        last = k == shape.num_layers - 1
        y = "y" if last else f"y_{k}"
        biases = f"B_{k}" if shape.bias else ""
        nodes.append(
            helper.make_node(
                OPERATORS[cell.name],
                [x, f"W_{k}", f"R_{k}", biases, LENGTHS if problem.lengths else "", *states],
                [y, *finals],
                hidden_size=H,
                direction="bidirectional" if D == 2 else "forward",
                **_attributes(cell.name, D),
            )
        )
        if not last:
            nodes.append(helper.make_node("Transpose", [y], [f"t_{k}"], perm=[0, 2, 1, 3]))
            nodes.append(helper.make_node("Reshape", [f"t_{k}", "joined"], [f"x_{k + 1}"]))
            x = f"x_{k + 1}"
    graph = helper.make_graph(nodes, "lstmbench", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    checker.check_model(model)
    serialised: bytes = model.SerializeToString()
    return serialised


def feeds(problem: Problem) -> dict[str, Array]:
    """The arrays for the model's inputs, by name."""
    D = problem.shape.num_directions
    arrays = {"x": problem.inputs["x"]}
    for k in range(problem.shape.num_layers):
        for name in problem.cell.states:
            arrays[f"{name}0_{k}"] = problem.inputs[name + "0"][k * D : (k + 1) * D]
    if problem.lengths:
        arrays[LENGTHS] = np.array(problem.lengths, np.int32)
    return arrays


def outputs(problem: Problem, found: Mapping[str, Array]) -> dict[str, Array]:
    """What the model computed, in our layout and under our names."""
    shape = problem.shape
    y = found["y"].transpose(0, 2, 1, 3).reshape(shape.seq_len, shape.batch_size, -1)
    finals = {
        f"{name}T": np.concatenate([found[f"{name}T_{k}"] for k in range(shape.num_layers)])
        for name in problem.cell.states
    }
    return {"y": y, **finals}


def _attributes(cell: str, directions: int) -> dict[str, Any]:
    if cell == "gru":
        # PyTorch's reset gate is applied after the product.
        return {"linear_before_reset": 1}
    if cell == "lstm":
        return {}
    return {"activations": [cell.removeprefix("rnn-").capitalize()] * directions}


def _weights(problem: Problem, layer: int) -> dict[str, Array]:
    """W (D, G*H, I), R (D, G*H, H) and B (D, 2*G*H) of a layer, in ONNX's gate order."""
    named = problem.parameters
    suffixes = [suffix for k, _, suffix in problem.shape.layers() if k == layer]

    def gates(name: str) -> Array:
        parts = [permute_gates(named[name + s], problem.cell, "torch", "onnx") for s in suffixes]
        return np.ascontiguousarray(np.stack(parts))

    weights = {"W": gates("weight_ih"), "R": gates("weight_hh")}
    if problem.shape.bias:
        weights["B"] = np.concatenate((gates("bias_ih"), gates("bias_hh")), axis=1)
    return weights
