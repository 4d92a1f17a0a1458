"""What all entry points share: how C finds and calls them, handles, streams, contexts, errors."""

import ctypes
import threading
from itertools import count
from typing import Any

from .. import abi
from ..abi import CudaError, Int
from ..heap import BadAddress, Heap
from ..streams import Stream, Streams

# These answer before cuInit, and after a failure.
_ALWAYS = ("cuInit", "cuGetError", "cuDriverGetVersion", "cuCtxGet", "cuCtxP", "cuCtxSet")


class Entries:
    """Methods that C calls by their names.

    Attributes:
        calls: names of all entry points that were called.
        missing: what was called but is not written here; must stay empty.
        refused: the errors that calls returned, in words.
        failures: what work on the device raised.
        closed: whether the process ends; calls then do nothing.
    """

    def __init__(self, multiprocessors: int) -> None:
        self.multiprocessors = multiprocessors
        self.heap, self.streams = Heap(), Streams()
        self.failures = self.streams.failures
        self.calls: list[str] = []
        self.missing: list[str] = []
        self.refused: list[str] = []
        self.closed = self.initialized = False
        self._handles: dict[int, Any] = {}
        self._next_handle = count(0x7000, 16)
        self._local = threading.local()
        self._lock = threading.RLock()
        self._made: dict[str, Any] = {}
        self.context = self.handle_of("the primary context")
        self.per_thread = self.streams.open(blocking=True)

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
                        if not self.initialized:
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

    def handle_of(self, thing: Any) -> int:
        handle = next(self._next_handle)
        self._handles[handle] = thing
        return handle

    def get(self, handle: int, kind: type) -> Any:
        found = self._handles.get(handle)
        if not isinstance(found, kind):
            raise CudaError(abi.INVALID_HANDLE, f"{handle:#x} is no {kind.__name__}")
        return found

    def stream(self, handle: int) -> Stream:
        if not self.stack:
            raise CudaError(abi.INVALID_CONTEXT, "no context is current")
        if handle in (0, 1):  # CU_STREAM_LEGACY
            return self.streams.legacy
        if handle == 2:  # CU_STREAM_PER_THREAD
            return self.per_thread
        found: Stream = self.get(handle, Stream)
        return found

    @property
    def stack(self) -> list[int]:
        """The contexts of the thread; the last is current."""
        if not hasattr(self._local, "stack"):
            self._local.stack = []
        found: list[int] = self._local.stack
        return found
