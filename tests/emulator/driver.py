"""A CUDA driver for tests: only libcuda.so.1 is not NVIDIA's own, and no GPU is needed.

``install(execute)`` loads it into a process that has not used CUDA yet.  From then on numba-cuda,
cuda.core and cuda.bindings run as they are, and each launch is handed to ``execute``.  The driver
is as strict as CUDA's documentation: what that leaves open happens as late as it may (see
``streams.py``), and an entry point that is called but not written here is listed in ``missing``.
"""

# Entry points have the names that C gives them.
# ruff: noqa: N802

import ctypes
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from . import abi, cubin, device
from .abi import Address, CudaError, Handle, Int, Size, Text, UInt, Word, entry, out
from .heap import BadAddress, Heap
from .streams import Event, Executable, Graph, Stream, Streams, UserObject

VERSION = 13000  # CUDA 13.0


@dataclass(frozen=True)
class Launch:
    """A kernel to carry out.

    Attributes:
        function: the kernel's symbol.
        image: the cubin that holds it, as it was loaded.
        shared_bytes: dynamic, of a block.
        parameters: whole numbers.
    """

    function: str
    image: bytes
    grid: tuple[int, int, int]
    block: tuple[int, int, int]
    shared_bytes: int
    cooperative: bool
    parameters: tuple[int, ...]


@dataclass
class Loaded:
    """A kernel of a library.

    Attributes:
        dynamic_bytes: of shared memory, that a launch may ask for.
    """

    kernel: cubin.Kernel
    image: bytes
    dynamic_bytes: int


class Driver:
    """The entry points, by their names, and what they do to memory, streams and kernels.

    Attributes:
        launches: those carried out, in that order.
        calls: names of all entry points that were called.
        missing: what was called but is not written here; must stay empty.
        refused: the errors that calls returned, in words.
        closed: whether the process ends; calls then do nothing.
    """

    def __init__(self, execute: Callable[[Launch], None], multiprocessors: int = 132) -> None:
        self.execute, self.multiprocessors = execute, multiprocessors
        self.heap, self.streams = Heap(), Streams()
        self.launches: list[Launch] = []
        self.calls: list[str] = []
        self.missing: list[str] = []
        self.refused: list[str] = []
        self.closed = False
        self.library: Any = None
        self._attributes = device.attributes(multiprocessors)
        self._handles: dict[int, Any] = {}
        self._next_handle = count(0x7000, 16)
        self._pinned: dict[int, Any] = {}
        self._freed_late: list[int] = []
        self._texts: dict[str, bytes] = {}
        self._local = threading.local()
        self._lock = threading.RLock()
        self._made: dict[str, Any] = {}
        self._context = self._handle_of("the primary context")
        self._initialized = False
        self.per_thread = self.streams.open(blocking=True)

    @property
    def failures(self) -> list[BaseException]:
        """What work on the device raised."""
        return self.streams.failures

    # The library

    def resolve(self, name: str, _version: int) -> int | None:
        """The address of an entry point, in the newest of its versions."""
        if name not in self._made:
            self._made[name] = self._make(name, getattr(self, name, None))
        return ctypes.cast(self._made[name], ctypes.c_void_p).value

    def _make(self, name: str, method: Any) -> Any:
        if method is None:

            def absent() -> int:
                if name not in self.missing:
                    self.missing.append(name)
                return abi.NOT_SUPPORTED

            return ctypes.CFUNCTYPE(Int)(absent)

        def call(*given: Any) -> int:
            if self.closed:
                return 0
            with self._lock:
                self.calls.append(name)
                try:
                    if not name.startswith(_ALWAYS):
                        if not self._initialized:
                            raise CudaError(abi.NOT_INITIALIZED, "cuInit was not called")
                        self.streams.check()
                    method(*given)
                except CudaError as error:
                    if error.code != abi.NOT_READY:
                        self.refused.append(f"{name}: {error}")
                    return error.code
                except BadAddress as error:
                    self.refused.append(f"{name}: {error}")
                    return abi.INVALID_VALUE
                except NotImplementedError as error:
                    self.missing.append(f"{name}: {error}")
                    return abi.NOT_SUPPORTED
                except BaseException as error:  # noqa: BLE001  C has no exceptions
                    self.failures.append(error)
                    self.streams.error = self.streams.error or abi.UNKNOWN
                    return abi.UNKNOWN
            return 0

        return ctypes.CFUNCTYPE(Int, *method.entry_types)(call)

    def _handle_of(self, thing: Any) -> int:
        handle = next(self._next_handle)
        self._handles[handle] = thing
        return handle

    def _get(self, handle: int, kind: type) -> Any:
        found = self._handles.get(handle)
        if not isinstance(found, kind):
            raise CudaError(abi.INVALID_HANDLE, f"{handle:#x} is no {kind.__name__}")
        return found

    def _stream(self, handle: int) -> Stream:
        if not self._stack:
            raise CudaError(abi.INVALID_CONTEXT, "no context is current")
        if handle in (0, 1):  # CU_STREAM_LEGACY
            return self.streams.legacy
        if handle == 2:  # CU_STREAM_PER_THREAD
            return self.per_thread
        found: Stream = self._get(handle, Stream)
        return found

    # Errors, version

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
        self._initialized = True

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

    @property
    def _stack(self) -> list[int]:
        """The contexts of the thread; the last is current."""
        if not hasattr(self._local, "stack"):
            self._local.stack = []
        found: list[int] = self._local.stack
        return found

    @entry(out(Handle), Int)
    def cuDevicePrimaryCtxRetain(self, context: Any, number: int) -> None:
        self._check_device(number)
        context[0] = self._context

    @entry(Int)
    def cuDevicePrimaryCtxRelease(self, number: int) -> None:
        self._check_device(number)

    @entry(Int, out(UInt), out(Int))
    def cuDevicePrimaryCtxGetState(self, _device: int, flags: Any, active: Any) -> None:
        flags[0], active[0] = 0, 1

    @entry(out(Handle))
    def cuCtxGetCurrent(self, context: Any) -> None:
        context[0] = self._stack[-1] if self._stack else 0

    @entry(Handle)
    def cuCtxSetCurrent(self, context: int) -> None:
        del self._stack[-1:]
        if context:
            self.cuCtxPushCurrent(context)

    @entry(Handle)
    def cuCtxPushCurrent(self, context: int) -> None:
        if context != self._context:
            raise CudaError(abi.INVALID_CONTEXT, f"{context:#x} is no context")
        self._stack.append(context)

    @entry(out(Handle))
    def cuCtxPopCurrent(self, context: Any) -> None:
        if not self._stack:
            raise CudaError(abi.INVALID_CONTEXT, "no context is current")
        popped = self._stack.pop()
        if context:
            context[0] = popped

    @entry(out(Int))
    def cuCtxGetDevice(self, number: Any) -> None:
        if not self._stack:
            raise CudaError(abi.INVALID_CONTEXT, "no context is current")
        number[0] = 0

    @entry(out(Int), out(Int))
    def cuCtxGetStreamPriorityRange(self, least: Any, greatest: Any) -> None:
        least[0], greatest[0] = 0, -5

    @entry()
    def cuCtxSynchronize(self) -> None:
        self.streams.synchronize_all()

    # Memory

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
            1: (Handle, lambda: self._context),  # CONTEXT
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
        legacy = self._stream(0)
        if self._is_pinned(source):
            self._copy(legacy, target, source, nbytes)
            self.streams.synchronize(legacy)
        else:
            self.streams.synchronize(legacy)
            self._copy_staged(legacy, target, source, nbytes)

    @entry(Address, Address, Size, Handle)
    def cuMemcpyHtoDAsync(self, target: int, source: int, nbytes: int, stream: int) -> None:
        copy = self._copy if self._is_pinned(source) else self._copy_staged
        copy(self._stream(stream), target, source, nbytes)

    @entry(Address, Address, Size)
    def cuMemcpyDtoH(self, target: int, source: int, nbytes: int) -> None:
        self.streams.unsafe("cuMemcpyDtoH")
        self.heap.check(source, nbytes)
        legacy = self._stream(0)
        self._copy(legacy, target, source, nbytes)
        self.streams.synchronize(legacy)

    @entry(Address, Address, Size, Handle)
    def cuMemcpyDtoHAsync(self, target: int, source: int, nbytes: int, stream: int) -> None:
        self.heap.check(source, nbytes)
        onto = self._stream(stream)
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
        self._copy(self._stream(stream), target, source, nbytes)

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

        self.streams.enqueue(self._stream(stream), run)

    # Streams and events

    @entry(out(Handle), UInt)
    def cuStreamCreate(self, stream: Any, flags: int) -> None:
        self.cuStreamCreateWithPriority(stream, flags, 0)

    @entry(out(Handle), UInt, Int)
    def cuStreamCreateWithPriority(self, stream: Any, flags: int, priority: int) -> None:
        opened = self.streams.open(blocking=not flags & 1, priority=priority)
        stream[0] = self._handle_of(opened)

    @entry(Handle)
    def cuStreamDestroy(self, stream: int) -> None:
        self.streams.close(self._get(stream, Stream))
        del self._handles[stream]

    @entry(Handle)
    def cuStreamSynchronize(self, stream: int) -> None:
        self.streams.synchronize(self._stream(stream))

    @entry(Handle)
    def cuStreamQuery(self, stream: int) -> None:
        if self.streams.pending(self._stream(stream)):
            raise CudaError(abi.NOT_READY, "the stream has work to do")

    @entry(Handle, Handle, UInt)
    def cuStreamWaitEvent(self, stream: int, event: int, _flags: int) -> None:
        self.streams.wait_for(self._stream(stream), self._get(event, Event))

    @entry(Handle, out(Handle))
    def cuStreamGetCtx(self, stream: int, context: Any) -> None:
        self._stream(stream)
        context[0] = self._context

    @entry(Handle, out(Int))
    def cuStreamGetDevice(self, stream: int, number: Any) -> None:
        self._stream(stream)
        number[0] = 0

    @entry(Handle, out(UInt))
    def cuStreamGetFlags(self, stream: int, flags: Any) -> None:
        flags[0] = 0 if self._stream(stream).blocking else 1

    @entry(Handle, out(Int))
    def cuStreamGetPriority(self, stream: int, priority: Any) -> None:
        priority[0] = self._stream(stream).priority

    @entry(out(Handle), UInt)
    def cuEventCreate(self, event: Any, flags: int) -> None:
        event[0] = self._handle_of(Event(timed=not flags & 2))  # CU_EVENT_DISABLE_TIMING

    @entry(Handle)
    def cuEventDestroy(self, event: int) -> None:
        self._get(event, Event)
        del self._handles[event]

    @entry(Handle, Handle)
    def cuEventRecord(self, event: int, stream: int) -> None:
        self.streams.record(self._get(event, Event), self._stream(stream))

    @entry(Handle)
    def cuEventSynchronize(self, event: int) -> None:
        self.streams.synchronize_event(self._get(event, Event))

    @entry(Handle)
    def cuEventQuery(self, event: int) -> None:
        self.streams.unsafe("cuEventQuery")
        task = self._get(event, Event).task
        if task is not None and not task.done:
            raise CudaError(abi.NOT_READY, "the event is not reached")

    @entry(out(ctypes.c_float), Handle, Handle)
    def cuEventElapsedTime(self, milliseconds: Any, start: int, end: int) -> None:
        first, last = self._get(start, Event), self._get(end, Event)
        for event in (first, last):
            if event.task is None or not event.timed:
                raise CudaError(abi.INVALID_HANDLE, "an event without a time")
            if not event.task.done:
                raise CudaError(abi.NOT_READY, "the event is not reached")
        milliseconds[0] = (last.seconds - first.seconds) * 1e3

    # Code

    @entry(out(Handle), Address, Address, Address, UInt, Address, Address, UInt)
    def cuLibraryLoadData(self, library: Any, code: int, *_options: int) -> None:
        try:
            image = cubin.image_at(code)
        except ValueError as error:
            raise CudaError(abi.INVALID_IMAGE, str(error)) from error
        loaded = {
            name: self._handle_of(
                Loaded(kernel, image, device.SHARED_PER_BLOCK - kernel.shared_bytes)
            )
            for name, kernel in cubin.kernels(image).items()
        }
        library[0] = self._handle_of(loaded)

    @entry(Handle)
    def cuLibraryUnload(self, library: int) -> None:
        for kernel in self._get(library, dict).values():
            del self._handles[kernel]
        del self._handles[library]

    @entry(out(Handle), Handle, Text)
    def cuLibraryGetKernel(self, kernel: Any, library: int, name: bytes) -> None:
        found = self._get(library, dict)
        if name.decode() not in found:
            raise CudaError(abi.NOT_FOUND, name.decode())
        kernel[0] = found[name.decode()]

    @entry(out(Handle), Handle)
    def cuKernelGetFunction(self, function: Any, kernel: int) -> None:
        self._get(kernel, Loaded)
        function[0] = kernel

    @entry(out(Int), Int, Handle, Int)
    def cuKernelGetAttribute(self, value: Any, attribute: int, kernel: int, number: int) -> None:
        self._check_device(number)
        self.cuFuncGetAttribute(value, attribute, kernel)

    @entry(out(Int), Int, Handle)
    def cuFuncGetAttribute(self, value: Any, attribute: int, kernel: int) -> None:
        loaded = self._get(kernel, Loaded)
        known = {
            0: loaded.kernel.threads,
            1: loaded.kernel.shared_bytes,
            2: 0,  # CONST_SIZE_BYTES
            3: loaded.kernel.local_bytes,
            4: loaded.kernel.registers,
            8: loaded.dynamic_bytes,
        }
        if attribute not in known:
            raise NotImplementedError(f"attribute {attribute}")
        value[0] = known[attribute]

    @entry(Int, Int, Handle, Int)
    def cuKernelSetAttribute(self, attribute: int, value: int, kernel: int, number: int) -> None:
        self._check_device(number)
        self.cuFuncSetAttribute(kernel, attribute, value)

    @entry(Handle, Int, Int)
    def cuFuncSetAttribute(self, kernel: int, attribute: int, value: int) -> None:
        loaded = self._get(kernel, Loaded)
        if attribute != 8:  # MAX_DYNAMIC_SHARED_SIZE_BYTES
            raise NotImplementedError(f"attribute {attribute}")
        if not 0 <= value <= device.SHARED_OPTIN - loaded.kernel.shared_bytes:
            raise CudaError(
                abi.INVALID_VALUE,
                f"{value} bytes of shared memory, of {device.SHARED_OPTIN} at most",
            )
        loaded.dynamic_bytes = value

    @entry(Handle, Size, out(Size), out(Size))
    def cuKernelGetParamInfo(self, kernel: int, n: int, offset: Any, nbytes: Any) -> None:
        parameters = self._get(kernel, Loaded).kernel.parameters
        if n >= len(parameters):
            raise CudaError(abi.INVALID_VALUE, f"parameter {n} of {len(parameters)}")
        offset[0] = parameters[n][0]
        if nbytes:
            nbytes[0] = parameters[n][1]

    @entry(out(Int), Handle, Int, Size)
    def cuOccupancyMaxActiveBlocksPerMultiprocessor(
        self, blocks: Any, kernel: int, threads: int, shared_bytes: int
    ) -> None:
        loaded = self._get(kernel, Loaded)
        blocks[0] = device.blocks_per_multiprocessor(loaded.kernel, threads, shared_bytes)

    # Launches

    @entry(Handle, *[UInt] * 7, Handle, out(Address), out(Address))
    def cuLaunchKernel(self, kernel: int, *given: Any) -> None:
        *sizes, shared_bytes, stream, parameters, extra = given
        self._launch(
            kernel, tuple(sizes[:3]), tuple(sizes[3:]), shared_bytes, stream, parameters, extra
        )

    @entry(out(abi.LaunchConfig), Handle, out(Address), out(Address))
    def cuLaunchKernelEx(self, config: Any, kernel: int, parameters: Any, extra: Any) -> None:
        told, cooperative = config[0], False
        attributes = (abi.LaunchAttribute * told.count).from_address(told.attributes or 0)
        for attribute in attributes:
            if attribute.id not in (0, 2):  # IGNORE, COOPERATIVE
                raise NotImplementedError(f"launch attribute {attribute.id}")
            cooperative |= attribute.id == 2 and bool(attribute.value)
        grid, block = tuple(told.grid), tuple(told.block)
        self._launch(
            kernel, grid, block, told.shared_bytes, told.stream, parameters, extra, cooperative
        )

    def _launch(
        self,
        kernel: int,
        grid: Any,
        block: Any,
        shared_bytes: int,
        stream: int,
        parameters: Any,
        extra: Any,
        cooperative: bool = False,
    ) -> None:
        loaded = self._get(kernel, Loaded)
        onto = self._stream(stream)
        if extra:
            raise NotImplementedError("parameters in a buffer")
        self._check_launch(loaded, grid, block, shared_bytes, cooperative)
        values = tuple(
            int.from_bytes(ctypes.string_at(parameters[n], nbytes), "little", signed=True)
            for n, (_, nbytes) in enumerate(loaded.kernel.parameters)
        )
        launch = Launch(
            loaded.kernel.name, loaded.image, grid, block, shared_bytes, cooperative, values
        )

        def run() -> None:
            self.launches.append(launch)
            self.execute(launch)

        self.streams.enqueue(onto, run)

    def _check_launch(
        self, loaded: Loaded, grid: Any, block: Any, shared_bytes: int, cooperative: bool
    ) -> None:
        threads = block[0] * block[1] * block[2]
        blocks = grid[0] * grid[1] * grid[2]
        for name, sizes, most in (("grid", grid, device.GRID), ("block", block, device.BLOCK)):
            if not all(0 < size <= limit for size, limit in zip(sizes, most, strict=True)):
                raise CudaError(abi.INVALID_VALUE, f"{name} of {sizes}, of {most} at most")
        if threads > loaded.kernel.threads:
            raise CudaError(
                abi.INVALID_VALUE, f"{threads} threads in a block, of {loaded.kernel.threads}"
            )
        if shared_bytes > loaded.dynamic_bytes:
            raise CudaError(
                abi.INVALID_VALUE,
                f"{shared_bytes} bytes of dynamic shared memory, of {loaded.dynamic_bytes} allowed",
            )
        fit = device.blocks_per_multiprocessor(loaded.kernel, threads, shared_bytes)
        if not fit:
            raise CudaError(
                abi.LAUNCH_OUT_OF_RESOURCES, f"no block of {threads} threads fits: {loaded.kernel}"
            )
        if cooperative and blocks > fit * self.multiprocessors:
            raise CudaError(
                abi.COOPERATIVE_LAUNCH_TOO_LARGE,
                f"{blocks} blocks, of which {fit * self.multiprocessors} fit",
            )

    # Graphs

    @entry(Handle, Int)
    def cuStreamBeginCapture(self, stream: int, mode: int) -> None:
        capture = self.streams.begin(self._stream(stream), mode)
        capture.handle = self._handle_of(capture.graph)

    @entry(Handle, out(Handle))
    def cuStreamEndCapture(self, stream: int, graph: Any) -> None:
        graph[0] = 0
        graph[0] = self.streams.end(self._stream(stream)).handle

    @entry(Handle, out(Int))
    def cuStreamIsCapturing(self, stream: int, status: Any) -> None:
        status[0] = self._capture_status(self._stream(stream))

    @staticmethod
    def _capture_status(stream: Stream) -> int:
        return 0 if stream.capture is None else 1 + stream.capture.invalid

    @entry(Handle, out(Int), out(Word), out(Handle), out(Handle), out(Handle), out(Size))
    def cuStreamGetCaptureInfo(
        self, stream: int, status: Any, identity: Any, graph: Any, *rest: Any
    ) -> None:
        found = self._stream(stream)
        status[0] = self._capture_status(found)
        if found.capture is not None:
            if any(rest):
                raise NotImplementedError("the nodes of a capture")
            if identity:
                identity[0] = found.capture.identity
            if graph:
                graph[0] = found.capture.handle

    @entry(out(Handle), Handle, Address)
    def cuGraphInstantiateWithParams(self, ready: Any, graph: int, params: int) -> None:
        ready[0] = self._handle_of(self._get(graph, Graph).copy())
        if params:
            abi.InstantiateParams.from_address(params).result = 0

    @entry(out(Handle), Handle, Word)
    def cuGraphInstantiate(self, ready: Any, graph: int, _flags: int) -> None:
        self.cuGraphInstantiateWithParams(ready, graph, 0)

    @entry(Handle, Handle)
    def cuGraphUpload(self, ready: int, stream: int) -> None:
        self._get(ready, Executable)
        self._stream(stream)

    @entry(Handle, Handle)
    def cuGraphLaunch(self, ready: int, stream: int) -> None:
        self._get(ready, Executable).launch(self.streams, self._stream(stream))

    @entry(Handle)
    def cuGraphDestroy(self, graph: int) -> None:
        self._get(graph, Graph).destroy()
        del self._handles[graph]

    @entry(Handle)
    def cuGraphExecDestroy(self, ready: int) -> None:
        self._get(ready, Executable)
        self.cuGraphDestroy(ready)

    @entry(out(Handle), Address, Address, UInt, UInt)
    def cuUserObjectCreate(
        self, found: Any, pointer: int, destroy: int, count: int, _flags: int
    ) -> None:
        function = ctypes.CFUNCTYPE(None, Address)(destroy)
        found[0] = self._handle_of(UserObject(lambda: function(pointer), count))

    @entry(Handle, UInt)
    def cuUserObjectRelease(self, thing: int, count: int) -> None:
        self._get(thing, UserObject).release(count)

    @entry(Handle, Handle, UInt)
    def cuGraphReleaseUserObject(self, graph: int, thing: int, count: int) -> None:
        found, objects = self._get(thing, UserObject), self._get(graph, Graph).objects
        for _ in range(count):
            objects.remove(found)
        found.release(count)

    @entry(Handle, Handle, UInt, UInt)
    def cuGraphRetainUserObject(self, graph: int, thing: int, count: int, flags: int) -> None:
        found = self._get(thing, UserObject)
        if not flags & 1:  # CU_GRAPH_USER_OBJECT_MOVE
            found.count += count
        self._get(graph, Graph).objects.extend([found] * count)


# These answer before cuInit, and after a failure.
_ALWAYS = ("cuInit", "cuGetError", "cuDriverGetVersion", "cuCtxGet", "cuCtxP", "cuCtxSet")


def install(execute: Callable[[Launch], None], multiprocessors: int = 132) -> Driver:
    """Have this process use a driver that hands every launch to ``execute``.

    ``execute`` raises where a kernel did what it must not: that is an error of the device, which
    the calls after it return, and the exception is in ``failures``.
    """
    import atexit

    if os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0"):
        raise RuntimeError("NUMBA_ENABLE_CUDASIM is set: Numba would not ask the driver")
    driver = Driver(execute, multiprocessors)
    driver.library = abi.load(driver.resolve)
    # Libraries call it for as long as there is a process: it outlives Python's last collection.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(driver))

    def close() -> None:
        driver.closed = True

    atexit.register(close)
    return driver
