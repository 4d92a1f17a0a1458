"""ONNX Runtime on the CPU: inference of an ONNX ``LSTM``, ``GRU`` or ``RNN`` node.

Inside a timed call: ``run_with_iobinding``, inputs and outputs bound once to arrays that exist
already, as who serves a model does.  Outside: building the model, and the session, which packs the
weights when it is made.

float32 only.  ONNX Runtime 1.31 takes a float16 model on the CPU, but runs its recurrent nodes in
float32 between casts: that would be a time of another precision.  It says itself that ``LSTM`` and
``GRU`` do "not support double yet", and has no ``RNN`` of doubles.
"""

import os

import onnxruntime

from lstmbench_kernels.problem import Problem

from ..errors import BackendUnavailable
from ..timing.clock import WallClock
from ..workload import Workload
from . import onnx_model
from .base import Arrays, Compilation, Step
from .onnxruntime_session import make_session

ARITHMETIC = "float32: as the model says, and no option of the session asks for less"


class OnnxRuntimeCpu:
    """ONNX Runtime's CPU execution provider, one operator at a time."""

    name = "onnxruntime-cpu"

    def __init__(self) -> None:
        self.version = str(onnxruntime.__version__)
        self.clock = WallClock()
        self._threads = int(os.environ["OMP_NUM_THREADS"])

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        if workload.mode != "infer":
            raise BackendUnavailable(f"{self.name}: has no training")
        session = make_session(self.name, problem, self._threads)
        binding = session.io_binding()
        for name, array in onnx_model.feeds(problem).items():
            binding.bind_cpu_input(name, array)
        names = [output.name for output in session.get_outputs()]
        for output in session.get_outputs():
            binding.bind_ortvalue_output(
                output.name,
                onnxruntime.OrtValue.ortvalue_from_shape_and_type(output.shape, "float32"),
            )

        def outputs() -> Arrays:
            found = dict(zip(names, binding.copy_outputs_to_cpu(), strict=True))
            return onnx_model.outputs(problem, found)

        return Step(lambda: session.run_with_iobinding(binding), outputs, ARITHMETIC)

    def compilation(self) -> Compilation | None:
        return None


def make() -> OnnxRuntimeCpu:
    return OnnxRuntimeCpu()
