"""A backend that measures nothing: it plays a script, on a clock of its own.

Its results are the oracle's own, so that it verifies; its times are scripted, so that everything
around a measurement can be tested exactly and in milliseconds.  The environment variable
``LSTMBENCH_FAKE`` holds the script, a JSON list of rules; the last rule holds whose ``id`` matches
a row's id and whose ``backend`` matches the backend's name, its label included (shell patterns,
default ``*``), so that ``fake`` and ``fake@other`` can be two backends.  The kernels under test may
say more rules in a list ``FAKE``, which hold after those of the environment: so two builds that a
gate compares can play different scripts.  A rule has:

``seconds``    of the calls in turn, repeated; default: 1 µs and 1 ns for every 100 operations
``compile``    seconds that the first call compiles for
``precision``  what arithmetic is said to be used
``recompile``  true: each call compiles again
``gpu``        an object: the row is one of an imaginary GPU, whose events say ``seconds`` in turn
               (default: 0.0005; null: it has none), whose copies and flush take ``copy`` and
               ``flush`` seconds (default: 0.001), and whose clock is ``mhz`` with the ``reasons``
               for it; none where ``unknown`` says why; with ``watts`` a counter of energy moves
               evenly with its time, and ``needs`` that many seconds
``fault``      ``wrong`` (every output off by 1 %) or ``unavailable``, or at the first call
               ``raise``, ``memory``, ``exit``, ``kill`` (this process), ``kill-parent``,
               ``interrupt-parent``, ``terminate-parent`` or ``hang``
"""

import json
import os
import signal
from collections.abc import Callable
from fnmatch import fnmatchcase
from itertools import cycle
from typing import Any, NoReturn

import numpy as np

from lstmbench_kernels.problem import Problem

from ..correctness.verify import evaluate_rounded
from ..errors import BackendUnavailable
from ..machine.energy import Meter, no_meter
from ..machine.gpu import Clocks, Device
from ..precision import PRECISIONS
from ..timing.clock import FakeClock
from ..units import Seconds
from ..workload import Workload, flops
from .base import Arrays, Compilation, OnDevice, Step
from .under_test import kernels

SCRIPT = "LSTMBENCH_FAKE"


class FakeBackend:
    """Plays scripted times and faults."""

    version = "1"

    def __init__(self, rules: list[dict[str, Any]], name: str = "fake") -> None:
        self.name = name
        self.clock = FakeClock()
        self._rules = rules
        self._compiled = Compilation(0, 0.0)

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        rule: dict[str, Any] = {}
        for candidate in self._rules:
            named = fnmatchcase(self.name, candidate.get("backend", "*"))
            if named and fnmatchcase(workload.id, candidate.get("id", "*")):
                rule = candidate
        fault = rule.get("fault")
        if fault == "unavailable":
            raise BackendUnavailable(f"fake: told to be unavailable for {workload.id}")
        times = cycle(rule.get("seconds", [1e-6 + flops(workload) / 1e11]))
        precision = PRECISIONS[workload.dtype]
        outputs, gradients = evaluate_rounded(problem, precision, workload.has_gradients)
        to_compile = [rule["compile"]] if "compile" in rule else []
        faults = [FAULTS[fault]] if fault in FAULTS else []

        def run() -> None:
            if faults:
                faults.pop()()
            if to_compile:
                self._compile(to_compile[0] if rule.get("recompile") else to_compile.pop())
            self.clock.advance(next(times))

        def read_outputs() -> Arrays:
            off = 1.01 if fault == "wrong" else 1.0
            return {name: array * array.dtype.type(off) for name, array in outputs.items()}

        return Step(
            run,
            read_outputs,
            rule.get("precision", f"{workload.dtype}: scripted"),
            None if gradients is None else lambda: gradients,
            on_device=self._on_device(rule["gpu"], outputs) if "gpu" in rule else None,
        )

    def _on_device(self, gpu: dict[str, Any], outputs: Arrays) -> OnDevice:
        """An imaginary GPU."""
        script = gpu.get("seconds", [5e-4])
        seconds = cycle(script or ())
        clocks = Clocks(
            sm_mhz=gpu.get("mhz"),
            reasons=tuple(gpu["reasons"]) if "reasons" in gpu else None,
            unknown=gpu.get("unknown"),
        )
        size = sum(array.nbytes for array in outputs.values())

        def copy() -> int:
            self.clock.advance(gpu.get("copy", 1e-3))
            return size

        return OnDevice(
            device=Device(
                name="Imaginary GPU",
                compute_capability="9.9",
                multiprocessors=7,
                memory_bytes=2**30,
                driver="999.99",
            ),
            last_call_s=(lambda: next(seconds)) if script else None,
            algorithm=lambda: {"forward": "imagined"},
            upload=copy,
            download=copy,
            flush=lambda: self.clock.advance(gpu.get("flush", 1e-3)),
            clocks=lambda: clocks,
            meter=self._meter(gpu.get("watts"), gpu.get("needs", 0.0)),
        )

    def _meter(self, watts: float | None, needs: Seconds) -> Meter:
        """A counter that moves evenly with the scripted clock."""
        if watts is None:
            return no_meter(f"{self.name} computes on no device")
        return Meter("the imagined counter", needs, lambda: watts * self.clock.now())

    def _compile(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self._compiled = Compilation(self._compiled.count + 1, self._compiled.seconds + seconds)

    def compilation(self) -> Compilation | None:
        return self._compiled


def _raise() -> NoReturn:
    raise RuntimeError("told to fail")


def _out_of_memory() -> NoReturn:
    np.empty(2**62, np.uint8)
    raise AssertionError("2**62 bytes were to be had")


def _exit() -> NoReturn:
    os._exit(3)


def _kill(pid: Callable[[], int], number: signal.Signals) -> Callable[[], None]:
    return lambda: os.kill(pid(), number)


def _hang() -> NoReturn:
    while True:
        signal.pause()


FAULTS: dict[str, Callable[[], None]] = {
    "raise": _raise,
    "memory": _out_of_memory,
    "exit": _exit,
    "kill": _kill(os.getpid, signal.SIGKILL),
    "kill-parent": _kill(os.getppid, signal.SIGKILL),
    "interrupt-parent": _kill(os.getppid, signal.SIGINT),
    "terminate-parent": _kill(os.getppid, signal.SIGTERM),
    "hang": _hang,
}


def make() -> FakeBackend:
    """The backend with the script of the environment, then that of the kernels under test."""
    rules = json.loads(os.environ.get(SCRIPT, "[]"))
    return FakeBackend([*rules, *getattr(kernels(), "FAKE", ())])
