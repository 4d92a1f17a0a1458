"""Finding a backend by its name, saying what it lacks, and loading it."""

import os
import re
from dataclasses import replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from ..errors import BackendUnavailable, UsageError, unknown
from ..labels import AT
from ..machine import cuda
from ..workload import Workload
from .base import Backend
from .entries import BACKENDS, Entry

_LABEL = re.compile(r"[A-Za-z0-9-]+")


def entry(name: str) -> Entry:
    """The entry of a backend, or of a second one of its kind under a label: ``numba-cpu@again``.

    What a label names is a backend of its own: it has its own processes, rows and columns.
    Raises ``UsageError`` with the nearest match.
    """
    kind, at, label = name.partition(AT)
    if kind not in BACKENDS:
        raise UsageError(unknown("backend", kind, BACKENDS))
    if at and not _LABEL.fullmatch(label):
        raise UsageError(
            f"backend {name}: expected a label of letters, digits and - behind the {AT}, "
            f"got {label!r}"
        )
    return replace(BACKENDS[kind], name=name)


def not_installed(name: str) -> str | None:
    """Which packages of a backend are not installed, found without importing any."""
    packages, install = entry(name).packages, entry(name).install
    if is_simulated(name):
        packages, install = ("greenlet",), "pip install greenlet"
    absent = [package for package in packages if not _is_there(package)]
    if absent:
        are = "is" if len(absent) == 1 else "are"
        return f"{' and '.join(absent)} {are} not installed; {install}"
    return None


def _is_there(package: str) -> bool:
    """Whether a package is installed; one inside another is looked for in that alone."""
    parts = package.split(".")
    return all(find_spec(".".join(parts[: k + 1])) is not None for k in range(len(parts)))


def is_installed(distribution: str) -> bool:
    """Whether there is a distribution of this name, as pip calls it."""
    try:
        return bool(version(distribution))
    except PackageNotFoundError:
        return False


def missing(name: str) -> str | None:
    """Why a backend cannot be loaded, found without importing it; ``None`` where it can."""
    reason = not_installed(name)
    if reason is None and entry(name).device == "cuda" and not is_simulated(name):
        reason = cuda.no_driver() or _of_another_distribution(name)
    return reason


def _of_another_distribution(name: str) -> str | None:
    """Why the framework that is installed is not the one that a backend is of."""
    known = entry(name)
    if not known.distribution or is_installed(known.distribution):
        return None
    # A build of one's own may go by any name, but not by that of the one without a GPU.
    if not is_installed(known.packages[0]):
        return None
    return f"{known.distribution} is not installed, but {known.packages[0]} is; {known.install}"


def is_simulated(name: str) -> bool:
    """Whether Numba plays the GPU of a backend."""
    return entry(name).module == "numba_cuda" and cuda.simulated()


def untimed(name: str) -> str | None:
    """Why times of a backend would mean nothing here; ``None`` where they mean something."""
    if not is_simulated(name):
        return None
    return (
        f"{cuda.SIMULATOR} is set, and the times of a simulator mean nothing; unset it, or verify"
    )


def lacks(name: str, workload: Workload) -> str | None:
    """Why a backend has no such rows, by their precision and lengths; ``None`` where it has."""
    known, dtype = entry(name).dtypes, workload.dtype
    if dtype not in known:
        return f"computes in {' and '.join(known)} only, not in {dtype}"
    if workload.steps and not entry(name).ragged:
        return "has no sequences of unequal lengths"
    return None


def load(name: str) -> Backend:
    """Import a backend's framework and make the backend; raises ``BackendUnavailable``."""
    reason = missing(name)
    if reason is not None:
        raise BackendUnavailable(f"{name}: {reason}")
    known = entry(name)
    os.environ.update(known.environment)
    module = import_module(f".{known.module}", __package__)
    backend: Backend = module.make(*known.arguments)
    backend.name = name
    return backend
