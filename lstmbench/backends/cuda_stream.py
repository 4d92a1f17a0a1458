"""One stream of the CUDA runtime, its events, and memory of the device.

For runtimes that take addresses and a stream and make neither: everything a call launches is on
this stream, between two of its events.  Raises ``RuntimeError`` with what the CUDA runtime says.
"""

from typing import Any
from uuid import UUID

import numpy as np
from cuda.bindings import runtime
from numpy.typing import NDArray

from ..machine import cuda
from ..machine.gpu import Device
from ..units import Seconds

Array = NDArray[Any]


def ask(function: Any, *given: Any) -> Any:
    """What a function of the CUDA runtime returns besides its error."""
    error, *found = function(*given)
    if error != runtime.cudaError_t.cudaSuccess:
        _, text = runtime.cudaGetErrorString(error)
        raise RuntimeError(f"{function.__name__}: {text.decode()}")
    return found[0] if found else None


class CudaStream:
    """A stream that waits for no other.

    Attributes:
        handle: its address, as runtimes take it.
    """

    def __init__(self) -> None:
        self._stream = ask(runtime.cudaStreamCreate)
        self.handle = int(self._stream)

    def record(self) -> Any:
        """An event behind everything that the stream holds."""
        event = ask(runtime.cudaEventCreate)
        ask(runtime.cudaEventRecord, event, self._stream)
        return event

    def elapsed(self, first: Any, last: Any) -> Seconds:
        """Seconds between two events that are past; CUDA tells milliseconds."""
        return float(ask(runtime.cudaEventElapsedTime, first, last)) / 1e3

    def wait(self) -> None:
        """Return when everything that the stream holds is done."""
        ask(runtime.cudaStreamSynchronize, self._stream)

    def clear(self, memory: "Memory") -> None:
        """Overwrite memory with zeros."""
        ask(runtime.cudaMemsetAsync, memory.address, 0, memory.nbytes, self._stream)


class Memory:
    """Memory of the device, for as long as this object lives.

    Attributes:
        address: where it begins.
        nbytes: how much it is.
    """

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes
        self.address = int(ask(runtime.cudaMalloc, nbytes))

    def __del__(self) -> None:
        if hasattr(self, "address"):
            runtime.cudaFree(self.address)

    @classmethod
    def of(cls, array: Array) -> "Memory":
        """A copy of an array."""
        array = np.ascontiguousarray(array)
        memory = cls(array.nbytes)
        to_device = runtime.cudaMemcpyKind.cudaMemcpyHostToDevice
        ask(runtime.cudaMemcpy, memory.address, array.ctypes.data, array.nbytes, to_device)
        return memory

    def to_host(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """A copy as an array of that shape and dtype."""
        array = np.empty(shape, dtype)
        to_host = runtime.cudaMemcpyKind.cudaMemcpyDeviceToHost
        ask(runtime.cudaMemcpy, array.ctypes.data, self.address, array.nbytes, to_host)
        return array


def device() -> tuple[Device, str]:
    """What the first device is, and its UUID as NVML writes it."""
    facts = ask(runtime.cudaGetDeviceProperties, 0)
    told = Device(
        name=facts.name.decode(),
        compute_capability=f"{facts.major}.{facts.minor}",
        multiprocessors=facts.multiProcessorCount,
        memory_bytes=facts.totalGlobalMem,
        driver=cuda.driver(),
    )
    return told, f"GPU-{UUID(bytes=bytes(facts.uuid.bytes))}"
