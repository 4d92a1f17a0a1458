"""exp, sigmoid and tanh on SIMD vectors.

eˣ = 2ⁿ·eʳ with n = round(x / ln 2) and |r| ≤ ln 2 / 2 (Cody & Waite, "Software Manual for the
Elementary Functions", 1980, chapter 6).  eʳ - 1 comes from a polynomial, a Chebyshev fit of
(eʳ - 1 - r) / r², so that tanh keeps its relative precision near zero.
"""

from numba import types

from ..cells import ops
from .compile import inner, inner_for
from .simd import Vector, absolute, copy_sign, fma, maximum, minimum, power_of_two, splat

LOG2_E = 1.4426950408889634
# ln 2 in two parts: n times the first is exact for every n that occurs.
LN2_HIGH_32, LN2_LOW_32 = 0.693359375, -2.1219444005469057e-4
LN2_HIGH_64, LN2_LOW_64 = 6.93147180369123816490e-01, 1.90821492927058770002e-10
SHIFT_32, SHIFT_64 = 1.5 * 2**23, 1.5 * 2**52  # adding and subtracting it rounds to an integer


def expm1_parts(x):
    """``(2ⁿ, eʳ - 1)`` with eˣ = 2ⁿ·eʳ; x in [-87, 89] (float32) or [-708, 710] (float64)."""
    raise NotImplementedError


@inner_for(expm1_parts)
def _expm1_parts(x):
    if not isinstance(x, Vector):
        return None

    def single(x):
        shifted = fma(x, splat(x, LOG2_E), splat(x, SHIFT_32))
        n = shifted - splat(x, SHIFT_32)
        r = fma(n, splat(x, -LN2_LOW_32), fma(n, splat(x, -LN2_HIGH_32), x))
        q = splat(x, 1.39262508314976117e-3)
        q = fma(q, r, splat(x, 8.3632328836826182e-3))
        q = fma(q, r, splat(x, 4.16665542129841503e-2))
        q = fma(q, r, splat(x, 1.66665766661199283e-1))
        q = fma(q, r, splat(x, 0.5))
        return power_of_two(shifted), fma(q, r * r, r)

    def double(x):
        shifted = fma(x, splat(x, LOG2_E), splat(x, SHIFT_64))
        n = shifted - splat(x, SHIFT_64)
        r = fma(n, splat(x, -LN2_LOW_64), fma(n, splat(x, -LN2_HIGH_64), x))
        q = splat(x, 2.09147553258932022e-9)
        q = fma(q, r, splat(x, 2.51053127296221018e-8))
        q = fma(q, r, splat(x, 2.75572734787185805e-7))
        q = fma(q, r, splat(x, 2.75572551700008874e-6))
        q = fma(q, r, splat(x, 2.48015873256774619e-5))
        q = fma(q, r, splat(x, 1.98412698750022788e-4))
        q = fma(q, r, splat(x, 1.38888888888837112e-3))
        q = fma(q, r, splat(x, 8.33333333332608312e-3))
        q = fma(q, r, splat(x, 4.16666666666666698e-2))
        q = fma(q, r, splat(x, 1.66666666666666710e-1))
        q = fma(q, r, splat(x, 0.5))
        return power_of_two(shifted), fma(q, r * r, r)

    return single if x.dtype == types.float32 else double


@inner
def exp_clamped(x, low, high):
    """eˣ for x between the limits, which must lie where ``expm1_parts`` holds; NaN stays NaN."""
    scale, fraction = expm1_parts(maximum(splat(x, low), minimum(splat(x, high), x)))
    return scale * (splat(x, 1) + fraction)  # not an fma: ∞·(negative) + ∞ would be NaN


@inner_for(ops.sigmoid)
def _sigmoid(x):
    if not isinstance(x, Vector):
        return None
    # e^89 (e^710) overflows to infinity, which is what makes σ(-∞) zero.
    low, high = (-87.0, 89.0) if x.dtype == types.float32 else (-708.0, 710.0)

    def sigmoid(x):
        one = splat(x, 1)
        return one / (one + exp_clamped(-x, low, high))

    return sigmoid


@inner_for(ops.tanh)
def _tanh(x):
    if not isinstance(x, Vector):
        return None
    high = 20.0 if x.dtype == types.float32 else 40.0  # tanh rounds to 1 from 9 (19) on

    def tanh(x):
        # e = exp(2|x|) - 1; tanh|x| = e / (e + 2)
        twice = minimum(splat(x, high), absolute(x) + absolute(x))
        scale, fraction = expm1_parts(twice)
        e = fma(scale, fraction, scale - splat(x, 1))
        return copy_sign(e / (e + splat(x, 2)), x)

    return tanh
