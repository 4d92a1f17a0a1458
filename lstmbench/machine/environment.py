"""What machine this is, what runs on it, and what about it makes numbers doubtful."""

import hashlib
import os
import platform
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from ..model import Model
from ..units import Seconds

SYS_CPU = Path("/sys/devices/system/cpu")
SIMD_FLAGS = (
    "sse4_2",
    "avx",
    "avx2",
    "fma",
    "avx512f",
    "avx512vl",
    "avx512_bf16",
    "amx_bf16",
    "amx_tile",
    "asimd",
    "sve",
)
PACKAGES = (
    "numpy",
    "numba",
    "numba-cuda",
    "llvmlite",
    "scipy",
    "torch",
    "nvidia-cudnn-cu12",
    "nvidia-cudnn-cu13",
    "onnxruntime",
    "onnxruntime-gpu",
    "openvino",
    "jax",
    "jax-cuda13-plugin",
    "keras",
    "tensorflow",
    "tensorflow-cpu",
)


class Machine(Model):
    """What stays the same from run to run: the identity behind the fingerprint."""

    system: str
    """The operating system."""
    architecture: str
    """Of the processor, such as x86_64."""
    cpu_model: str
    """As the processor calls itself."""
    physical_cores: int
    """Cores of the machine."""
    logical_cores: int
    """The same with simultaneous threads counted."""
    usable_cores: int
    """Cores this process may use."""
    caches: dict[str, int]
    """Bytes of one L1d, L2 and L3."""
    memory_gib: int
    """Main memory, rounded to GiB."""
    simd: tuple[str, ...]
    """Which of the vector instructions that matter here it has."""


class Environment(Model):
    """A machine, the software on it, and how it was at the start."""

    machine: Machine
    """What stays the same from run to run."""
    software: dict[str, str]
    """Versions of Python and of the packages that matter for a time."""
    load_average: float | None
    """Of the last minute, at the start; null where the system keeps none."""
    governor: str | None
    """The CPU frequency governor; null where the system does not say."""
    warnings: tuple[str, ...]
    """What makes times on this machine doubtful, a line each."""


@dataclass(frozen=True)
class State:
    """What about a machine makes a measurement doubtful; each ``None`` where it cannot be told."""

    load_average: float | None
    governor: str | None
    cpu_quota: float | None
    usable_cores: int

    def warnings(self) -> Iterator[str]:
        """One line for each doubt: what was seen, why it matters, what to do."""
        if self.load_average is not None and self.load_average > 0.5 * self.usable_cores:
            yield (
                f"load average {self.load_average:.2f} on {self.usable_cores} cores: other "
                "processes share them and times will scatter; stop them"
            )
        if self.governor not in (None, "performance"):
            yield (
                f"CPU governor {self.governor!r}: the clock follows the load and the first samples "
                "are slow; set it to performance (cpupower frequency-set -g performance)"
            )
        if self.cpu_quota is not None and self.cpu_quota < self.usable_cores:
            yield (
                f"a quota of {self.cpu_quota:g} CPUs on {self.usable_cores} cores: the process is "
                "paused when it is used up; use no more threads than that"
            )


def describe() -> Environment:
    """This machine, now."""
    state = current_state()
    return Environment(
        machine=machine(),
        software=software(),
        load_average=state.load_average,
        governor=state.governor,
        warnings=tuple(state.warnings()),
    )


@cache
def machine() -> Machine:
    """The stable facts of this machine."""
    # A third of a second, for what only the kernel or the processor itself can tell.
    from cpuinfo import get_cpu_info

    info: Mapping[str, object] = get_cpu_info()
    flags = info.get("flags", [])
    return Machine(
        system=platform.system(),
        architecture=platform.machine(),
        cpu_model=str(info.get("brand_raw") or platform.processor() or "unknown"),
        physical_cores=psutil.cpu_count(logical=False) or psutil.cpu_count() or 1,
        logical_cores=psutil.cpu_count() or 1,
        usable_cores=len(usable_cpus()),
        caches=caches(SYS_CPU / "cpu0" / "cache"),
        memory_gib=round(psutil.virtual_memory().total / 2**30),
        simd=tuple(f for f in SIMD_FLAGS if isinstance(flags, list) and f in flags),
    )


def fingerprint(of: Machine) -> str:
    """A short hash that is equal for the same machine, and only for it."""
    return hashlib.sha256(of.model_dump_json().encode()).hexdigest()[:16]


def software() -> dict[str, str]:
    """Versions of Python and of the packages that matter for a time, where installed."""
    found = {"lstmbench": version("lstmbench"), "python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def current_state() -> State:
    """Load, governor and quota of this moment."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    return State(
        load_average=load,
        governor=_read(SYS_CPU / "cpu0" / "cpufreq" / "scaling_governor"),
        cpu_quota=cgroup_quota(),
        usable_cores=len(usable_cpus()),
    )


SHORTEST_LOAD: Seconds = 0.2


class OtherLoad:
    """How busy other processes keep the machine from now on."""

    def __init__(self) -> None:
        self._start = self._times()

    def since(self) -> float | None:
        """Processors kept busy by others since the start, on average.

        ``None`` where the time was too short for the kernel's ticks of a hundredth of a second.
        """
        wall, busy, own = (now - then for now, then in zip(self._times(), self._start, strict=True))
        return max(busy - own, 0.0) / wall if wall >= SHORTEST_LOAD else None

    @staticmethod
    def _times() -> tuple[float, float, float]:
        """Seconds by the clock, of all processors not idle, and of this process."""
        total, own = psutil.cpu_times(), psutil.Process().cpu_times()
        idle = total.idle + getattr(total, "iowait", 0.0)
        # What guests use is counted as a user's too.
        guests = getattr(total, "guest", 0.0) + getattr(total, "guest_nice", 0.0)
        return time.perf_counter(), sum(total) - idle - guests, own.user + own.system


def usable_cpus() -> list[int]:
    """One processor number for each core this process may use, siblings of a core left out."""
    allowed = (
        sorted(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else list(range(os.cpu_count() or 1))
    )
    seen: set[str] = set()
    chosen = []
    for cpu in allowed:
        topology = SYS_CPU / f"cpu{cpu}" / "topology"
        core = _read(topology / "thread_siblings_list") or str(cpu)
        if core not in seen:
            seen.add(core)
            chosen.append(cpu)
    return chosen


def available_memory() -> int:
    """Bytes that can be allocated without swapping, within the container's limit if it has one."""
    free = psutil.virtual_memory().available
    limit, used = (_read(Path("/sys/fs/cgroup") / f"memory.{n}") for n in ("max", "current"))
    if limit and used and limit.isdigit():
        free = min(free, int(limit) - int(used))
    return int(free)


def cgroup_quota() -> float | None:
    """CPUs this container may use, where there is such a limit."""
    quota, _, period = (_read(Path("/sys/fs/cgroup/cpu.max")) or "").partition(" ")
    return int(quota) / int(period) if quota.isdigit() else None


def caches(folder: Path) -> dict[str, int]:
    """Bytes of each data cache of one core, as the kernel tells them: ``{"L1d": 32768, ...}``."""
    units = {"K": 2**10, "M": 2**20}
    found = {}
    for index in sorted(folder.glob("index*")):
        level, kind, size = (_read(index / name) for name in ("level", "type", "size"))
        if level and size and kind in ("Data", "Unified") and size[-1] in units:
            found[f"L{level}" + ("d" if kind == "Data" else "")] = int(size[:-1]) * units[size[-1]]
    return found


def _read(path: Path) -> str | None:
    """A line of a file of the kernel's, or ``None`` where this system has none."""
    try:
        return path.read_text().strip()
    except OSError:
        return None
