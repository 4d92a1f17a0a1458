"""OpenVINO on the CPU: inference of the ONNX model, one stream.

Inside a timed call: ``infer`` of a request whose input tensors are set once.  Outside: building and
compiling the model.

The precision is asked for explicitly, by ``INFERENCE_PRECISION_HINT``: by default OpenVINO may take
bfloat16 for float32.  Asked for float16 on a processor without it, OpenVINO 2026.4 silently takes
bfloat16 (seen on a Zen 4): rows of two bytes are therefore of processors that list the precision
among their ``OPTIMIZATION_CAPABILITIES``, and what the compiled model and its recurrent nodes say
that they run in must be what the row is called.  The arrays of such rows are of two bytes too.

Sequences of unequal lengths are a loop over steps to it, not its one node for a whole sequence.
"""

import os
from typing import Any

import numpy as np
import openvino
from openvino.preprocess import PrePostProcessor

from lstmbench_kernels.problem import Problem

from ..correctness.rounding import storage
from ..errors import BackendUnavailable
from ..timing.clock import WallClock
from ..workload import Workload
from . import onnx_model
from .base import Arrays, Compilation, Step

# As the hint and the execution graph call a precision, and as the capabilities of a device do.
HINTS = {"float32": "f32", "float16": "f16", "bfloat16": "bf16"}
CAPABILITIES = {"float32": "FP32", "float16": "FP16", "bfloat16": "BF16"}
# Recurrent nodes of the execution graph; of a loop it tells the precision of the arrays only.
RECURRENT = ("RNNSeq", "RNNCell")


class OpenVinoCpu:
    """OpenVINO's CPU plugin, tuned for the latency of one request."""

    name = "openvino-cpu"

    def __init__(self) -> None:
        self.version = str(openvino.__version__)
        self.clock = WallClock()
        self._core = openvino.Core()
        self._settings = {
            "INFERENCE_NUM_THREADS": int(os.environ["OMP_NUM_THREADS"]),
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
        }

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        if workload.mode != "infer":
            raise BackendUnavailable(f"{self.name}: has no training")
        dtype = workload.dtype
        self._require(dtype)
        model = self._core.read_model(onnx_model.build(problem.astype("float32")))
        settings = {**self._settings, "INFERENCE_PRECISION_HINT": HINTS[dtype]}
        compiled = self._core.compile_model(with_arrays_of(model, dtype), "CPU", settings)
        precision = self._read_back(compiled, dtype)
        request = compiled.create_infer_request()
        for name, array in onnx_model.feeds(problem).items():
            request.set_tensor(name, to_tensor(array))

        def outputs() -> Arrays:
            found = {
                port.get_any_name(): request.get_tensor(port).data.view(storage(dtype))
                for port in compiled.outputs
            }
            return onnx_model.outputs(problem, found)

        return Step(request.infer, outputs, precision)

    def _require(self, dtype: str) -> None:
        """Refuse what the processor would compute in another precision."""
        known = self._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if CAPABILITIES[dtype] not in known:
            raise BackendUnavailable(
                f"{self.name}: OpenVINO does not compute in {dtype} on this processor: "
                f"{CAPABILITIES[dtype]} is not among its capabilities ({', '.join(known)})"
            )

    def _read_back(self, compiled: Any, dtype: str) -> str:
        """What the compiled model runs in, in words; anything but the row's precision is no row."""
        hint = compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
        ran = recurrent_precisions(compiled)
        if {hint, *ran} != {HINTS[dtype]}:
            raise BackendUnavailable(
                f"{self.name}: OpenVINO was asked for {dtype} and would run in {hint}, "
                f"its recurrent nodes in {', '.join(sorted(ran)) or 'that'}"
            )
        nodes = "so say its recurrent nodes" if ran else "the steps are a loop"
        return f"{dtype}: the compiled model's INFERENCE_PRECISION_HINT is {hint}, and {nodes}"

    def compilation(self) -> Compilation | None:
        return None


def with_arrays_of(model: Any, dtype: str) -> Any:
    """The model, taking and giving arrays of a precision of two bytes."""
    if dtype == "float32":
        return model
    steps = PrePostProcessor(model)
    element = getattr(openvino.Type, HINTS[dtype])
    for port in model.inputs:
        if port.get_any_name() != onnx_model.LENGTHS:
            steps.input(port.get_any_name()).tensor().set_element_type(element)
    for port in model.outputs:
        steps.output(port.get_any_name()).tensor().set_element_type(element)
    return steps.build()


def to_tensor(array: Any) -> Any:
    """A tensor in the memory of an array; OpenVINO takes no NumPy array of bfloat16 as it is."""
    array = np.ascontiguousarray(array)
    if array.dtype.name == "bfloat16":
        shape = openvino.Shape(list(array.shape))
        return openvino.Tensor(array.view(np.uint16), shape, openvino.Type.bf16)
    return openvino.Tensor(array, shared_memory=True)


def recurrent_precisions(compiled: Any) -> set[str]:
    """The precisions that the recurrent nodes of the execution graph run in."""
    nodes = [node.get_rt_info() for node in compiled.get_runtime_model().get_ordered_ops()]
    recurrent = [info for info in nodes if info["layerType"].astype(str) in RECURRENT]
    return {info["runtimePrecision"].astype(str) for info in recurrent}


def make() -> OpenVinoCpu:
    return OpenVinoCpu()
