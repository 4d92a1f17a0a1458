"""The precisions say of themselves what the formats' standards say of them."""

import numpy as np
import pytest

from lstmbench.precision import PRECISIONS
from lstmbench.workload import DTYPES


def test_every_precision_is_one_that_a_workload_may_have():
    assert DTYPES == ("float32", "float64", "float16", "bfloat16", "tf32")
    assert list(PRECISIONS) == [each.name for each in PRECISIONS.values()]


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_what_numpy_has_agrees_with_it(name):
    dtype, precision = np.dtype(name), PRECISIONS[name]

    assert (precision.storage, precision.itemsize) == (name, dtype.itemsize)
    assert precision.roundoff == np.finfo(dtype).eps / 2


def test_bfloat16_agrees_with_ml_dtypes():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    precision = PRECISIONS["bfloat16"]

    assert precision.itemsize == np.dtype(ml_dtypes.bfloat16).itemsize
    assert precision.roundoff == float(ml_dtypes.finfo(ml_dtypes.bfloat16).eps) / 2


def test_tf32_is_float32_whose_products_keep_ten_bits_of_the_fraction():
    tf32 = PRECISIONS["tf32"]

    assert (tf32.storage, tf32.itemsize, tf32.is_mixed) == ("float32", 4, True)
    assert tf32.roundoff == 2.0**-11


def test_the_mixed_ones_are_those_of_tensor_cores():
    assert {each.name for each in PRECISIONS.values() if each.is_mixed} == {
        "float16",
        "bfloat16",
        "tf32",
    }
