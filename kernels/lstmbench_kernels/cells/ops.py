"""The few functions a cell is made of, on any kind of number.

As written they work on NumPy scalars, and Numba compiles the same lines for its scalars.  A target
with numbers of its own (SIMD vectors) overloads the same names for its types.
"""

# ruff: noqa: ARG001  an overload takes what it overloads

import math

from numba import types
from numba.extending import overload


def constant(x, value):
    """``value`` in the type of ``x``: a bare literal would promote float32 to float64 on a GPU."""
    return type(x)(value)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    one = type(x)(1)
    return one / (one + type(x)(math.exp(-x)))


def tanh(x):
    """The hyperbolic tangent."""
    return type(x)(math.tanh(x))


def relu(x):
    """max(x, 0); NaN stays NaN."""
    zero = type(x)(0)
    return zero if x < zero else x


def d_relu(y, dy):
    """What arrives at x where y = relu(x) receives dy: dy where y > 0, else 0."""
    zero = type(y)(0)
    return dy if y > zero else zero


@overload(constant)
def _constant(x, value):
    return constant if isinstance(x, types.Float) else None


@overload(sigmoid)
def _sigmoid(x):
    return sigmoid if isinstance(x, types.Float) else None


@overload(tanh)
def _tanh(x):
    return tanh if isinstance(x, types.Float) else None


@overload(relu)
def _relu(x):
    return relu if isinstance(x, types.Float) else None


@overload(d_relu)
def _d_relu(y, dy):
    return d_relu if isinstance(y, types.Float) else None
