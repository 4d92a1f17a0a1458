"""What the kernel tests share: a layer made for a problem, run, and held against the oracle."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

from typing import Any

import numpy as np

from lstmbench.correctness.verify import KINK, evaluate, kink_slack
from lstmbench_kernels import GRU, LSTM, RNN
from lstmbench_kernels.dtypes import ARRAY_DTYPES, numpy_dtype
from lstmbench_kernels.problem import Problem, make_problem
from lstmbench_kernels.spec import CellSpec, Shape

EPSILON = {"float32": 1.2e-7, "float64": 2.3e-16}
FLOAT64_RELATIVE = 1e-12
FLOAT32_ABSOLUTE = 5e-5  # at unit scale
FLOAT32_MULTIPLE = 4  # of what NumPy makes in float32, plus a few roundings
# Half a unit in the last place of what operands are rounded to.
ROUNDING = {"tf32": 2**-11, "float16": 2**-11, "bfloat16": 2**-8}
MULTIPLE = 16  # of one rounding at the scale of the result: a few steps, each of a few roundings


def name_of(case: CellSpec | Shape) -> str:
    if isinstance(case, CellSpec):
        return case.name
    direction = "both-ways" if case.bidirectional else "one-way"
    sizes = f"T{case.seq_len}-B{case.batch_size}-I{case.input_size}-H{case.hidden_size}"
    bias = "bias" if case.bias else "no-bias"
    return f"{sizes}-{case.num_layers}-layers-{direction}-{bias}"


def make_layer(cell: CellSpec, shape: Shape, dtype: str = "float32", **options: Any) -> Any:
    """The public layer of a cell and shape."""
    if cell.name.startswith("rnn"):
        options["nonlinearity"] = cell.name.removeprefix("rnn-")
    kind = {"lstm": LSTM, "gru": GRU}.get(cell.name, RNN)
    return kind(
        shape.input_size,
        shape.hidden_size,
        shape.num_layers,
        bidirectional=shape.bidirectional,
        bias=shape.bias,
        dtype=dtype,
        **options,
    )


def states_of(cell: CellSpec, arrays: Any, end: str) -> Any:
    """States as the public interface takes them: one array, or a tuple of several."""
    states = tuple(arrays[name + end] for name in cell.states)
    return states if len(states) > 1 else states[0]


def named(cell: CellSpec, y: Any, states: Any) -> dict:
    """What forward returns, by name."""
    several = states if isinstance(states, tuple) else (states,)
    names = [f"{name}T" for name in cell.states]
    return {"y": y, **dict(zip(names, several, strict=True))}


def run_layer(
    layer: Any, problem: Problem, *, training: bool = True, **options: Any
) -> tuple[dict, dict]:
    """Outputs, and in training gradients, of a problem on a layer; options go to ``backward``."""
    cell = problem.cell
    layer.load_state_dict(problem.parameters)
    states = states_of(cell, problem.inputs, "0")
    lengths = problem.lengths or None
    found = layer.forward(problem.inputs["x"], states, lengths=lengths, training=training)
    outputs = named(cell, *found)
    if not training:
        return outputs, {}
    dstates = states_of(cell, {k[1:]: v for k, v in problem.upstream.items()}, "T")
    return outputs, layer.backward(problem.upstream["dy"], dstates, **options)


def run_reference(problem: Problem) -> tuple[dict, dict]:
    """Outputs and gradients of a problem from the oracle, in the problem's precision."""
    outputs, gradients = evaluate(problem, gradients=True)
    return dict(outputs), dict(gradients or {})


def worst_error(got: np.ndarray, truth: np.ndarray, slack: Any = 0.0) -> float:
    return float(np.max(np.maximum(np.abs(got.astype(np.float64) - truth) - slack, 0.0)))


def assert_close(got: dict, truth: dict, rounded: dict, dtype: str, slack: dict) -> None:
    """Every array within its bound; ``rounded`` is what NumPy made of it in ``dtype``.

    ``slack`` is what the two slopes at a relu's kink differ by.
    """
    assert list(got) == list(truth)
    for name, expected in truth.items():
        assert got[name].shape == expected.shape, name
        assert got[name].dtype == dtype, name
        scale = float(np.max(np.abs(expected)))
        error = worst_error(got[name], expected, slack.get(name, 0.0))
        if dtype == "float64":
            bound = FLOAT64_RELATIVE * max(scale, 1e-6)
        else:
            numpy_error = worst_error(rounded[name], expected, slack.get(name, 0.0))
            bound = FLOAT32_MULTIPLE * numpy_error + 32 * EPSILON[dtype] * max(1.0, scale)
            bound = min(bound, FLOAT32_ABSOLUTE * max(1.0, scale))
        where = np.unravel_index(np.argmax(np.abs(got[name] - expected)), expected.shape)
        assert error <= bound, f"{name}{list(map(int, where))}: {error:.3g} above {bound:.3g}"


def check_against_oracle(
    cell: CellSpec,
    shape: Shape,
    dtype: str,
    *,
    seed: int = 0,
    lengths: tuple[int, ...] = (),
    **options: Any,
) -> None:
    """Inference, training and every gradient of one case; padding is not a number."""
    exact = make_problem(cell, shape, dtype="float64", seed=seed, lengths=lengths)
    problem = exact.astype(dtype)
    for row, length in enumerate(lengths):
        problem.inputs["x"][length:, row] = np.nan
        problem.upstream["dy"][length:, row] = np.nan
    truth, true_gradients = run_reference(exact)
    rounded, rounded_gradients = run_reference(problem)
    layer = make_layer(cell, shape, dtype, **options)
    inferred, _ = run_layer(layer, problem, training=False)
    assert_close(inferred, truth, rounded, dtype, {})
    outputs, gradients = run_layer(layer, problem)
    assert_close(outputs, truth, rounded, dtype, {})
    slack: dict = {}
    if cell.name == "rnn-relu":
        slack = kink_slack(exact, true_gradients, KINK * EPSILON[dtype])
    assert_close(gradients, true_gradients, rounded_gradients, dtype, slack)


def check_low_precision(cell: CellSpec, shape: Shape, dtype: str, **options) -> None:
    """Against the oracle in float64 on the rounded inputs, with a bound from the rounding."""
    array_dtype = numpy_dtype(ARRAY_DTYPES[dtype]).name
    problem = make_problem(cell, shape, dtype=array_dtype)
    truth, true_gradients = run_reference(problem.astype("float64"))
    layer = make_layer(cell, shape, dtype, device="cuda", **options)
    outputs, gradients = run_layer(layer, problem)
    inferred, _ = run_layer(layer, problem, training=False)
    worst = 0.0
    for got, wanted in ((outputs, truth), (inferred, truth), (gradients, true_gradients)):
        assert list(got) == list(wanted)
        for name, expected in wanted.items():
            assert got[name].dtype == array_dtype, name
            scale = max(1.0, float(np.abs(expected).max()))
            error = float(np.abs(got[name].astype(np.float64) - expected).max()) / scale
            assert error <= MULTIPLE * ROUNDING[dtype], f"{name}: {error:.3g}"
            worst = max(worst, error)
    assert worst > ROUNDING[dtype] / 64, "more exact than the precision that was asked for"
