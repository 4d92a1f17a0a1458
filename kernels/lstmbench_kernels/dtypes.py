"""The precisions of a layer, and the NumPy types of the arrays it takes."""

from typing import Any

import numpy as np

# What a layer is asked for, and what its arrays are.  TF32 is a way to multiply float32.
ARRAY_DTYPES = {
    "float32": "float32",
    "float64": "float64",
    "tf32": "float32",
    "float16": "float16",
    "bfloat16": "bfloat16",
}


def numpy_dtype(name: str) -> np.dtype[Any]:
    """The NumPy type of that name; raises ``ImportError`` where bfloat16 has no package."""
    if name == "bfloat16":
        try:
            import ml_dtypes
        except ModuleNotFoundError as error:
            raise ImportError(
                "dtype: 'bfloat16' needs ml_dtypes, which gives NumPy the type; "
                "pip install ml_dtypes"
            ) from error
        found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
        return found
    return np.dtype(name)
