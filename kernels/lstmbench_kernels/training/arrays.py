"""Parameters or their gradients: arrays by name, and all of them as one."""

from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spec import Dims

Array = NDArray[Any]


class NamedArrays(Mapping[str, Array]):
    """Arrays by name that lie one behind the other in ``flat``, all zeros at first.

    An optimiser goes over ``flat`` once, however many arrays there are.
    """

    def __init__(self, shapes: Mapping[str, Dims], dtype: Any) -> None:
        self.flat: Array = np.zeros(sum(map(prod, shapes.values())), dtype)
        self._arrays: dict[str, Array] = {}
        first = 0
        for name, dims in shapes.items():
            end = first + prod(dims)
            self._arrays[name] = self.flat[first:end].reshape(dims)
            first = end

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)
