"""What this machine offers: vector registers, caches, cores.  Plain Python, read once."""

import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import llvmlite.binding as llvm
from numba.core import config


@dataclass(frozen=True)
class Registers:
    """The vector registers that compiled code may use."""

    name: str
    bytes: int
    count: int

    @property
    def few(self) -> bool:
        return self.count < 32

    def lanes(self, itemsize: int) -> int:
        return self.bytes // itemsize


AVX512 = Registers("AVX-512", 64, 32)
AVX2 = Registers("AVX2", 32, 16)
NEON = Registers("NEON", 16, 32)
BASELINE = Registers("128-bit baseline", 16, 16)


def _features() -> set[str]:
    """The CPU features Numba compiles for: the host's, or what its settings say."""
    named = config.CPU_NAME and llvm.get_host_cpu_name() != config.CPU_NAME
    features = set()
    if not named:
        features = {name for name, present in llvm.get_host_cpu_features().items() if present}
    for item in (config.CPU_FEATURES or "").split(","):
        if item.startswith("+"):
            features.add(item[1:])
        elif item.startswith("-"):
            features.discard(item[1:])
            if item == "-avx2":  # LLVM drops what builds on a feature together with it
                features = {name for name in features if not name.startswith("avx512")}
    return features


@cache
def registers() -> Registers:
    """The widest vectors that Numba will emit here."""
    if platform.machine().lower() in ("arm64", "aarch64"):
        return NEON
    features = _features()
    if {"avx512f", "avx512vl", "avx512dq"} <= features:
        return AVX512
    if {"avx2", "fma"} <= features:
        return AVX2
    return BASELINE


def allowed_processors() -> int:
    """Logical processors that this process may use: by its affinity, and by a container's quota."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(allowed, int(quota) // int(period)))
    except (OSError, ValueError):  # no such file, or "max"
        return allowed


@cache
def physical_cores() -> int:
    """Physical cores that this process may run on."""
    if not hasattr(os, "sched_getaffinity"):
        return allowed_processors()
    allowed = os.sched_getaffinity(0)
    cores = set()
    for cpu in allowed:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            cores.add(siblings.read_text().strip())
        except OSError:
            cores.add(str(cpu))
    return max(1, min(len(cores), allowed_processors()))


@cache
def cache_bytes(level: int) -> int | None:
    """Size of a core's cache, 2 or 3 for the second or the third; None where nothing says it."""
    try:
        text = Path(f"/sys/devices/system/cpu/cpu0/cache/index{level}/size").read_text().strip()
        return int(text.removesuffix("K")) * 1024
    except (OSError, ValueError):
        return None


def l2_bytes() -> int:
    """Size of one core's private second-level cache; 1 MiB where the system does not say."""
    return cache_bytes(2) or 1 << 20


def last_cache_bytes() -> int:
    """Size of the last cache, which all cores share; 8 MiB where the system does not say."""
    return cache_bytes(3) or 8 << 20
