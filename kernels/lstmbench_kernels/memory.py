"""How a layer checks the arrays it is given and makes those it returns, on the host."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .check import check_array, check_out

Array = NDArray[Any]


class HostMemory:
    """NumPy arrays, used where they lie."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def take(
        self, name: str, value: Any, symbols: str, dims: tuple[int | str, ...], *, rows: bool
    ) -> Array:
        """An array to read, copied where it is not C-contiguous; with ``rows``, only where its last
        axis is not.
        """
        array = check_array(name, value, symbols, dims, self.dtype)
        if rows and array.strides[-1] == array.itemsize:
            return array
        return np.ascontiguousarray(array)

    def take_out(self, name: str, value: Any, symbols: str, dims: tuple[int, ...]) -> Array:
        """An array to write into."""
        return check_out(name, value, symbols, dims, self.dtype)

    def make(self, dims: tuple[int, ...], like: Any) -> Array:  # noqa: ARG002  host to host
        """An array for a result of a call that was given ``like``."""
        return np.empty(dims, self.dtype)

    def overlap(self, one: Array, other: Array) -> bool:
        """Whether two arrays may share memory."""
        return np.may_share_memory(one, other)

    def result(self, array: Array) -> Any:
        """What the caller passed, or gets."""
        return array

    def places(self, given: list[Any]) -> list[Any]:
        """What may change about arrays that stay the same objects."""
        return [item.shape for item in given if isinstance(item, np.ndarray)]
