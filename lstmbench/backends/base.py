"""The protocol between the harness and a framework: prepare a workload, get a step to time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lstmbench_kernels.problem import Problem

from ..machine.energy import Meter
from ..machine.gpu import Clocks, Device
from ..timing.clock import Clock
from ..units import Seconds
from ..workload import Workload

Arrays = Mapping[str, NDArray[np.floating]]


@dataclass(frozen=True)
class OnDevice:
    """What a step on a GPU has besides.

    Attributes:
        device: which GPU.
        last_call_s: seconds of the last call between two events on the device; ``None`` where the
            framework offers no events.
        algorithm: what each pass runs, a line of text each; asked after the calls.
        upload: copy the input and the initial states to the device once more and wait; the bytes.
        download: the same with the output and the final states, to the host.
        flush: overwrite more memory of the device than its caches hold, and wait.
        clocks: the clocks of this moment.
        meter: the counter of the energy that it draws.
    """

    device: Device
    last_call_s: Callable[[], Seconds] | None
    algorithm: Callable[[], Mapping[str, str]]
    upload: Callable[[], int]
    download: Callable[[], int]
    flush: Callable[[], object]
    clocks: Callable[[], Clocks]
    meter: Meter


@dataclass(frozen=True)
class Step:
    """One prepared workload.

    Attributes:
        run: the timed call; returns when its results are ready.
        outputs: what the last call computed: ``y``, ``hT`` (and ``cT``), as NumPy arrays.
        precision: the arithmetic that is really used: what products multiply, by a name of
            ``precision.PRECISIONS``, a colon, and how that is known, read back from the framework
            where it tells.
        gradients: what the last call computed, by the names of ``spec.gradient_shapes``; ``None``
            where the mode has no gradients.
        before: runs untimed before each call: the forward pass of a ``backward`` row.
        on_device: what there is besides on a GPU.
    """

    run: Callable[[], object]
    outputs: Callable[[], Arrays]
    precision: str
    gradients: Callable[[], Arrays] | None = None
    before: Callable[[], object] | None = None
    on_device: OnDevice | None = None


class Passes(Protocol):
    """What a framework that can train does with one problem, and what it computed last."""

    def infer(self) -> object: ...
    def forward(self) -> object: ...
    def backward(self) -> object: ...
    def outputs(self) -> Arrays: ...
    def gradients(self) -> Arrays: ...


def step_of(
    mode: str, passes: Passes, precision: str, *, train: Callable[[], object] | None = None
) -> Step:
    """The step of a mode; ``train`` is of a framework with one call for forward and backward."""

    def both() -> None:
        passes.forward()
        passes.backward()

    match mode:
        case "infer":
            return Step(passes.infer, passes.outputs, precision)
        case "forward":
            return Step(passes.forward, passes.outputs, precision)
        case "backward":
            return Step(
                passes.backward, passes.outputs, precision, passes.gradients, passes.forward
            )
        case _:
            return Step(train or both, passes.outputs, precision, passes.gradients)


@dataclass(frozen=True)
class Compilation:
    """What this process has compiled so far."""

    count: int
    seconds: Seconds


class Backend(Protocol):
    """A framework in the process that measures it.

    Its threads and affinity are set in the environment before it is made.  Making it, or preparing
    a workload that it cannot run, raises ``BackendUnavailable`` with the reason.  Whoever loads it
    gives it the name that it was asked for by.
    """

    name: str
    version: str
    clock: Clock

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        """Do everything that is not the work: convert, permute, pack, upload, compile."""
        ...

    def compilation(self) -> Compilation | None:
        """What was compiled since the process began; ``None`` where nothing ever is."""
        ...
