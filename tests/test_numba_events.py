"""Compilations are counted once each and timed from the outermost."""

import os
import subprocess
import sys

from conftest import require_peer
from numba.core import event

from lstmbench.backends.numba_events import CompileListener

KIND = "lstmbench:test"


def test_only_what_is_listened_to_is_counted():
    listener = CompileListener()
    listener.listen_to(event, KIND)

    with event.trigger_event("lstmbench:other"):
        assert listener.compilation().count == 0
    with event.trigger_event(KIND):
        pass

    assert listener.compilation().count == 1


def test_a_callee_is_counted_and_its_time_is_its_caller_s(monkeypatch):
    moments = iter((1.0, 4.0))
    monkeypatch.setattr("time.perf_counter", lambda: next(moments))
    listener = CompileListener()

    for heard in (listener.on_start, listener.on_start, listener.on_end, listener.on_end):
        heard(None)

    assert (listener.count, listener.seconds) == (2, 3.0)


COMPILES = """
from importlib import import_module
from numba import cuda, int64, types
from lstmbench.backends.numba_cuda import EVENTS
from lstmbench.backends.numba_events import CompileListener

listener = CompileListener()
for module, kind in EVENTS.items():
    listener.listen_to(import_module(module), kind)
cuda.compile(lambda a: None, types.void(int64), cc=(9, 0), device=False, abi="numba")
found = listener.compilation()
print(found.count > 0, found.seconds > 0)
"""


def test_a_kernel_that_numba_cuda_compiles_is_heard_of():
    require_peer("numba_cuda")

    done = subprocess.run(
        [sys.executable, "-c", COMPILES],
        capture_output=True,
        text=True,
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "0"},
        check=False,
    )

    assert done.stdout.strip() == "True True", done.stderr
