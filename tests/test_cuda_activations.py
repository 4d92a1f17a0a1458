"""tanh and sigmoid of the CUDA kernels, as the simulator computes them, against float64."""

import numpy as np
import pytest

pytest.importorskip("greenlet")

from lstmbench_kernels.cuda.activations import (
    relu_f32,
    sigmoid_f32,
    tanh_f32,
)

# What the formulas lose in float32; a device adds the 2 ulp of its exponential and reciprocal.
ULP = 4


def ulps(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    return np.abs(got.astype(np.float64) - exact) / np.spacing(np.abs(exact).astype(np.float32))


@pytest.fixture(scope="module")
def arguments() -> np.ndarray:
    """Every order of magnitude, both signs, and where the formulas change."""
    rng = np.random.default_rng(0)
    spread = np.exp2(rng.uniform(-40, 5, 20_000)) * rng.choice([-1, 1], 20_000)
    near = np.concatenate([rng.uniform(-1, 1, 5_000), rng.uniform(0.6, 0.65, 2_000)])
    return np.concatenate([spread, near]).astype(np.float32)


def test_tanh_is_accurate(arguments: np.ndarray) -> None:
    with np.errstate(all="ignore"):
        got = np.array([tanh_f32(x) for x in arguments])
    assert ulps(got, np.tanh(arguments.astype(np.float64))).max() < ULP


def test_sigmoid_is_accurate(arguments: np.ndarray) -> None:
    """To a few ulp of 1: below, its absolute error counts, as it multiplies a state."""
    with np.errstate(all="ignore"):
        got = np.array([sigmoid_f32(x) for x in arguments], np.float64)
    exact = 1 / (1 + np.exp(-arguments.astype(np.float64)))
    assert np.abs(got - exact).max() < ULP * 2.0**-24


@pytest.mark.parametrize(
    ("function", "argument", "limit"),
    [
        (tanh_f32, np.inf, 1.0),
        (tanh_f32, -np.inf, -1.0),
        (tanh_f32, 100.0, 1.0),
        (tanh_f32, 0.0, 0.0),
        (sigmoid_f32, np.inf, 1.0),
        (sigmoid_f32, -np.inf, 0.0),
        (sigmoid_f32, -200.0, 0.0),
        (sigmoid_f32, 200.0, 1.0),
        (relu_f32, -1.0, 0.0),
        (relu_f32, 2.0, 2.0),
    ],
)
def test_limits_are_exact(function, argument: float, limit: float) -> None:
    with np.errstate(all="ignore"):
        assert function(np.float32(argument)) == limit


@pytest.mark.parametrize("function", [tanh_f32, sigmoid_f32, relu_f32])
def test_nan_stays_nan(function) -> None:
    with np.errstate(all="ignore"):
        assert np.isnan(function(np.float32(np.nan)))


def test_tanh_of_a_denormal_is_itself() -> None:
    tiny = np.float32(1e-40)
    assert tanh_f32(tiny) == tiny
