"""The simulated device's memory: allocations whose bounds and alignment are checked."""

from bisect import bisect_right, insort
from typing import Any

import numpy as np

_DTYPES: dict[str, np.dtype[Any]] = {
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "u32": np.dtype(np.uint32),
    "i64": np.dtype(np.int64),
    "u16": np.dtype(np.uint16),
}
UNWRITTEN = 0xFF  # as a float of any size: NaN
_GAP = 4096  # between allocations, so that what misses one hits none


class SimulationError(Exception):
    """A kernel did what it must not do on a device either."""


class Memory:
    """Bytes at an address."""

    def __init__(self, address: int, nbytes: int, fill: int) -> None:
        self.address, self.nbytes = address, nbytes
        self.bytes = np.full(-(-nbytes // 16) * 16, fill, np.uint8)
        self._views = {
            kind: (self.bytes.view(dtype), dtype.itemsize) for kind, dtype in _DTYPES.items()
        }

    def place(self, kind: str, address: int, count: int = 1) -> tuple[Any, int]:
        """The view that holds ``count`` numbers of a kind, and the index of the first."""
        view, size = self._views[kind]
        offset, nbytes = address - self.address, size * count
        if offset < 0 or offset + nbytes > self.nbytes:
            raise SimulationError(
                f"{nbytes} bytes at offset {offset} of an allocation of {self.nbytes}"
            )
        if address % nbytes:
            raise SimulationError(f"address {address} is not a multiple of {nbytes}")
        return view, offset // size


class Heap:
    """The device's memory: allocations with gaps between them."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._at: dict[int, Memory] = {}
        self._next = 1 << 32

    def allocate(self, nbytes: int) -> Memory:
        memory = Memory(self._next, nbytes, UNWRITTEN)
        self._next += -(-nbytes // _GAP) * _GAP + _GAP
        insort(self._starts, memory.address)
        self._at[memory.address] = memory
        return memory

    def free(self, memory: Memory) -> None:
        self._starts.remove(memory.address)
        del self._at[memory.address]

    def find(self, address: int) -> Memory:
        n = bisect_right(self._starts, address)
        if n == 0:
            raise SimulationError(f"address {address} is in no allocation")
        return self._at[self._starts[n - 1]]


HEAP = Heap()
