"""Errors in words, the one device, its one context."""

# Entry points have the names that C gives them.
# ruff: noqa: N802

import ctypes
from typing import Any

from .. import abi, device
from ..abi import Address, CudaError, Handle, Int, Size, Text, UInt, entry, out
from .base import Entries

VERSION = 13000  # CUDA 13.0


class Contexts(Entries):
    def __init__(self, multiprocessors: int) -> None:
        super().__init__(multiprocessors)
        self._attributes = device.attributes(multiprocessors)
        self._texts: dict[str, bytes] = {}

    @entry(Int, out(Text))
    def cuGetErrorName(self, code: int, text: Any) -> None:
        name = f"ERROR_{abi.NAMES.get(code, code)}" if code else "SUCCESS"
        text[0] = self._text(f"CUDA_{name}")

    @entry(Int, out(Text))
    def cuGetErrorString(self, code: int, text: Any) -> None:
        text[0] = self._text(abi.NAMES.get(code, "").lower().replace("_", " "))

    def _text(self, text: str) -> bytes:
        """What C may read for as long as the driver lives."""
        return self._texts.setdefault(text, text.encode())

    @entry(UInt)
    def cuInit(self, _flags: int) -> None:
        self.initialized = True

    @entry(out(Int))
    def cuDriverGetVersion(self, version: Any) -> None:
        version[0] = VERSION

    # The device

    @entry(out(Int))
    def cuDeviceGetCount(self, found: Any) -> None:
        found[0] = 1

    @entry(out(Int), Int)
    def cuDeviceGet(self, found: Any, ordinal: int) -> None:
        self._check_device(ordinal)
        found[0] = ordinal

    def _check_device(self, number: int) -> None:
        if number != 0:
            raise CudaError(abi.INVALID_DEVICE, f"{number}, of one device")

    @entry(Address, Int, Int)
    def cuDeviceGetName(self, text: int, nbytes: int, _device: int) -> None:
        name = device.NAME.encode()[: nbytes - 1] + b"\0"
        ctypes.memmove(text, name, len(name))

    @entry(Address, Int)
    def cuDeviceGetUuid(self, uuid: int, _device: int) -> None:
        ctypes.memmove(uuid, device.UUID, 16)

    @entry(out(Size), Int)
    def cuDeviceTotalMem(self, nbytes: Any, _device: int) -> None:
        nbytes[0] = device.MEMORY_BYTES

    @entry(out(Int), Int, Int)
    def cuDeviceGetAttribute(self, value: Any, attribute: int, number: int) -> None:
        self._check_device(number)
        if attribute not in self._attributes:
            raise NotImplementedError(f"attribute {attribute}")
        value[0] = self._attributes[attribute]

    # Contexts

    @entry(out(Handle), Int)
    def cuDevicePrimaryCtxRetain(self, context: Any, number: int) -> None:
        self._check_device(number)
        context[0] = self.context

    @entry(Int, out(UInt), out(Int))
    def cuDevicePrimaryCtxGetState(self, _device: int, flags: Any, active: Any) -> None:
        flags[0], active[0] = 0, 1

    @entry(out(Handle))
    def cuCtxGetCurrent(self, context: Any) -> None:
        context[0] = self.stack[-1] if self.stack else 0

    @entry(Handle)
    def cuCtxSetCurrent(self, context: int) -> None:
        del self.stack[-1:]
        if context:
            self.cuCtxPushCurrent(context)

    @entry(Handle)
    def cuCtxPushCurrent(self, context: int) -> None:
        if context != self.context:
            raise CudaError(abi.INVALID_CONTEXT, f"{context:#x} is no context")
        self.stack.append(context)

    @entry(out(Handle))
    def cuCtxPopCurrent(self, context: Any) -> None:
        if not self.stack:
            raise CudaError(abi.INVALID_CONTEXT, "no context is current")
        popped = self.stack.pop()
        if context:
            context[0] = popped

    @entry(out(Int))
    def cuCtxGetDevice(self, number: Any) -> None:
        if not self.stack:
            raise CudaError(abi.INVALID_CONTEXT, "no context is current")
        number[0] = 0

    @entry(out(Int), out(Int))
    def cuCtxGetStreamPriorityRange(self, least: Any, greatest: Any) -> None:
        least[0], greatest[0] = 0, -5

    @entry()
    def cuCtxSynchronize(self) -> None:
        self.streams.synchronize_all()
