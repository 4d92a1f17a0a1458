"""Keras on TensorFlow on the GPU: the same layers as on the CPU, LSTM and GRU through cuDNN.

Inside a timed call: the same as on the CPU (``keras_cpu``), and waiting until the device is done.
Keras goes to cuDNN where an LSTM or a GRU has biases and its usual activations; what does not go
there XLA compiles, as Keras' own ``jit_compile="auto"`` has it on a machine with a GPU.  In a row
of ``forward`` or ``backward`` the tape is outside of the function, which XLA does not compile then:
the two do not add up to a row of ``train``.  Outside: copies between host and device.  TensorFlow
lets nobody put events on its streams: times are by the wall clock.
TF32 is TensorFlow's default; here it is on in rows of dtype tf32 and off in all others, set before
each row is prepared and read back for its record.
"""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from lstmbench_kernels.problem import Problem

from ..errors import BackendUnavailable
from ..machine import cuda, nvml
from ..machine.gpu import Device
from ..timing.clock import WallClock
from ..workload import Workload
from .base import Compilation, Step
from .device_call import FLUSHED_BYTES, Stream, on_device
from .keras_layers import VERSION, KerasStep, Traces

CUDNN = "CudnnRNNV3"
INSTALL = "pip install keras 'tensorflow[and-cuda]'"
NO_EVENTS = "by the wall clock alone: TensorFlow offers no events"


class KerasCuda:
    """Keras layers on one GPU; without a ``device`` all is the same but for what a GPU has."""

    name = "keras-cuda"

    def __init__(self, device: Any = None) -> None:
        self._device = device
        self.version = VERSION
        self.clock = WallClock()
        self._traces = Traces()

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        said = allow_tf32(workload.dtype == "tf32")
        passes = KerasStep(problem, self._traces, on_gpu=True)
        step = passes.step(workload, f"{workload.dtype}: {said}")
        if self._device is None:
            return step
        details = tf.config.experimental.get_device_details(self._device)
        capability = details.get("compute_capability")

        def download() -> int:
            return sum(array.nbytes for array in step.outputs().values())

        return on_device(
            step,
            Stream.without_events(tf.test.experimental.sync_devices),
            device=Device(
                name=details.get("device_name", self._device.name),
                compute_capability=".".join(map(str, capability)) if capability else None,
                driver=cuda.driver(),
            ),
            clocks=nvml.reader(),
            meter=nvml.meter(),
            algorithm=lambda: ran(self._traces.operations, xla=passes.xla),
            upload=lambda: sum(array.nbytes for array in passes.upload()),
            download=download,
            flush=lambda: tf.zeros(FLUSHED_BYTES, tf.uint8),
        )

    def compilation(self) -> Compilation | None:
        return Compilation(self._traces.count, self._traces.seconds)


def ran(operations: frozenset[str], *, xla: bool) -> Mapping[str, str]:
    """What a row ran, from the kinds of operations in its graph."""
    loop = "a loop over the steps" + (", compiled by XLA" if xla else "")
    how = f"cuDNN, by TensorFlow's {CUDNN}" if CUDNN in operations else f"not cuDNN but {loop}"
    return {"all": how, "device time": NO_EVENTS}


def allow_tf32(allowed: bool) -> str:
    """Let products of float32 be TF32, or forbid it; what is set then, in words."""
    tf.config.experimental.enable_tensor_float_32_execution(allowed)
    found = tf.config.experimental.tensor_float_32_execution_enabled()
    if found != allowed:
        raise BackendUnavailable(f"keras-cuda: TF32 was set to {allowed}, and is {found}")
    return f"TensorFlow's execution in TF32 is {'on' if found else 'off'}"


def make() -> KerasCuda:
    if not tf.sysconfig.get_build_info().get("is_cuda_build"):
        raise BackendUnavailable(
            f"keras-cuda: TensorFlow {tf.__version__} is built without CUDA; {INSTALL}"
        )
    found = tf.config.list_physical_devices("GPU")
    if not found:
        raise BackendUnavailable(
            f"keras-cuda: TensorFlow {tf.__version__} finds no GPU that it can use; {INSTALL}"
        )
    tf.config.set_visible_devices(found[:1], "GPU")
    return KerasCuda(found[0])
