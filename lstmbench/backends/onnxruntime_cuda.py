"""ONNX Runtime on the GPU: its CUDA execution provider (cuDNN), or its TensorRT one.

Inside a timed call: ``run_with_iobinding`` of inputs and outputs that are on the device already, on
a stream of ours, between two events, until the device is done; ONNX Runtime waits for it itself at
the end of a run.  Outside: copies between host and device, building the session, packing the
weights, and building the engines of TensorRT, which are kept in memory and never on disk.

Every node runs on the provider that the row is named after: where it left one to another provider,
such as an LSTM to the CPU, there is no row, and the reason names the node.

No TF32.  The provider's ``use_tf32`` is off, but it is of matrix products and convolutions: the
descriptor of its recurrent nodes asks cuDNN for ``CUDNN_DEFAULT_MATH``, which may take TF32 for
float32 (source of the CUDA provider; its TensorRT one has no such option at all).  So
``NVIDIA_TF32_OVERRIDE=0``, which NVIDIA's libraries heed before anything else, is set for the
process (by the registry: importing ONNX Runtime may load them), and there are no rows of tf32.
"""

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
import onnxruntime

from lstmbench_kernels.problem import Problem

from ..errors import BackendUnavailable
from ..machine import nvml
from ..timing.clock import WallClock
from ..workload import Workload
from . import onnx_model
from .base import Arrays, Compilation, Step
from .cuda_stream import CudaStream, Memory, device
from .device_call import FLUSHED_BYTES, Stream, on_device
from .onnxruntime_session import make_session, placed

TF32 = "NVIDIA_TF32_OVERRIDE"
PROVIDERS = {
    "onnxruntime-cuda": "CUDAExecutionProvider",
    "onnxruntime-tensorrt": "TensorrtExecutionProvider",
}


class OnnxRuntimeCuda:
    """One execution provider of ONNX Runtime on the first device."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._provider = PROVIDERS[name]
        self.version = str(onnxruntime.__version__)
        self.clock = WallClock()
        self._threads = int(os.environ["OMP_NUM_THREADS"])

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        if workload.mode != "infer":
            raise BackendUnavailable(f"{self.name}: has no training")
        stream = CudaStream()
        options = provider_options(self._provider, stream.handle, workload.dtype)
        session = make_session(self.name, problem, self._threads, self._provider, options)
        nodes = placed(session)
        binding = session.io_binding()
        feeds = onnx_model.feeds(problem)
        for name, array in feeds.items():
            if name == onnx_model.LENGTHS:
                # The nodes read lengths on the host.
                binding.bind_cpu_input(name, array)
            else:
                binding.bind_ortvalue_input(name, to_device(array))
        results = {
            output.name: onnxruntime.OrtValue.ortvalue_from_shape_and_type(
                output.shape, problem.inputs["x"].dtype.type, "cuda", 0
            )
            for output in session.get_outputs()
        }
        for name, value in results.items():
            binding.bind_ortvalue_output(name, value)

        def outputs() -> Arrays:
            return onnx_model.outputs(problem, {n: value.numpy() for n, value in results.items()})

        def upload() -> int:
            copied = [array for name, array in feeds.items() if name != onnx_model.LENGTHS]
            for array in copied:
                to_device(array)
            return sum(array.nbytes for array in copied)

        facts, uuid = device()
        flushed = Memory(FLUSHED_BYTES)
        return on_device(
            Step(
                lambda: session.run_with_iobinding(binding),
                outputs,
                f"{workload.dtype}: as the model says, and {TF32} is {os.environ[TF32]}",
            ),
            Stream(stream.record, stream.elapsed, stream.wait),
            device=facts,
            clocks=nvml.reader(uuid),
            meter=nvml.meter(uuid),
            algorithm=lambda: {"forward": f"{nodes[self._provider]} on {self._provider}"},
            upload=upload,
            download=lambda: sum(value.numpy().nbytes for value in results.values()),
            flush=lambda: stream.clear(flushed),
        )

    def compilation(self) -> Compilation | None:
        return None


def to_device(array: np.ndarray[Any, Any]) -> Any:
    """A copy of an array on the device."""
    return onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array), "cuda", 0)


def provider_options(provider: str, stream: int, dtype: str) -> Mapping[str, str]:
    """What a provider is asked for: the stream, no TF32, nothing kept on disk."""
    common = {"device_id": "0", "user_compute_stream": str(stream)}
    if provider == PROVIDERS["onnxruntime-cuda"]:
        return {**common, "use_tf32": "0"}
    return {
        **common,
        "trt_fp16_enable": "1" if dtype == "float16" else "0",
        "trt_engine_cache_enable": "0",
        "trt_timing_cache_enable": "0",
    }


def make(name: str) -> OnnxRuntimeCuda:
    provider = PROVIDERS[name]
    known = onnxruntime.get_available_providers()
    if provider not in known:
        raise BackendUnavailable(
            f"{name}: onnxruntime-gpu is not installed: ONNX Runtime {onnxruntime.__version__} has "
            f"{' and '.join(known)}, not {provider}; pip uninstall onnxruntime, then "
            "pip install 'onnxruntime-gpu[cuda,cudnn]'"
        )
    if name == "onnxruntime-tensorrt":
        # Its wheel keeps its libraries where no linker looks; importing it loads them.
        import_module("tensorrt")
    onnxruntime.preload_dlls()
    return OnnxRuntimeCuda(name)
