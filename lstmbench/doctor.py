"""What ``lstmbench doctor`` tells: the machine, doubts about it, versions, backends, CUDA."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .backends.entries import BACKENDS
from .backends.registry import missing, not_installed
from .machine import cuda
from .machine.environment import Environment, describe, fingerprint
from .records import Roof
from .roofline import measure
from .units import rate, size


@dataclass(frozen=True)
class BackendState:
    """Whether a backend can be used, and if not what to do."""

    name: str
    available: bool
    version: str | None
    install: str | None
    summary: str


@dataclass(frozen=True)
class Simd:
    """The vectors that our kernels are compiled for on this host."""

    cpu: str
    width_bits: int
    name: str


@dataclass(frozen=True)
class Checkup:
    """Everything the doctor saw."""

    environment: Environment
    fingerprint: str
    simd: Simd
    kernel_threads: int
    backends: tuple[BackendState, ...]
    roofs: tuple[Roof, ...] = ()
    cuda: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The same as plain data."""
        return {
            "environment": self.environment.model_dump(mode="json"),
            "fingerprint": self.fingerprint,
            "simd": asdict(self.simd),
            "kernel_threads": self.kernel_threads,
            "backends": [asdict(backend) for backend in self.backends],
            "roofs": [roof.model_dump(mode="json") for roof in self.roofs],
            "cuda": dict(self.cuda),
        }


def checkup(*, roofline: bool = False) -> Checkup:
    """Look at everything; takes a second, and imports Numba for what it compiles for.

    With ``roofline`` the peaks are measured, for one thread and for all.
    """
    environment = describe()
    counts = sorted({1, environment.machine.usable_cores})
    return Checkup(
        environment=environment,
        fingerprint=fingerprint(environment.machine),
        simd=simd(),
        kernel_threads=environment.machine.usable_cores,
        backends=tuple(_state(name) for name in BACKENDS),
        roofs=tuple(measure(counts)) if roofline else (),
        cuda=cuda.facts(),
    )


def simd() -> Simd:
    """The vectors that our kernels use here; NUMBA_CPU_NAME and _FEATURES have their say."""
    from llvmlite import binding
    from numba.core import config

    from lstmbench_kernels.cpu.host import registers

    used = registers()
    return Simd(config.CPU_NAME or binding.get_host_cpu_name(), 8 * used.bytes, used.name)


def _state(name: str) -> BackendState:
    entry = BACKENDS[name]
    reason = missing(name)
    try:
        found = None if reason else version(entry.distribution or entry.packages[0])
    except PackageNotFoundError:
        found = None
    if not_installed(name):
        reason = entry.install
    return BackendState(name, reason is None, found, reason, entry.summary)


def table(seen: Checkup) -> RenderableType:
    """What the doctor saw."""
    machine = seen.environment.machine
    facts = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column()
    for name, value in (
        ("processor", f"{machine.cpu_model} ({machine.architecture}, {machine.system})"),
        ("cores", f"{machine.physical_cores} physical, {machine.usable_cores} usable here"),
        ("caches", ", ".join(f"{level} {size(n)}" for level, n in machine.caches.items())),
        ("memory", f"{machine.memory_gib} GiB"),
        ("SIMD", f"{seen.simd.name}, {seen.simd.width_bits} bits in use (as {seen.simd.cpu})"),
        ("threads", f"{seen.kernel_threads} by default"),
        ("governor", seen.environment.governor or "not exposed by this system"),
        ("load", _load(seen)),
        ("versions", ", ".join(f"{n} {v}" for n, v in seen.environment.software.items())),
        ("fingerprint", seen.fingerprint),
    ):
        facts.add_row(name, Text(value or "unknown"))
    backends = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("backend", "state", "what it is, or how to get it"):
        backends.add_column(head)
    for each in seen.backends:
        state = f"ready, {each.version}" if each.available else "missing"
        style = "green" if each.available else "yellow"
        # What several lack is told once, with the rest of CUDA.
        lacks_driver = each.install is not None and each.install == seen.cuda.get("driver")
        remedy = "a driver, see below" if lacks_driver else each.install
        backends.add_row(each.name, Text(state, style=style), Text(remedy or each.summary))
    warnings = [Text(f"warning: {line}", style="yellow") for line in seen.environment.warnings]
    return Group(facts, *warnings, Text(), backends, *_cuda(seen), *_roofs(seen))


def _cuda(seen: Checkup) -> Iterator[RenderableType]:
    """What of CUDA is there, and how what is missing is to be had."""
    if not seen.cuda:
        return
    view = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("CUDA", "what is there, or how to get it"):
        view.add_column(head)
    for name, state in seen.cuda.items():
        view.add_row(name, Text(state))
    yield Text()
    yield view


def _roofs(seen: Checkup) -> Iterator[RenderableType]:
    """What the machine reached, a line for each number of threads."""
    if not seen.roofs:
        return
    view = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for head in ("threads", *seen.roofs[0].flops_per_s, *seen.roofs[0].bytes_per_s):
        view.add_column(head, justify="right")
    for roof in seen.roofs:
        peaks = [rate(peak, "FLOP/s") for peak in roof.flops_per_s.values()]
        speeds = [rate(speed, "B/s") for speed in roof.bytes_per_s.values()]
        view.add_row(str(roof.threads), *peaks, *speeds)
    yield Text()
    yield view


def _load(seen: Checkup) -> str:
    load = seen.environment.load_average
    return "unknown" if load is None else f"{load:.2f}"
