"""One decorator for every compiled entry point, with a disk cache that can never serve old code.

Numba's own cache looks at one file: it does not notice an edited callee in another.  Here the
folder is named after a hash of all sources of this package and of the versions that compile them.
"""

import gc
import hashlib
import os
import platform
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import llvmlite
import numba
import numpy as np
import platformdirs
from llvmlite import binding
from numba import njit
from numba.core import config, event
from numba.core.ccallback import CFunc
from numba.extending import overload, register_jitable

_decorating = threading.Lock()
_compiling = threading.Lock()
_kept: list[Any] = []  # code that is called by its address must stay


# What only compiled code calls needs no entry for others: to make those took a seventh of the time.
_INSIDE = {"no_cfunc_wrapper": True}
inner = register_jitable(**_INSIDE)
inner_for = partial(overload, jit_options=_INSIDE)


def source_hash() -> str:
    """A hash of all sources of this package, of what compiles them, and for which processor."""
    package = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for version in (
        numba.__version__,
        llvmlite.__version__,
        np.__version__,
        platform.python_version(),
        str(config.CPU_NAME or binding.get_host_cpu_name()),
        str(config.CPU_FEATURES or binding.get_host_cpu_features().flatten()),
    ):
        digest.update(version.encode() + b"\0")
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0")
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:20]


@cache
def cache_folder() -> Path | None:
    """Where compiled code of exactly these sources is kept; None where nothing can be written."""
    root = os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_dir("lstmbench")
    folder = Path(root) / f"lstmbench_kernels-{source_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    return folder


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` without the GIL, cached on disk where that is possible."""
    return _cached(njit(nogil=True, error_model="numpy")(function))


class _Callback(CFunc):
    """What is called by its address; unlike Numba's own it says that it compiles."""

    def _compile_uncached(self) -> Any:
        with event.trigger_event("numba:compile", data={"dispatcher": self}):
            return super()._compile_uncached()  # type: ignore[misc]


def callback(function: Callable[..., Any], signature: Any, variant: str) -> Any:
    """Compile ``function`` to be called by its address, cached on disk where that is possible.

    ``variant`` tells what it is made for from all else that the same lines of source are made for.
    Numba keeps those in one index, in which two processes that compile different ones at the same
    time give both the same file: the next process then runs the one in place of the other.  So each
    has a folder, and an index, of its own.
    """
    options = {"error_model": "numpy"}
    made = _Callback(function, (signature.args, signature.return_type), {}, options)
    compiled = _cached(made, variant)
    with _compiling, _collecting_nothing():
        compiled.compile()
    _kept.append(compiled)
    return compiled


def _cached(compiled: Any, variant: str = "") -> Any:
    folder = cache_folder()
    if folder is not None:
        # Numba reads the folder when caching is enabled, so its setting is ours for a moment only.
        with _decorating:
            before = config.CACHE_DIR
            config.CACHE_DIR = str(folder / variant)
            try:
                compiled.enable_caching()
            finally:
                config.CACHE_DIR = before
    return compiled


def compile_once(function: Any, *types: Any) -> Any:
    """The machine code of a kernel for exact types, without Numba's dispatch at each call."""
    with _compiling, _collecting_nothing():
        return function.compile(types)


@contextmanager
def _collecting_nothing() -> Iterator[None]:
    """A compiler makes many objects that live: to look through them was a twelfth of its time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
