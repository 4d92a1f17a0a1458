"""The C interface of libcuda.so.1, of which Python makes each entry point when it is asked for."""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from ctypes import c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_name("libcuda.c")

# Of CUresult
INVALID_VALUE = 1
OUT_OF_MEMORY = 2
NOT_INITIALIZED = 3
DEINITIALIZED = 4
INVALID_DEVICE = 101
INVALID_IMAGE = 200
INVALID_CONTEXT = 201
NO_BINARY_FOR_GPU = 209
INVALID_HANDLE = 400
NOT_FOUND = 500
NOT_READY = 600
ILLEGAL_ADDRESS = 700
LAUNCH_OUT_OF_RESOURCES = 701
LAUNCH_FAILED = 719
COOPERATIVE_LAUNCH_TOO_LARGE = 720
NOT_SUPPORTED = 801
STREAM_CAPTURE_UNSUPPORTED = 900
STREAM_CAPTURE_INVALIDATED = 901
STREAM_CAPTURE_UNMATCHED = 903
STREAM_CAPTURE_ISOLATION = 905
STREAM_CAPTURE_IMPLICIT = 906
CAPTURED_EVENT = 907
UNKNOWN = 999

NAMES = {code: name for name, code in list(globals().items()) if isinstance(code, int)}

# Types of arguments.  A handle and an address are numbers, and NULL is 0.
Handle = c_size_t
Address = c_uint64
Int, UInt, Size, Word, Text = c_int, c_uint, c_size_t, c_uint64, c_char_p


def out(kind: Any) -> Any:
    """A pointer to write through; False where it is NULL."""
    return ctypes.POINTER(kind)


class LaunchConfig(ctypes.Structure):
    """CUlaunchConfig"""

    _fields_ = (
        ("grid", c_uint * 3),
        ("block", c_uint * 3),
        ("shared_bytes", c_uint),
        ("stream", Handle),
        ("attributes", c_void_p),
        ("count", c_uint),
    )


class LaunchAttribute(ctypes.Structure):
    """CUlaunchAttribute"""

    _fields_ = (("id", c_uint), ("pad", c_uint), ("value", c_int), ("rest", c_int * 15))


class InstantiateParams(ctypes.Structure):
    """CUDA_GRAPH_INSTANTIATE_PARAMS"""

    _fields_ = (("flags", Word), ("stream", Handle), ("node", Handle), ("result", c_int))


class CudaError(Exception):
    """What an entry point returns where it is not CUDA_SUCCESS."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"CUDA_ERROR_{NAMES[code]}: {reason}")
        self.code = code


def entry(*types: Any) -> Callable[[Any], Any]:
    """A method that is the entry point of its name, of these C types."""

    def mark(method: Any) -> Any:
        method.entry_types = types
        return method

    return mark


def load(resolve: Callable[[str, int], int | None]) -> Any:
    """Compile and load the library, whose entry points are at the addresses that this returns.

    What is loaded already under a name is what later loads of that name find.
    """
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder, "libcuda.so.1")
        flags = ("-shared", "-fPIC", "-O1", f"-Wl,-soname,{built.name}", "-o", str(built))
        subprocess.run(["cc", *flags, str(SOURCE)], check=True)
        library: Any = ctypes.CDLL(str(built), mode=ctypes.RTLD_GLOBAL)
    function = ctypes.CFUNCTYPE(c_void_p, c_char_p, c_int)
    library.resolve = function(lambda name, version: resolve(name.decode(), version))
    library.emulator_resolve_by(library.resolve)
    return library
