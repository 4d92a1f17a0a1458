"""The elementwise steps, on scalars and on SIMD vectors, and the functions they are made of."""

import ast
from pathlib import Path

import numpy as np
import pytest
from numba import njit

from lstmbench_kernels import cells
from lstmbench_kernels.cells import gru, lstm, ops, rnn
from lstmbench_kernels.cpu import activations  # noqa: F401  overloads ops for vectors
from lstmbench_kernels.cpu.simd import WIDTH, load, store

STEPS = {
    "rnn-tanh": (rnn.tanh_step, rnn.tanh_step_gradient, 1),
    "rnn-relu": (rnn.relu_step, rnn.relu_step_gradient, 1),
    "lstm": (lstm.step, lstm.step_gradient, 4),
    "gru": (gru.step, gru.step_gradient, 4),
}
every_step = pytest.mark.parametrize("name", STEPS)


@njit
def _sigmoid(one, out, x, count, step):
    for n in range(0, count, step):
        store(out + n * WIDTH // step, ops.sigmoid(load(one, x + n * WIDTH // step)))


@njit
def _tanh(one, out, x, count, step):
    for n in range(0, count, step):
        store(out + n * WIDTH // step, ops.tanh(load(one, x + n * WIDTH // step)))


@njit
def _relu(one, out, x, count, step):
    for n in range(0, count, step):
        store(out + n * WIDTH // step, ops.relu(load(one, x + n * WIDTH // step)))


def on_vectors(function, x: np.ndarray) -> np.ndarray:
    lanes = WIDTH // x.itemsize
    padded = np.zeros(-(-x.size // lanes) * lanes, x.dtype)
    padded[: x.size] = x
    out = np.empty_like(padded)
    function(x.dtype.type(1), out.ctypes.data, padded.ctypes.data, x.size, lanes)
    return out[: x.size]


def every_magnitude(dtype: str) -> np.ndarray:
    rng = np.random.default_rng(0)
    low, high = (-44, 2.2) if dtype == "float32" else (-300, 2.9)
    sizes = np.concatenate([10 ** rng.uniform(low, high, 60_000), rng.uniform(0, 30, 60_000)])
    return (sizes * rng.choice([-1, 1], sizes.size)).astype(dtype)


def worst_ulps(got: np.ndarray, x: np.ndarray, exact) -> float:
    """The largest error in units of the last place, of results that are normal numbers."""
    wide = np.longdouble if got.dtype == np.float64 else np.float64
    truth = exact(x.astype(wide))
    ulp = np.spacing(np.abs(truth).astype(got.dtype)).astype(wide)
    normal = np.abs(truth) >= np.finfo(got.dtype).tiny
    return float(np.max(np.abs(got - truth)[normal] / ulp[normal]))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_vector_sigmoid_is_accurate_to_three_ulp(dtype: str) -> None:
    x = every_magnitude(dtype)
    with np.errstate(over="ignore"):
        assert worst_ulps(on_vectors(_sigmoid, x), x, lambda x: 1 / (1 + np.exp(-x))) <= 3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_vector_tanh_is_accurate_to_three_ulp(dtype: str) -> None:
    x = every_magnitude(dtype)
    assert worst_ulps(on_vectors(_tanh, x), x, np.tanh) <= 3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_vector_functions_are_right_at_the_edges(dtype: str) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1e30, -1e30, -800, 800, tiny], dtype)
    nan = np.nan
    np.testing.assert_array_equal(
        on_vectors(_tanh, x), np.array([0, -0.0, 1, -1, nan, 1, -1, -1, 1, tiny], dtype)
    )
    np.testing.assert_array_equal(
        on_vectors(_relu, x), np.array([0, 0, np.inf, 0, nan, 1e30, 0, 0, 800, tiny], dtype)
    )
    sigmoid = on_vectors(_sigmoid, x)
    np.testing.assert_array_equal(
        sigmoid[[0, 1, 2, 3, 4, 5, 6, 8, 9]],
        np.array([0.5, 0.5, 1, 0, nan, 1, 0, 1, 0.5], dtype),
    )
    assert np.signbit(on_vectors(_tanh, x)[1])


@every_step
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_step_keeps_the_precision_of_its_scalars(name: str, dtype: type) -> None:
    step, step_gradient, slots = STEPS[name]
    sums = [dtype(0.1 * n - 0.2) for n in range(slots)]
    h, state, *saved = njit(step)(dtype(0.3), *sums)
    assert len(saved) == slots
    plain = step(dtype(0.3), *sums)
    np.testing.assert_allclose([h, state, *saved], plain, rtol=1e-6)
    assert all(isinstance(value, dtype) for value in plain)
    back = step_gradient(dtype(0.5), dtype(0.25), dtype(0.3), plain[1], *plain[2:])
    assert len(back) == 1 + slots
    assert all(isinstance(value, dtype) for value in back)


@every_step
def test_a_step_gradient_is_the_derivative_of_its_step(name: str) -> None:
    """Central differences of loss = dh·h + dstate·state in every sum and in the state."""
    step, step_gradient, slots = STEPS[name]
    dh, dstate = 0.7, -0.4
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=1 + slots)  # state, then the sums

    def loss(values: np.ndarray) -> float:
        h, state, *_ = step(*map(np.float64, values))
        # an LSTM carries dc; a GRU carries the part of dh that goes around the products
        return dh * h + dstate * state if name in ("lstm", "gru") else dh * h

    _, state, *saved = step(*inputs)
    back = step_gradient(dh, dstate, inputs[0], state, *saved)
    for n in range(len(inputs)):
        if name.startswith("rnn") and n == 0:
            continue  # no state of its own
        nudge = np.zeros_like(inputs)
        nudge[n] = 1e-6
        slope = (loss(inputs + nudge) - loss(inputs - nudge)) / 2e-6
        assert back[n] == pytest.approx(slope, rel=1e-7, abs=1e-9)


def test_cells_hold_no_bare_float_literal() -> None:
    """One would promote float32 to float64 on a GPU."""
    for path in Path(cells.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            assert not literal, f"{path.name}:{node.lineno}"
