"""The kernels of this project on the CPU.

Inside a timed call: ``forward`` (infer), or ``forward(training=True)`` and ``backward`` (train),
writing into arrays that exist already.  Outside: packing the weights, which happens when they are
loaded, and compilation, which is counted by Numba's own events and reported apart.
"""

from importlib.metadata import version
from typing import Any

import numba
from numba.core import event

from lstmbench_kernels.problem import Problem

from ..timing.clock import WallClock
from ..workload import Workload
from .base import Arrays, Compilation, Step, step_of
from .numba_events import CompileListener
from .under_test import kernels, network_of, ragged_of


def arithmetic() -> str:
    """What LLVM may do with the instructions of the kernels: see ``lstmbench_kernels.cpu.simd``."""
    flags = getattr(kernels(".cpu.simd"), "CONTRACT", ("not told by this build",))
    return f"LLVM may fuse a product and its sum ({', '.join(flags)}), no other fast-math"


class NetworkStep:
    """A network with the problem's weights, and arrays for its results."""

    def __init__(self, problem: Problem) -> None:
        cell = problem.cell
        self.network = network_of(
            problem,
            dtype=str(problem.inputs["x"].dtype),
            num_threads=numba.config.NUMBA_NUM_THREADS,
        )
        self.names = cell.states
        self.x = problem.inputs["x"]
        self.ragged = ragged_of(problem)
        self.initial = self._states([problem.inputs[name + "0"] for name in cell.states])
        self.dy = problem.upstream["dy"]
        self.final = self._states([problem.upstream[f"d{name}T"] for name in cell.states])
        self.results: Any = None
        self.found: Any = None

    def _states(self, arrays: list[Any]) -> Any:
        return tuple(arrays) if len(arrays) > 1 else arrays[0]

    def infer(self) -> None:
        self.results = self.network.forward(self.x, self.initial, out=self.results, **self.ragged)

    def forward(self) -> None:
        self.results = self.network.forward(
            self.x, self.initial, training=True, out=self.results, **self.ragged
        )

    def backward(self) -> None:
        self.found = self.network.backward(self.dy, self.final, out=self.found)

    def outputs(self) -> Arrays:
        y, final = self.results
        states = final if len(self.names) > 1 else (final,)
        return {"y": y, **{f"{n}T": s for n, s in zip(self.names, states, strict=True)}}

    def gradients(self) -> Arrays:
        found: Arrays = self.found
        return found


class NumbaCpu:
    """lstmbench_kernels with as many threads as its environment names."""

    name = "numba-cpu"

    def __init__(self) -> None:
        self.version = f"{version('lstmbench')}, numba {numba.__version__}"
        self.clock = WallClock()
        self._listener = CompileListener()
        self._listener.listen_to(event, "numba:compile")

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        step = NetworkStep(problem)
        return step_of(workload.mode, step, f"{step.network.dtype}: {arithmetic()}")

    def compilation(self) -> Compilation | None:
        return self._listener.compilation()


def make() -> NumbaCpu:
    return NumbaCpu()
