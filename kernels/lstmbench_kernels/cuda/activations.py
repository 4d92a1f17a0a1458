"""The functions that cells are made of, on the numbers of a GPU."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"

# ruff: noqa: ARG001  every target's functions take the same arguments

import math
from functools import cache
from types import FunctionType
from typing import Any

from . import ops

LOG2_E = 1.4426950408889634
# tanh x = x + x³·P(x²) on |x| < 0.625, within 1 ulp of float32: the coefficients of Cephes' tanhf.
TANH = (-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3)
TANH_SMALL = 0.625


@ops.macro(returns="f32")
def sigmoid_f32(emit, x):
    """1 / (1 + 2^(-x·log₂e)): 1/∞ is 0, as it should be."""
    return _sigmoid(emit, x)


@ops.macro(returns="f32")
def tanh_f32(emit, x):
    """A polynomial where x is small, elsewhere 1 - 2·sigmoid(-2x), which loses nothing there."""
    square = emit.mul(x, x)
    total = emit.const("f32", TANH[-1])
    for factor in TANH[-2::-1]:
        total = emit.fma(total, square, emit.const("f32", factor))
    small = emit.fma(emit.mul(total, square), x, x)
    tail = _sigmoid(emit, emit.mul(x, emit.const("f32", -2)))
    large = emit.fma(tail, emit.const("f32", -2), emit.const("f32", 1))
    return emit.select(emit.below(square, TANH_SMALL**2), small, large)


def _sigmoid(emit, x):
    power = emit.exp2(emit.mul(x, emit.const("f32", -LOG2_E)))
    return emit.reciprocal(emit.add(emit.const("f32", 1), power))


@ops.macro(returns="f32")
def constant_f32(emit, x, value):
    return emit.from_int("f32", value)


@ops.macro(returns="f64")
def constant_f64(emit, x, value):
    return emit.from_int("f64", value)


@ops.macro(returns="f32")
def relu_f32(emit, x):
    return _relu(emit, "f32", x, x)


@ops.macro(returns="f64")
def relu_f64(emit, x):
    return _relu(emit, "f64", x, x)


@ops.macro(returns="f32")
def d_relu_f32(emit, y, dy):
    return emit.select(emit.above_zero(y), dy, emit.const("f32", 0))


@ops.macro(returns="f64")
def d_relu_f64(emit, y, dy):
    return emit.select(emit.above_zero(y), dy, emit.const("f64", 0))


def _relu(emit, kind, x, value):
    """0 below 0; NaN stays NaN."""
    return emit.select(emit.below(x, 0), emit.const(kind, 0), value)


@ops.device_function
def sigmoid_f64(x):
    return 1.0 / (1.0 + math.exp(-x))


@ops.device_function
def tanh_f64(x):
    return math.tanh(x)


_FUNCTIONS = {
    "f32": {
        "constant": constant_f32,
        "sigmoid": sigmoid_f32,
        "tanh": tanh_f32,
        "relu": relu_f32,
        "d_relu": d_relu_f32,
    },
    "f64": {
        "constant": constant_f64,
        "sigmoid": sigmoid_f64,
        "tanh": tanh_f64,
        "relu": relu_f64,
        "d_relu": d_relu_f64,
    },
}


@cache
def on_device(step: Any, kind: str) -> Any:
    """A cell's elementwise step with this target's functions in place of those it names.

    The lines of the step are the same on every target: only what its global names mean differs.
    """
    names = {**step.__globals__, **_FUNCTIONS[kind]}
    return ops.device_function(FunctionType(step.__code__, names, step.__name__))
