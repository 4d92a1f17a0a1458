"""A CUDA driver for tests: only libcuda.so.1 is not NVIDIA's own, and no GPU is needed.

``install(execute)`` loads it into a process that has not used CUDA yet.  From then on numba-cuda,
cuda.core and cuda.bindings run as they are, and each launch is handed to ``execute``.  The driver
is as strict as CUDA's documentation: what that leaves open happens as late as it may (see
``streams.py``), and an entry point that is called but not written here is listed in ``missing``.
"""

import atexit
import ctypes
import os
from collections.abc import Callable
from typing import Any

from . import abi
from .entries.code import Code, Launch
from .entries.contexts import Contexts
from .entries.memory import Memory
from .entries.order import Order

__all__ = ["Driver", "Launch", "install"]


class Driver(Contexts, Memory, Order, Code):
    """All entry points; ``library`` is libcuda.so.1."""

    def __init__(self, execute: Callable[[Launch], None], multiprocessors: int = 132) -> None:
        super().__init__(multiprocessors)
        self.execute = execute
        self.library: Any = abi.load(self.resolve)


def install(execute: Callable[[Launch], None], multiprocessors: int = 132) -> Driver:
    """Have this process use a driver that hands every launch to ``execute``.

    ``execute`` raises where a kernel did what it must not: that is an error of the device, which
    the calls after it return, and the exception is in ``failures``.
    """
    if os.environ.get("NUMBA_ENABLE_CUDASIM", "0") not in ("", "0"):
        raise RuntimeError("NUMBA_ENABLE_CUDASIM is set: Numba would not ask the driver")
    driver = Driver(execute, multiprocessors)
    # Libraries call it for as long as there is a process: it outlives Python's last collection.
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(driver))

    def close() -> None:
        driver.closed = True

    atexit.register(close)
    return driver
