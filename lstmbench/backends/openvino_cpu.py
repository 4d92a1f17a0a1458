"""OpenVINO on the CPU: inference of the ONNX model, in float32, one stream.

Inside a timed call: ``infer`` of a request whose input tensors are set once.  Outside: building and
compiling the model.  The precision is asked for explicitly: by default OpenVINO may take bfloat16.
"""

import os

import numpy as np
import openvino

from lstmbench_kernels.problem import Problem

from ..clock import WallClock
from ..errors import BackendUnavailable
from ..workload import Workload
from . import onnx_model
from .base import Arrays, Compilation, Step

# The precisions that its CPU plugin may choose.
NAMES = {"f32": "float32", "bf16": "bfloat16", "f16": "float16"}


class OpenVinoCpu:
    """OpenVINO's CPU plugin, tuned for the latency of one request."""

    name = "openvino-cpu"

    def __init__(self) -> None:
        self.version = str(openvino.__version__)
        self.clock = WallClock()
        self._core = openvino.Core()
        self._settings = {
            "INFERENCE_NUM_THREADS": int(os.environ["OMP_NUM_THREADS"]),
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
        }

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        if workload.mode != "infer":
            raise BackendUnavailable(f"{self.name}: has no training")
        model = self._core.read_model(onnx_model.build(problem))
        compiled = self._core.compile_model(model, "CPU", self._settings)
        request = compiled.create_infer_request()
        for name, array in onnx_model.feeds(problem).items():
            tensor = openvino.Tensor(np.ascontiguousarray(array), shared_memory=True)
            request.set_tensor(name, tensor)

        def outputs() -> Arrays:
            found = {
                port.get_any_name(): request.get_tensor(port).data for port in compiled.outputs
            }
            return onnx_model.outputs(problem, found)

        kind = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        precision = f"{NAMES[kind]}: the compiled model's INFERENCE_PRECISION_HINT is {kind}"
        return Step(request.infer, outputs, precision)

    def compilation(self) -> Compilation | None:
        return None


def make() -> OpenVinoCpu:
    return OpenVinoCpu()
