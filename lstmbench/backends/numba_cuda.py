"""The kernels of this project on the GPU: one rung of their ladder, or what suits the sizes.

Inside a timed call: ``forward`` (infer), or ``forward(training=True)`` and ``backward`` (train), of
arrays that are on the device, into arrays that are there already, between two events, and waiting
until the device is done.  Outside: copies between host and device, packing the weights, and
compilation, which is counted by Numba's own events and reported apart.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from importlib.metadata import version
from typing import Any

from lstmbench_kernels.problem import Problem
from lstmbench_kernels.spec import gradient_shapes, output_shapes

from ..errors import BackendUnavailable
from ..machine import cuda, nvml
from ..machine.gpu import Device
from ..precision import PRECISIONS
from ..timing.clock import WallClock
from ..workload import Workload
from .base import Arrays, Compilation, Step, step_of
from .device_call import FLUSHED_BYTES, Stream, on_device
from .numba_events import CompileListener
from .under_test import kernels, network_of, ragged_of

# Everything of CUDA is behind this module; it is imported when a backend is made.
OPS = ".cuda.ops"
# numba-cuda 0.30 tells of no compilation, but of the lock that it holds while it compiles or links.
EVENTS = {
    "numba.core.event": "numba:compile",
    "numba.cuda.core.event": "numba-cuda:compiler_lock",
}

ARITHMETIC = "fused multiply-add; 2^x and 1 / x of float32 within 2 ulp, no other fast-math"


class NetworkStep:
    """A network with the problem's weights, and device arrays for its results."""

    def __init__(self, ops: Any, problem: Problem, dtype: str, algorithm: str) -> None:
        self._ops = ops
        self._problem = problem
        shape, cell = problem.shape, problem.cell
        self.network = network_of(problem, dtype=dtype, device="cuda", algorithm=algorithm)
        self.names = cell.states
        self.x, *initial = self._upload(problem.inputs)
        self.ragged = ragged_of(problem)
        self.initial = self._states(initial)
        self.dy, *final = self._upload(problem.upstream)
        self.final = self._states(final)
        storage = PRECISIONS[dtype].storage
        made = {name: ops.empty(dims, storage) for name, dims in output_shapes(cell, shape).items()}
        self.made = made
        self.out = (made["y"], self._states([made[f"{name}T"] for name in cell.states]))
        self.found = {
            n: ops.empty(dims, storage) for n, dims in gradient_shapes(cell, shape).items()
        }

    def _upload(self, arrays: Mapping[str, Any]) -> list[Any]:
        return [self._ops.to_device(array) for array in arrays.values()]

    def _states(self, arrays: list[Any]) -> Any:
        return tuple(arrays) if len(arrays) > 1 else arrays[0]

    def infer(self) -> None:
        self.network.forward(self.x, self.initial, out=self.out, **self.ragged)

    def forward(self) -> None:
        self.network.forward(self.x, self.initial, training=True, out=self.out, **self.ragged)

    def backward(self) -> None:
        self.network.backward(self.dy, self.final, out=self.found)

    def outputs(self) -> Arrays:
        return {name: self._ops.to_host(array) for name, array in self.made.items()}

    def gradients(self) -> Arrays:
        return {name: self._ops.to_host(array) for name, array in self.found.items()}

    def upload(self) -> int:
        """Copy the input and the initial states to the device once more; the bytes."""
        self._upload(self._problem.inputs)
        return sum(array.nbytes for array in self._problem.inputs.values())

    def download(self) -> int:
        """Copy the output and the final states to the host; the bytes."""
        return sum(array.nbytes for array in self.outputs().values())


class NumbaCuda:
    """lstmbench_kernels on one device, by one algorithm or by what suits the sizes (``auto``)."""

    def __init__(self, algorithm: str = "auto") -> None:
        self.name = "numba-cuda" if algorithm == "auto" else f"numba-cuda-{algorithm}"
        self._algorithm = algorithm
        self._ops = ops = kernels(OPS)
        reason = None if ops.SIMULATED else ops.unavailable()
        if reason is not None:
            raise BackendUnavailable(f"{self.name}: {reason}")
        target = "simulated" if ops.SIMULATED else f"numba-cuda {version('numba-cuda')}"
        self.version = f"{version('lstmbench')}, {target}"
        self.clock = WallClock()
        self._listener = CompileListener()
        for module, kind in EVENTS.items():
            # The CUDA target that comes with Numba itself has no events of its own.
            with suppress(ImportError):
                self._listener.listen_to(import_module(module), kind)

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        ops = self._ops
        passes = NetworkStep(ops, problem, workload.dtype, self._algorithm)
        said = f"{workload.dtype}: {PRECISIONS[workload.dtype].about}; {ARITHMETIC}"
        step = step_of(workload.mode, passes, said)
        step = replace(
            step,
            run=self._or_unavailable(step.run),
            before=step.before and self._or_unavailable(step.before),
        )
        if ops.SIMULATED:
            return step
        facts: dict[str, Any] = {**ops.device_facts(), "driver": cuda.driver()}
        return on_device(
            step,
            Stream(ops.record, ops.elapsed, ops.synchronize),
            # What cannot be told may be told as nothing, or as 0.
            device=Device.model_validate({n: facts.get(n) or None for n in Device.model_fields}),
            clocks=nvml.reader(facts.get("uuid")),
            meter=nvml.meter(facts.get("uuid")),
            algorithm=lambda: dict(passes.network.algorithm_used),
            upload=passes.upload,
            download=passes.download,
            flush=ops.allocate(FLUSHED_BYTES).clear,
        )

    def _or_unavailable(self, call: Callable[[], object]) -> Callable[[], object]:
        """The call; sizes that the algorithm or the device does not take make no row."""

        def attempt() -> None:
            try:
                call()
            except ValueError as error:
                if str(error).startswith("algorithm:"):
                    raise BackendUnavailable(f"{self.name}: {error}") from error
                raise

        return attempt

    def compilation(self) -> Compilation | None:
        return self._listener.compilation()


def make(algorithm: str = "auto") -> NumbaCuda:
    return NumbaCuda(algorithm)
