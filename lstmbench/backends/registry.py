"""Which backends there are, where each lives, and how a missing one is installed."""

from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from ..errors import BackendUnavailable, UsageError, unknown
from .base import Backend


@dataclass(frozen=True)
class Entry:
    """One backend: its module, the package it needs and the command that installs that."""

    name: str
    module: str
    package: str
    install: str
    summary: str
    device: str = "cpu"


BACKENDS = {
    entry.name: entry
    for entry in (
        Entry(
            "numba-cpu",
            "numba_cpu",
            "numba",
            "pip install numba",
            "the kernels of this project, on the CPU",
        ),
        Entry(
            "numpy",
            "numpy_cpu",
            "numpy",
            "pip install numpy",
            "vectorised NumPy: one input projection, one product a step",
        ),
        Entry(
            "torch-cpu",
            "torch_cpu",
            "torch",
            "pip install torch==2.13.0",
            "torch.nn.RNN, LSTM and GRU, eager, on the CPU",
        ),
        Entry(
            "fake",
            "fake",
            "numpy",
            "pip install numpy",
            "scripted times for tests and demonstrations; measures nothing",
        ),
    )
}


def entry(name: str) -> Entry:
    """The entry of a backend; raises ``UsageError`` with the nearest match."""
    if name not in BACKENDS:
        raise UsageError(unknown("backend", name, BACKENDS))
    return BACKENDS[name]


def missing(name: str) -> str | None:
    """Why a backend cannot be loaded, found without importing it; ``None`` where it can."""
    known = entry(name)
    if find_spec(known.package) is None:
        return f"{known.package} is not installed; {known.install}"
    return None


def load(name: str) -> Backend:
    """Import a backend's framework and make the backend; raises ``BackendUnavailable``."""
    reason = missing(name)
    if reason is not None:
        raise BackendUnavailable(f"{name}: {reason}")
    module = import_module(f".{entry(name).module}", __package__)
    backend: Backend = module.make()
    return backend
