"""Device memory that is memory of the host, with a table of what is allocated."""

import ctypes
import mmap
from bisect import bisect_right

MAP_NORESERVE = 0x4000  # of Linux; Python names it from 3.13 on
ALIGNMENT = 512  # of what cuMemAlloc returns
GAP = 4096  # between allocations, at least: belongs to none


class BadAddress(LookupError):
    """An address that lies in no live allocation."""


class Heap:
    """Allocations at addresses that are not used again, full of 0xFF: not a number.

    Attributes:
        live: bytes of each allocation, by its address.
        freed: those given back.
    """

    def __init__(self, nbytes: int = 2**36) -> None:
        self.nbytes = nbytes
        self._memory = mmap.mmap(
            -1, nbytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | MAP_NORESERVE
        )
        self.base = ctypes.addressof(ctypes.c_char.from_buffer(self._memory))
        self._next = self.base + GAP
        self._starts: list[int] = []
        self.live: dict[int, int] = {}
        self.freed: dict[int, int] = {}

    def allocate(self, nbytes: int) -> int:
        """The address of so many bytes; MemoryError where there are no more."""
        address = self._next
        after = -(-(address + nbytes + GAP) // ALIGNMENT) * ALIGNMENT
        if after > self.base + self.nbytes:
            raise MemoryError(f"{nbytes} bytes")
        self._next = after
        ctypes.memset(address, 0xFF, nbytes)
        self._starts.append(address)
        self.live[address] = nbytes
        return address

    def free(self, address: int) -> None:
        if address not in self.live:
            raise BadAddress(f"free of {self.describe(address)}")
        nbytes = self.freed[address] = self.live.pop(address)
        page = mmap.PAGESIZE
        first = -(-(address - self.base) // page) * page
        last = (address - self.base + nbytes) // page * page
        if last > first:
            self._memory.madvise(mmap.MADV_DONTNEED, first, last - first)

    def find(self, address: int) -> tuple[int, int]:
        """``(start, size)`` of the live allocation that holds an address."""
        start = self._start(address)
        if start in self.live and address < start + self.live[start]:
            return start, self.live[start]
        raise BadAddress(self.describe(address))

    def check(self, address: int, nbytes: int) -> None:
        """Raise unless all these bytes lie in one live allocation."""
        start, size = self.find(address)
        if address + nbytes > start + size:
            raise BadAddress(
                f"{nbytes} bytes at {address:#x} go beyond the {size} allocated at {start:#x}"
            )

    def __contains__(self, address: int) -> bool:
        """Whether an address is one of the device, allocated or not."""
        return self.base <= address < self.base + self.nbytes

    def describe(self, address: int) -> str:
        """Where an address lies, in words."""
        if address not in self:
            return f"{address:#x}, which is no device memory"
        start = self._start(address)
        if start is None:
            return f"{address:#x}, before all allocations"
        state, size = (
            ("live", self.live[start]) if start in self.live else ("freed", self.freed[start])
        )
        return f"{address:#x}, {address - start} bytes from the start of {size} {state} ones"

    def _start(self, address: int) -> int | None:
        place = bisect_right(self._starts, address)
        return self._starts[place - 1] if place else None
