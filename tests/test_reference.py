"""The oracle against what it shares nothing with: a hand, finite differences, PyTorch."""

import math
import sys
import warnings
from itertools import product
from pathlib import Path
from types import FrameType

import numpy as np
import pytest
from conftest import require_peer

from lstmbench_kernels import reference
from lstmbench_kernels.problem import Problem, make_problem
from lstmbench_kernels.reference.activations import sigmoid
from lstmbench_kernels.spec import (
    CELLS,
    GRU,
    LSTM,
    RNN_TANH,
    CellSpec,
    Shape,
    gradient_shapes,
    output_shapes,
)

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

SHAPES = [
    Shape(5, 3, 4, 6, num_layers=layers, bidirectional=bidirectional, bias=bias)
    for layers, bidirectional, bias in product((1, 2), (False, True), (True, False))
]


def name_of(case: CellSpec | Shape) -> str:
    if isinstance(case, CellSpec):
        return case.name
    direction = "both-ways" if case.bidirectional else "one-way"
    return f"{case.num_layers}-layers-{direction}-{'bias' if case.bias else 'no-bias'}"


every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=name_of)
every_shape = pytest.mark.parametrize("shape", SHAPES, ids=name_of)


def run(problem: Problem) -> tuple[dict, dict]:
    """The outputs and gradients of a problem, from the reference."""
    network = problem.cell, problem.shape, problem.inputs, problem.parameters
    outputs, tape = reference.forward(*network)
    return outputs, reference.backward(*network, tape, problem.upstream)


def directional_derivative(problem: Problem, name: str, direction: np.ndarray) -> float:
    """Central difference of loss = Σ upstream · output along a direction of one array."""
    step = 1e-6

    def outputs_at(distance: float) -> dict:
        arrays = {**problem.inputs, **problem.parameters}
        arrays[name] = arrays[name] + distance * direction
        return reference.forward(problem.cell, problem.shape, arrays, arrays)[0]

    ahead, behind = outputs_at(+step), outputs_at(-step)
    return sum(
        np.sum(problem.upstream[f"d{output}"] * (ahead[output] - behind[output])) / (2 * step)
        for output in ahead
    )


# --- against a scalar computed by hand


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def scalar_step(cell: CellSpec, x: float, states: list[float], weights: list) -> list[float]:
    """One step of a cell of size one, gates indexed in PyTorch's order, in plain Python floats."""
    w, u, b, v = weights
    h = states[0]
    from_x = [w[gate] * x + b[gate] for gate in range(cell.num_gates)]
    from_h = [u[gate] * h + v[gate] for gate in range(cell.num_gates)]
    pre = [a + b for a, b in zip(from_x, from_h, strict=True)]
    if cell.name == "rnn-tanh":
        return [math.tanh(pre[0])]
    if cell.name == "rnn-relu":
        return [max(pre[0], 0.0)]
    if cell.name == "gru":
        reset, update = logistic(pre[0]), logistic(pre[1])
        candidate = math.tanh(from_x[2] + reset * from_h[2])
        return [(1 - update) * candidate + update * h]
    c = logistic(pre[1]) * states[1] + logistic(pre[0]) * math.tanh(pre[2])
    return [logistic(pre[3]) * math.tanh(c), c]


@every_cell
def test_forward_of_a_single_unit_equals_plain_python_floats(cell):
    problem = make_problem(cell, Shape(4, 1, 1, 1), dtype="float64", seed=3)
    weights = [array.ravel().tolist() for array in problem.parameters.values()]
    states = [problem.inputs[f"{name}0"].item() for name in cell.states]

    hidden = []
    for x in problem.inputs["x"].ravel().tolist():
        states = scalar_step(cell, x, states, weights)
        hidden.append(states[0])

    outputs, _ = run(problem)
    np.testing.assert_allclose(outputs["y"].ravel(), hidden, rtol=1e-14)
    for name, state in zip(cell.states, states, strict=True):
        np.testing.assert_allclose(outputs[f"{name}T"].item(), state, rtol=1e-14)


# --- against finite differences


@every_shape
@every_cell
def test_every_gradient_equals_its_finite_difference(cell, shape):
    problem = make_problem(cell, shape, dtype="float64", seed=1)
    _, gradients = run(problem)
    rng = np.random.default_rng(2)

    assert list(gradients) == list(gradient_shapes(cell, shape))
    for name, gradient in gradients.items():
        directions = [rng.standard_normal(gradient.shape)]
        for element in rng.integers(gradient.size, size=3):
            directions.append(np.zeros(gradient.shape))
            directions[-1].flat[element] = 1.0
        for direction in directions:
            np.testing.assert_allclose(
                np.sum(gradient * direction),
                directional_derivative(problem, name, direction),
                rtol=1e-7,
                atol=1e-8,
                err_msg=name,
            )


@pytest.mark.parametrize(
    ("cell", "output"),
    [(cell, output) for cell in CELLS.values() for output in output_shapes(cell, SHAPES[0])],
    ids=lambda case: case if isinstance(case, str) else name_of(case),
)
def test_a_gradient_arriving_at_one_output_alone_reaches_every_array(cell, output):
    shape = Shape(4, 2, 3, 5, num_layers=2, bidirectional=True)
    # Of seed 4, one relu sits 4e-6 from its kink, where a finite difference means nothing.
    problem = make_problem(cell, shape, dtype="float64", seed=5)
    for name, array in problem.upstream.items():
        if name != f"d{output}":
            array[:] = 0.0
    _, gradients = run(problem)
    rng = np.random.default_rng(6)

    for name, gradient in gradients.items():
        direction = rng.standard_normal(gradient.shape)
        expected = directional_derivative(problem, name, direction)
        assert expected != 0.0, name
        np.testing.assert_allclose(
            np.sum(gradient * direction), expected, rtol=1e-7, atol=1e-8, err_msg=name
        )


# --- against PyTorch


def run_torch(problem: Problem) -> tuple[dict, dict]:
    """The same outputs and gradients, from torch.nn and its autograd."""
    torch = require_peer("torch")
    cell, shape = problem.cell, problem.shape
    modules = {
        "rnn-tanh": torch.nn.RNN,
        "rnn-relu": torch.nn.RNN,
        "lstm": torch.nn.LSTM,
        "gru": torch.nn.GRU,
    }
    nonlinearity = {"nonlinearity": cell.name[4:]} if cell.name.startswith("rnn") else {}
    module = modules[cell.name](
        shape.input_size,
        shape.hidden_size,
        num_layers=shape.num_layers,
        bidirectional=shape.bidirectional,
        bias=shape.bias,
        dtype=torch.float64,
        **nonlinearity,
    )
    module.load_state_dict({k: torch.from_numpy(v) for k, v in problem.parameters.items()})
    inputs = {k: torch.tensor(v, requires_grad=True) for k, v in problem.inputs.items()}

    initial = [inputs[f"{name}0"] for name in cell.states]
    y, final = module(inputs["x"], tuple(initial) if len(initial) > 1 else initial[0])
    final = final if isinstance(final, tuple) else (final,)
    outputs = {"y": y, **{f"{n}T": state for n, state in zip(cell.states, final, strict=True)}}
    sum((torch.tensor(problem.upstream[f"d{k}"]) * v).sum() for k, v in outputs.items()).backward()
    variables = {**inputs, **dict(module.named_parameters())}
    return (
        {name: output.detach().numpy() for name, output in outputs.items()},
        {name: variable.grad.numpy() for name, variable in variables.items()},
    )


@pytest.mark.peer
@pytest.mark.parametrize(
    "shape", [*SHAPES, Shape(1, 1, 1, 1), Shape(33, 9, 17, 31, bidirectional=True)], ids=str
)
@every_cell
def test_outputs_and_gradients_equal_those_of_torch(cell, shape):
    problem = make_problem(cell, shape, dtype="float64", seed=6)

    for ours, theirs in zip(run(problem), run_torch(problem), strict=True):
        assert ours.keys() == theirs.keys()
        for name in ours:
            np.testing.assert_allclose(
                ours[name], theirs[name], rtol=1e-12, atol=1e-12, err_msg=name
            )


# --- layers and directions


@every_cell
def test_the_reverse_direction_is_a_forward_run_over_reversed_time(cell):
    both = make_problem(cell, Shape(5, 2, 3, 4, bidirectional=True), dtype="float64")
    inputs = {name: array[1:] for name, array in both.inputs.items()}  # the reverse states
    inputs["x"] = both.inputs["x"][::-1]
    parameters = {
        name.removesuffix("_reverse"): array
        for name, array in both.parameters.items()
        if name.endswith("_reverse")
    }
    alone, _ = reference.forward(cell, Shape(5, 2, 3, 4), inputs, parameters)
    outputs, _ = run(both)

    np.testing.assert_array_equal(outputs["y"][:, :, 4:], alone["y"][::-1])
    np.testing.assert_array_equal(outputs["hT"][1:], alone["hT"])
    np.testing.assert_array_equal(outputs["hT"][1], outputs["y"][0, :, 4:])


@every_cell
def test_the_second_layer_reads_the_output_of_the_first(cell):
    stack = make_problem(cell, Shape(5, 2, 3, 4, num_layers=2), dtype="float64")

    def layer(k: int, x: np.ndarray) -> np.ndarray:
        inputs = {name: array[k : k + 1] for name, array in stack.inputs.items()}
        parameters = {
            name.replace(f"_l{k}", "_l0"): array
            for name, array in stack.parameters.items()
            if name.endswith(f"_l{k}")
        }
        shape = Shape(5, 2, x.shape[2], 4)
        return reference.forward(cell, shape, {**inputs, "x": x}, parameters)[0]["y"]

    np.testing.assert_array_equal(run(stack)[0]["y"], layer(1, layer(0, stack.inputs["x"])))


@every_cell
def test_absent_biases_are_biases_of_zero(cell):
    without = make_problem(cell, Shape(5, 2, 3, 4, bias=False), dtype="float64")
    zeros = np.zeros(cell.num_gates * 4)
    parameters = {**without.parameters, "bias_ih_l0": zeros, "bias_hh_l0": zeros}

    expected, _ = reference.forward(cell, Shape(5, 2, 3, 4), without.inputs, parameters)
    np.testing.assert_array_equal(run(without)[0]["y"], expected["y"])


# --- precision and range


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@every_shape
@every_cell
def test_every_array_keeps_the_dtype_of_the_inputs(cell, shape, dtype):
    problem = make_problem(cell, shape, dtype=dtype)
    network = cell, shape, problem.inputs, problem.parameters
    outputs, tape = reference.forward(*network)
    gradients = reference.backward(*network, tape, problem.upstream)

    saved = {suffix + name: array for suffix, part in tape.items() for name, array in part.items()}
    arrays = {**outputs, **gradients, **saved}
    assert {name: array.dtype for name, array in arrays.items()} == dict.fromkeys(arrays, dtype)
    assert {k: v.shape for k, v in outputs.items()} == output_shapes(cell, shape)
    assert {k: v.shape for k, v in gradients.items()} == gradient_shapes(cell, shape)


@every_cell
def test_no_intermediate_value_is_promoted_to_float64(cell):
    problem = make_problem(cell, SHAPES[-2], dtype="float32")
    home = str(Path(reference.__file__).parent)
    seen = set()

    def look_at_locals(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code.co_filename.startswith(home):
            for name, value in frame.f_locals.items():
                if isinstance(value, np.ndarray | np.generic):
                    seen.add((frame.f_code.co_name, name, value.dtype.name))

    sys.setprofile(look_at_locals)
    try:
        run(problem)
    finally:
        sys.setprofile(None)
    assert ("forward_layer", "pre_x", "float32") in seen
    assert ("backward_layer", "dh_next", "float32") in seen
    assert {dtype for _, _, dtype in seen} == {"float32"}


@every_cell
def test_float32_is_close_to_float64_but_is_computed_in_float32(cell):
    problem = make_problem(cell, Shape(20, 4, 8, 16), dtype="float32")
    (rough, _), (exact, _) = run(problem), run(problem.astype("float64"))

    np.testing.assert_allclose(rough["y"], exact["y"], rtol=1e-4, atol=1e-5)
    assert np.any(rough["y"] != exact["y"].astype("float32"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cell", [RNN_TANH, LSTM, GRU], ids=name_of)
def test_huge_inputs_saturate_without_a_warning(cell, dtype):
    problem = make_problem(cell, Shape(6, 3, 4, 5, bidirectional=True), dtype=dtype)
    problem.inputs["x"][:] *= 1e6

    with warnings.catch_warnings(), np.errstate(over="raise", invalid="raise", divide="raise"):
        warnings.simplefilter("error")
        outputs, gradients = run(problem)
    for name, array in {**outputs, **gradients}.items():
        assert np.all(np.isfinite(array)), name


def test_sigmoid_is_exact_in_both_tails_and_keeps_its_dtype():
    x = np.array([-np.inf, -700.0, -40.0, -1.0, 0.0, 1.0, 40.0, 700.0, np.inf])
    e = math.exp
    # For x < 0, σ(x) = eˣ/(1 + eˣ) is the form whose relative error is small.
    expected = [0, e(-700), e(-40), e(-1) / (1 + e(-1)), 0.5, 1 / (1 + e(-1)), 1, 1, 1]

    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(sigmoid(x), expected, rtol=1e-15)
        assert sigmoid(x.astype("float32")).dtype == np.float32


@every_cell
def test_neither_inputs_nor_tape_are_changed_by_a_run(cell):
    problem = make_problem(cell, SHAPES[-2], dtype="float64", seed=7)
    before = make_problem(cell, SHAPES[-2], dtype="float64", seed=7)
    network = cell, problem.shape, problem.inputs, problem.parameters
    _, tape = reference.forward(*network)
    first = reference.backward(*network, tape, problem.upstream)
    second = reference.backward(*network, tape, problem.upstream)

    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    for kind in ("inputs", "parameters", "upstream"):
        for name, array in getattr(problem, kind).items():
            np.testing.assert_array_equal(array, getattr(before, kind)[name], err_msg=name)
