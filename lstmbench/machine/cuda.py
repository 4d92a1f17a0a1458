"""What of CUDA is on this machine, found without importing anything of it."""

import ctypes
import os
import re
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

DRIVER = "libcuda.so.1"
TOOLKIT = Path("/usr/local/cuda")
KERNEL_MODULE = Path("/proc/driver/nvidia/version")
_VERSION = re.compile(r"\s(\d+\.\d+(?:\.\d+)?)\s")
SIMULATOR = "NUMBA_ENABLE_CUDASIM"
NO_DRIVER = (
    f"no NVIDIA driver: {DRIVER} is not on this machine; it comes with the driver of a GPU "
    "(https://www.nvidia.com/drivers), and into a container with --gpus all"
)
NO_LIBNVVM = "not found; pip install 'lstmbench[cuda]', or set CUDA_HOME to a CUDA toolkit"


def simulated() -> bool:
    """Whether Numba is told to simulate a GPU, as Numba reads it."""
    return os.environ.get(SIMULATOR, "0").strip() not in ("", "0")


@cache
def _library() -> ctypes.CDLL | None:
    try:
        return ctypes.CDLL(DRIVER)
    except OSError:
        return None


def no_driver() -> str | None:
    """What is missing and how to get it; ``None`` where the driver's library is there."""
    return NO_DRIVER if _library() is None else None


def driver() -> str | None:
    """Its version where the kernel tells it, and the CUDA that it is for: ``580.95.05, CUDA 13.0``.

    ``None`` without a driver.
    """
    library, number = _library(), ctypes.c_int()
    if library is None or library.cuDriverGetVersion(ctypes.byref(number)) != 0:
        return None
    of_cuda = f"CUDA {number.value // 1000}.{number.value % 1000 // 10}"
    try:
        told = _VERSION.search(KERNEL_MODULE.read_text())
    except OSError:
        told = None
    return f"{told[1]}, {of_cuda}" if told else of_cuda


def devices() -> list[str]:
    """The names of the devices that the driver has; opens none of them."""
    library, count, name = _library(), ctypes.c_int(), ctypes.create_string_buffer(128)
    if library is None or library.cuInit(0) != 0:
        return []
    if library.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return []
    names = []
    for number in range(count.value):
        if library.cuDeviceGetName(name, len(name), number) == 0:
            names.append(name.value.decode(errors="replace"))
    return names


def libnvvm() -> Path | None:
    """The compiler library that Numba's kernels need, where Numba looks for it too."""
    spec = find_spec("nvidia")
    roots = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    wheels = [path for root in roots for path in sorted(root.glob("*/**/libnvvm.so*"))]
    homes = [Path(os.environ[n]) for n in ("CUDA_HOME", "CUDA_PATH") if os.environ.get(n)]
    toolkits = [*homes, TOOLKIT]
    found = [path for home in toolkits for path in sorted(home.glob("nvvm/lib*/libnvvm.so*"))]
    return next(iter([*wheels, *found]), None)


def facts() -> dict[str, str]:
    """What is there and what is missing, a line each, with how to get it."""
    return {
        "numba-cuda": _installed("numba-cuda", "pip install 'lstmbench[cuda]'"),
        "driver": no_driver() or driver() or "of an unknown version",
        "libnvvm": str(libnvvm() or NO_LIBNVVM),
        "device": ", ".join(devices()) or "none",
        "simulator": f"on ({SIMULATOR} is set): results only, no times" if simulated() else "off",
    }


def _installed(package: str, install: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return f"not installed; {install}"
