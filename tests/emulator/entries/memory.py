"""Memory of the device, pinned memory of the host, copies and fills."""

# Entry points have the names that C gives them.
# ruff: noqa: N802

import ctypes
from collections.abc import Callable
from typing import Any

from .. import abi, device
from ..abi import Address, CudaError, Handle, Int, Size, UInt, Word, entry, out
from ..heap import BadAddress
from ..streams import Stream
from .base import Entries


class Memory(Entries):
    def __init__(self, multiprocessors: int) -> None:
        super().__init__(multiprocessors)
        self._pinned: dict[int, Any] = {}
        self._freed_late: list[int] = []

    @entry(out(Size), out(Size))
    def cuMemGetInfo(self, free: Any, total: Any) -> None:
        total[0] = device.MEMORY_BYTES
        free[0] = device.MEMORY_BYTES - sum(self.heap.live.values())

    @entry(out(Address), Size)
    def cuMemAlloc(self, address: Any, nbytes: int) -> None:
        self.streams.unsafe("cuMemAlloc")
        if not nbytes:
            raise CudaError(abi.INVALID_VALUE, "an allocation of no bytes")
        try:
            address[0] = self.heap.allocate(nbytes)
        except MemoryError as error:
            raise CudaError(abi.OUT_OF_MEMORY, str(error)) from error

    @entry(Address)
    def cuMemFree(self, address: int) -> None:
        self.streams.unsafe("cuMemFree")
        if not address:
            return
        if address not in self.heap.live:
            raise BadAddress(f"free of {self.heap.describe(address)}")
        if self.streams.busy:  # Python collected garbage while a kernel ran
            self._freed_late.append(address)
            return
        # As drivers do: what is at work may still use it.
        self.streams.drain()
        for each in (*self._freed_late, address):
            self.heap.free(each)
        self._freed_late.clear()

    @entry(out(Address), Size, UInt)
    def cuMemHostAlloc(self, address: Any, nbytes: int, _flags: int) -> None:
        memory = ctypes.create_string_buffer(nbytes)
        address[0] = ctypes.addressof(memory)
        self._pinned[address[0]] = memory

    @entry(Address)
    def cuMemFreeHost(self, address: int) -> None:
        self.streams.drain()
        if self._pinned.pop(address, None) is None:
            raise CudaError(abi.INVALID_VALUE, f"{address:#x} was not allocated")

    def _is_pinned(self, address: int) -> bool:
        return any(start <= address < start + len(memory) for start, memory in self._pinned.items())

    @entry(out(Address), out(Size), Address)
    def cuMemGetAddressRange(self, start: Any, nbytes: Any, address: int) -> None:
        begin, size = self.heap.find(address)
        if start:
            start[0] = begin
        if nbytes:
            nbytes[0] = size

    @entry(Address, Int, Address)
    def cuPointerGetAttribute(self, data: int, attribute: int, address: int) -> None:
        kinds: dict[int, tuple[Any, Callable[[], int]]] = {
            1: (Handle, lambda: self.context),  # CONTEXT
            2: (UInt, lambda: 2),  # MEMORY_TYPE: CU_MEMORYTYPE_DEVICE
            3: (Address, lambda: address),  # DEVICE_POINTER
            7: (Word, lambda: self.heap.find(address)[0]),  # BUFFER_ID
            8: (UInt, lambda: 0),  # IS_MANAGED
            9: (Int, lambda: 0),  # DEVICE_ORDINAL
            11: (Address, lambda: self.heap.find(address)[0]),  # RANGE_START_ADDR
            12: (Size, lambda: self.heap.find(address)[1]),  # RANGE_SIZE
            13: (Int, lambda: 1),  # MAPPED
        }
        if attribute not in kinds:
            raise NotImplementedError(f"attribute {attribute}")
        self.heap.find(address)
        kind, value = kinds[attribute]
        kind.from_address(data).value = value()

    @entry(UInt, out(Int), out(Address), Address)
    def cuPointerGetAttributes(self, attributes: int, names: Any, data: Any, address: int) -> None:
        for n in range(attributes):
            try:
                self.cuPointerGetAttribute(data[n], names[n], address)
            except BadAddress:
                # Memory that CUDA does not know is no error here: all is zero.
                size = 4 if names[n] in (2, 8, 9, 13) else 8
                value = -2 if names[n] == 9 else 0  # CU_DEVICE_INVALID
                ctypes.memmove(data[n], value.to_bytes(size, "little", signed=True), size)

    # Copies: what the host has to wait for is in CUDA's "API synchronization behavior"

    def _copy(self, stream: Stream, target: int, source: int, nbytes: int) -> None:
        """Put a copy on a stream: host memory is read and written when it is carried out."""
        for address in (target, source):
            if address in self.heap:
                self.heap.check(address, nbytes)

        def run() -> None:
            for address in (target, source):
                if address in self.heap:
                    self._check_now(address, nbytes)
            ctypes.memmove(target, source, nbytes)

        self.streams.enqueue(stream, run)

    def _check_now(self, address: int, nbytes: int) -> None:
        try:
            self.heap.check(address, nbytes)
        except BadAddress as error:
            raise CudaError(abi.ILLEGAL_ADDRESS, str(error)) from error

    def _copy_staged(self, stream: Stream, target: int, source: int, nbytes: int) -> None:
        """From pageable memory of the host, which is read at once."""
        self.heap.check(target, nbytes)
        if stream.capture is not None:
            self._copy(stream, target, source, nbytes)
            return
        staged = ctypes.string_at(source, nbytes)

        def run() -> None:
            self._check_now(target, nbytes)
            ctypes.memmove(target, staged, nbytes)

        self.streams.enqueue(stream, run)

    @entry(Address, Address, Size)
    def cuMemcpyHtoD(self, target: int, source: int, nbytes: int) -> None:
        self.streams.unsafe("cuMemcpyHtoD")
        self.heap.check(target, nbytes)
        legacy = self.stream(0)
        if self._is_pinned(source):
            self._copy(legacy, target, source, nbytes)
            self.streams.synchronize(legacy)
        else:
            self.streams.synchronize(legacy)
            self._copy_staged(legacy, target, source, nbytes)

    @entry(Address, Address, Size, Handle)
    def cuMemcpyHtoDAsync(self, target: int, source: int, nbytes: int, stream: int) -> None:
        copy = self._copy if self._is_pinned(source) else self._copy_staged
        copy(self.stream(stream), target, source, nbytes)

    @entry(Address, Address, Size)
    def cuMemcpyDtoH(self, target: int, source: int, nbytes: int) -> None:
        self.streams.unsafe("cuMemcpyDtoH")
        self.heap.check(source, nbytes)
        legacy = self.stream(0)
        self._copy(legacy, target, source, nbytes)
        self.streams.synchronize(legacy)

    @entry(Address, Address, Size, Handle)
    def cuMemcpyDtoHAsync(self, target: int, source: int, nbytes: int, stream: int) -> None:
        self.heap.check(source, nbytes)
        onto = self.stream(stream)
        self._copy(onto, target, source, nbytes)
        if onto.capture is None and not self._is_pinned(target):
            self.streams.synchronize(onto)

    @entry(Address, Address, Size)
    def cuMemcpyDtoD(self, target: int, source: int, nbytes: int) -> None:
        self.streams.unsafe("cuMemcpyDtoD")
        self.cuMemcpyDtoDAsync(target, source, nbytes, 0)

    @entry(Address, Address, Size, Handle)
    def cuMemcpyDtoDAsync(self, target: int, source: int, nbytes: int, stream: int) -> None:
        self.heap.check(target, nbytes)
        self.heap.check(source, nbytes)
        self._copy(self.stream(stream), target, source, nbytes)

    @entry(Address, ctypes.c_ubyte, Size)
    def cuMemsetD8(self, target: int, value: int, nbytes: int) -> None:
        self.streams.unsafe("cuMemsetD8")
        self.cuMemsetD8Async(target, value, nbytes, 0)

    @entry(Address, ctypes.c_ubyte, Size, Handle)
    def cuMemsetD8Async(self, target: int, value: int, nbytes: int, stream: int) -> None:
        self.heap.check(target, nbytes)

        def run() -> None:
            self._check_now(target, nbytes)
            ctypes.memset(target, value, nbytes)

        self.streams.enqueue(self.stream(stream), run)
