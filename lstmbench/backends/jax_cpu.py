"""JAX on the CPU: ``lax.scan`` over the steps, under ``jit``, as its users write such a network.

Inside a timed call: the compiled function (``jax_scan``) and ``block_until_ready``; for training
``vjp`` with respect to every parameter, the input and the states.  Outside: tracing and compiling,
which JAX's own events count, and moving the arrays.
"""

import jax

from lstmbench_kernels.problem import Problem

from ..timing.clock import WallClock
from ..workload import Workload
from .base import Compilation, Step
from .jax_scan import ScanNetwork
from .jax_step import Compilations, arithmetic, step_of


class JaxCpu:
    """JAX on XLA's CPU client; its threads follow the processors the worker is bound to."""

    name = "jax-cpu"

    def __init__(self) -> None:
        # Read when JAX first computes: a GPU that is there is not asked for.
        jax.config.update("jax_platforms", "cpu")
        self.version = str(jax.__version__)
        self.clock = WallClock()
        self._compilations = Compilations()

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        # JAX's own default is to have no float64 at all.
        jax.config.update("jax_enable_x64", workload.dtype == "float64")
        network = ScanNetwork(problem)
        return step_of(workload, network, arithmetic(str(network.inputs["x"].dtype)))

    def compilation(self) -> Compilation | None:
        return self._compilations.done


def make() -> JaxCpu:
    return JaxCpu()
