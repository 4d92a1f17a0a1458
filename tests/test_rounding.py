"""Rounding agrees with the formats that NumPy and ml_dtypes have, and with counting by hand."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lstmbench.correctness import rounding
from lstmbench.correctness.rounding import Factor, storage, to_significand
from lstmbench.errors import BackendUnavailable

# Where float16 has its full significand too.
NORMAL = st.floats(2.0**-13, 60000.0, width=32)
NUMBERS = st.builds(lambda x, sign: x * sign, NORMAL, st.sampled_from((1.0, -1.0)))


def rounded(number, bits):
    return float(to_significand(np.array([number], np.float32), bits)[0])


@given(NUMBERS)
def test_eleven_bits_are_those_of_float16(number):
    assert rounded(number, 11) == float(np.float16(np.float32(number)))


@given(NUMBERS)
def test_eight_bits_are_those_of_bfloat16(number):
    ml_dtypes = pytest.importorskip("ml_dtypes")

    assert rounded(number, 8) == float(ml_dtypes.bfloat16(np.float32(number)))


@given(NUMBERS, st.sampled_from((8, 11, 15)))
def test_no_number_of_so_many_bits_is_nearer(number, bits):
    exact = Fraction(float(np.float32(number)))
    exponent = int(np.frexp(np.float32(number))[1])
    step = Fraction(2) ** (exponent - bits)
    # Python rounds a fraction to nearest, ties to even.
    assert Fraction(rounded(number, bits)) == round(exact / step) * step


def test_all_bits_are_the_number_itself():
    numbers = np.array([1 / 3, -7e-30, 0.0], np.float32)

    assert to_significand(numbers, 24) is numbers


def test_zeros_and_infinities_stay():
    numbers = np.array([0.0, -0.0, np.inf, -np.inf], np.float32)

    np.testing.assert_array_equal(to_significand(numbers, 8), numbers)


def test_any_layout_is_taken():
    numbers = np.arange(12, dtype=np.float32).reshape(3, 4)[:, ::2].T / 3

    np.testing.assert_array_equal(
        to_significand(numbers, 8), to_significand(np.ascontiguousarray(numbers), 8)
    )


# --- factors


def arrays():
    rng = np.random.default_rng(0)
    return rng.standard_normal((3, 5)).astype("f4"), rng.standard_normal((4, 5)).astype("f4")


def test_a_product_with_a_factor_rounds_both_sides_and_sums_in_float32():
    x, weights = arrays()

    product = x @ Factor.of(weights, 11).T

    expected = to_significand(x, 11) @ to_significand(weights, 11).T
    assert type(product) is np.ndarray
    assert product.dtype == np.float32
    np.testing.assert_array_equal(product, expected)
    assert np.any(product != x @ weights.T)


def test_a_factor_on_the_left_does_too():
    x, weights = arrays()

    np.testing.assert_array_equal(
        Factor.of(weights, 8) @ x.T, to_significand(weights, 8) @ to_significand(x, 8).T
    )


def test_whatever_is_no_product_is_numpy_s():
    x, weights = arrays()
    factor = Factor.of(weights, 8)

    np.testing.assert_array_equal(x[0] + factor, x[0] + to_significand(weights, 8))
    assert type(x[0] + factor) is np.ndarray


# --- dtypes


@pytest.mark.parametrize(
    ("precision", "name"),
    [("float32", "float32"), ("tf32", "float32"), ("float16", "float16"), ("float64", "float64")],
)
def test_the_dtype_of_a_precision(precision, name):
    assert storage(precision) == np.dtype(name)


def test_bfloat16_is_there_after_it_was_asked_for():
    pytest.importorskip("ml_dtypes")

    assert storage("bfloat16") == np.dtype("bfloat16")
    assert np.ones(2, "float64").astype("bfloat16").dtype.name == "bfloat16"


def test_without_ml_dtypes_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(rounding, "find_spec", lambda _name: None)

    with pytest.raises(BackendUnavailable, match=r"^bfloat16: ml_dtypes.*pip install ml_dtypes$"):
        storage("bfloat16")
