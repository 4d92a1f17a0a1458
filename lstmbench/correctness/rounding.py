"""Rounding to a precision that NumPy computes slowly in, or not at all."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BackendUnavailable
from ..precision import PRECISIONS

Array = NDArray[Any]

FLOAT32_BITS = 24


def storage(precision: str) -> np.dtype[Any]:
    """The dtype of every array of a row; NumPy learns bfloat16 from ml_dtypes.

    Raises ``BackendUnavailable`` where ml_dtypes is needed and not there.
    """
    name = PRECISIONS[precision].storage
    if name == "bfloat16":
        if find_spec("ml_dtypes") is None:
            raise BackendUnavailable(
                "bfloat16: ml_dtypes, which gives NumPy this dtype, is not installed; "
                "pip install ml_dtypes"
            )
        # Importing it is what makes the name known.
        import_module("ml_dtypes")
    return np.dtype(name)


def to_significand(array: Array, bits: int) -> Array:
    """float32 numbers rounded to so many significant bits, to nearest, ties to even.

    The range stays that of float32: what a narrower exponent would flush or overflow is kept.
    """
    drop = FLOAT32_BITS - bits
    if drop <= 0:
        return array
    raw = np.ascontiguousarray(array, np.float32).view(np.uint32)
    last = (raw >> np.uint32(drop)) & np.uint32(1)
    raw = raw + (np.uint32((1 << (drop - 1)) - 1) + last)
    return (raw & np.uint32(0xFFFFFFFF << drop & 0xFFFFFFFF)).view(np.float32)


class Factor(np.ndarray[Any, Any]):
    """float32 weights, already rounded: a product with them rounds its other factor as well.

    The sum is float32's, as on the tensor cores; everything but products is NumPy's float32.
    """

    bits = FLOAT32_BITS

    @classmethod
    def of(cls, array: Array, bits: int) -> "Factor":
        """A factor whose elements, and whose partners', have so many bits."""
        made = to_significand(np.asarray(array, np.float32), bits).view(cls)
        made.bits = bits
        return made

    def __array_finalize__(self, source: Any) -> None:
        self.bits = getattr(source, "bits", FLOAT32_BITS)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        plain = [np.asarray(each) if isinstance(each, Factor) else each for each in inputs]
        if ufunc is np.matmul:
            plain = [
                each if isinstance(given, Factor) else to_significand(each, self.bits)
                for given, each in zip(inputs, plain, strict=True)
            ]
        return getattr(ufunc, method)(*plain, **options)
