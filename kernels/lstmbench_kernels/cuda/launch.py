"""The host's side of numba-cuda: kernels compiled and launched, memory, streams, graphs, events."""

# What NVIDIA's packages return has no types.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import functools
import inspect
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import cuda
from numba.cuda import types
from numba.cuda.core import config
from numba.cuda.cudadrv import nvvm
from numba.cuda.cudadrv.driver import binding, device_memset, driver

from .limits import Limits

# A recurrent network at work on few multiprocessors is meant.
config.CUDA_LOW_OCCUPANCY_WARNINGS = 0


class Kernel:
    """A kernel of int64 arguments, compiled when it is first launched.

    Attributes:
        function: as it was written.
        threads: per block, at most; the compiler may give each thread 65536 / threads registers.
    """

    def __init__(self, function: Any, threads: int) -> None:
        self.function, self.threads = function, threads
        self.arguments = len(inspect.signature(function).parameters)
        # One block on a multiprocessor: what it needs is registers, not neighbours.
        self.launch_bounds = threads, 1
        self._dispatcher = cuda.jit(launch_bounds=self.launch_bounds)(function)
        self._shared_allowed = 48 * 1024

    @property
    def signature(self) -> Any:
        return types.void(*[types.int64] * self.arguments)

    def prepare(self, shared_bytes: int) -> None:
        """Compile, and allow that much dynamic shared memory."""
        if not self._dispatcher.overloads:
            self._dispatcher.compile(self.signature.args)
        if shared_bytes > self._shared_allowed:
            (overload,) = self._dispatcher.overloads.values()
            function = overload._codelibrary.get_cufunc()
            # numba-cuda sets other attributes in this way, but not this one.
            driver.cuKernelSetAttribute(
                binding.CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES,
                shared_bytes,
                function.handle,
                function.device.id,
            )
            self._shared_allowed = shared_bytes

    def launch(
        self, grid: tuple[int, int, int], threads: int, shared_bytes: int, stream: Any, *given: int
    ) -> None:
        """Run on the device, behind what the stream holds already."""
        self.prepare(shared_bytes)
        self._dispatcher[grid, threads, stream, shared_bytes](*given)


def kernel(function: Any, threads: int = 256) -> Kernel:
    return Kernel(function, threads)


# The host

P = ParamSpec("P")
T = TypeVar("T")
_thread = threading.local()


def _in_context(function: Callable[P, T]) -> Callable[P, T]:
    """Driver functions need a context, which a thread has once Numba was asked for one.

    Numba's ``require_context`` would ask in every call.
    """

    @functools.wraps(function)
    def call(*given: P.args, **named: P.kwargs) -> T:
        if not hasattr(_thread, "context"):
            _thread.context = cuda.current_context()
        return function(*given, **named)

    return call


def unavailable() -> str | None:
    """Why no device can be used, in one line that says how to get one; None where one can."""
    if cuda.is_available():
        return None
    if not driver.is_available:
        return (
            "no NVIDIA driver answers "
            f"({' '.join(str(driver.initialization_error).split())}); install it on a machine "
            "with an NVIDIA GPU, and check with nvidia-smi"
        )
    if not nvvm.is_available():
        return "libnvvm was not found; pip install 'lstmbench[cuda]', or set CUDA_HOME"
    return "the driver finds no CUDA device; check with nvidia-smi"


def device_facts() -> dict[str, Any]:
    """What the current device is."""
    device = cuda.get_current_device()
    _, memory = cuda.current_context().get_memory_info()
    name = device.name.decode() if isinstance(device.name, bytes) else device.name
    return {
        "name": name,
        "compute_capability": ".".join(map(str, device.compute_capability)),
        "multiprocessors": device.MULTIPROCESSOR_COUNT,
        "memory_bytes": int(memory),
        "uuid": str(device.uuid),
        "driver": ".".join(map(str, driver.get_version())),
    }


def limits() -> Limits:
    """What bounds the choice of a schedule on the current device."""
    device = cuda.get_current_device()
    return Limits(
        multiprocessors=device.MULTIPROCESSOR_COUNT,
        shared_bytes=device.MAX_SHARED_MEMORY_PER_BLOCK_OPTIN,
    )


class Buffer:
    """Device memory of so many bytes, at an address."""

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes
        self._array = cuda.device_array(max(nbytes, 1), np.uint8)
        self.address = int(self._array.__cuda_array_interface__["data"][0])

    @_in_context
    def clear(self, stream: Any = None) -> None:
        """Fill with zeros, behind what the stream holds."""
        device_memset(self._array, 0, max(self.nbytes, 1), stream or 0)


def allocate(nbytes: int, zero: bool = False) -> Buffer:
    """Device memory, all zeros on every stream, or not written yet."""
    buffer = Buffer(nbytes)
    if zero:
        buffer.clear()
        synchronize()
    return buffer


@_in_context
def upload(address: int, array: Any, stream: Any) -> None:
    """Copy a contiguous host array to an address, and wait until it may be changed again.

    Without a stream, what any of them holds is done before the copy, and what they are given after
    it finds it: PyTorch's streams do not wait for the default stream.
    """
    if stream is None:
        synchronize()
    if stream:
        upload_behind(address, array, stream)
        synchronize(stream)
    else:
        driver.cuMemcpyHtoD(address, array.ctypes.data, array.nbytes)
    if stream is None:
        synchronize()


@_in_context
def upload_behind(address: int, array: Any, stream: Any) -> None:
    """Copy a contiguous host array, which stays as it is, behind what the stream holds."""
    driver.cuMemcpyHtoDAsync(address, array.ctypes.data, array.nbytes, _handle(stream))


@_in_context
def download(array: Any, address: int, stream: Any) -> None:
    """Copy from an address into a contiguous host array, behind what the stream holds."""
    synchronize(stream)
    driver.cuMemcpyDtoH(array.ctypes.data, address, array.nbytes)


def view(given: Any) -> tuple[int, tuple[int, ...], tuple[int, ...], str, bool]:
    """``(address, shape, strides in bytes, dtype, writable)`` of a device array, not copied.

    Raises ``TypeError`` for an array on the host, or one that its library does not give away.
    """
    from cuda.core.utils import StridedMemoryView

    try:
        # -1: what is written to the array on other streams is the caller's to wait for.
        found = StridedMemoryView.from_any_interface(given, stream_ptr=-1)
    except BufferError as error:
        raise TypeError(str(error)) from error
    if not found.is_device_accessible:
        raise TypeError("expected a NumPy array or one on the device, got another on the host")
    dtype, shape = np.dtype(found.dtype), tuple(found.shape)
    steps = [int(np.prod(shape[axis + 1 :])) for axis in range(len(shape))]
    if found.strides:
        # Along an axis of one item any step leads nowhere: let it be that of contiguous arrays.
        told = zip(shape, found.strides, steps, strict=True)
        steps = [step if size > 1 else contiguous for size, step, contiguous in told]
    strides = tuple(step * dtype.itemsize for step in steps)
    return int(found.ptr), shape, strides, str(found.dtype), not found.readonly


def as_stream(given: Any) -> Any:
    """A stream of Numba, PyTorch, CuPy or cuda.core, or its handle; None is the default stream."""
    if given is None:
        return 0
    for attribute in ("cuda_stream", "ptr"):
        if isinstance(getattr(given, attribute, None), int):
            given = getattr(given, attribute)
            break
    return cuda.external_stream(given) if isinstance(given, int) and given else given


def is_same_stream(one: Any, other: Any) -> bool:
    """Whether two of these are one stream: PyTorch makes an object for it at each question."""
    return _handle(one) == _handle(other)


@_in_context
def synchronize(stream: Any = None) -> None:
    """Wait for a stream, or for all that the device has to do."""
    if stream:
        driver.cuStreamSynchronize(_handle(stream))
    else:
        driver.cuCtxSynchronize()


@_in_context
def mark(stream: Any) -> Any:
    """An event behind what the stream holds, which tells no time."""
    event = cuda.event(timing=False)
    event.record(stream or 0)
    return event


@_in_context
def follow(stream: Any, event: Any) -> None:
    """Have what the stream is given from now on wait for an event."""
    event.wait(stream or 0)


@_in_context
def is_past(event: Any) -> bool:
    """Whether the device is past an event."""
    return bool(event.query())


@_in_context
def await_mark(event: Any) -> None:
    """Wait for an event."""
    event.synchronize()


def _handle(stream: Any) -> int:
    if not stream:
        return 0
    return int(stream.__cuda_stream__()[1]) if hasattr(stream, "__cuda_stream__") else int(stream)


@_in_context
def capture(work: Callable[[Any], None]) -> Callable[[Any], None]:
    """What ``work(stream)`` launches, as a CUDA graph: call the result with a stream to replay it.

    Every kernel must have been compiled before.
    """
    from cuda.core import Device, Stream

    device = Device()
    device.set_current()  # to cuda.core it is not, in a thread that has only used Numba
    builder = device.create_graph_builder()
    try:
        builder.begin_building()
        work(builder)
        graph = builder.end_building().complete()
    finally:
        builder.close()  # nobody may wait for the device while a stream is captured

    @_in_context
    def replay(stream: Any) -> None:
        graph.launch(Stream.from_handle(_handle(stream)))

    return replay


def record(stream: Any = None) -> Any:
    """An event behind what the stream holds."""
    event = cuda.event(timing=True)
    event.record(stream or 0)
    return event


def elapsed(start: Any, end: Any) -> float:
    """Seconds between two events; waits for the later."""
    end.synchronize()
    return float(cuda.event_elapsed_time(start, end)) * 1e-3
