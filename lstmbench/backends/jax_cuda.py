"""JAX on the GPU: the same ``lax.scan`` as on the CPU, or cuDNN's LSTM as JAX offers it.

Inside a timed call: the compiled function (``jax_scan``, ``jax_cudnn``) and ``block_until_ready``
of arrays that are on the device; for training ``vjp`` with respect to every parameter, the input
and the states.  Outside: tracing and compiling, which JAX's own events count, copies between host
and device, and packing.  JAX lets nobody put events on its streams: times are by the wall clock.
What products multiply is set before each row is prepared and read back for its record.
"""

from typing import Any

import jax
import jax.numpy as jnp

from lstmbench_kernels.problem import Problem

from ..errors import BackendUnavailable
from ..machine import cuda, nvml
from ..machine.gpu import Device
from ..timing.clock import WallClock
from ..workload import Workload
from .base import Compilation, Step
from .device_call import FLUSHED_BYTES, Stream
from .device_call import on_device as with_device
from .jax_cudnn import CudnnNetwork
from .jax_scan import ScanNetwork
from .jax_step import Compilations, Network, arithmetic, step_of

NO_EVENTS = "by the wall clock alone: JAX offers no events"


class JaxCuda:
    """JAX on one GPU; ``cudnn`` is cuDNN's LSTM, and else it is a scan.

    Without a ``device`` all is the same but for what a GPU has besides.
    """

    def __init__(self, device: Any = None, *, cudnn: bool = False) -> None:
        self.name = "jax-cuda-cudnn" if cudnn else "jax-cuda"
        self._device = device
        self._cudnn = cudnn
        self.version = str(jax.__version__)
        self.clock = WallClock()
        self._compilations = Compilations()
        overwrite = jax.jit(lambda: jnp.zeros(FLUSHED_BYTES, jnp.uint8))
        self._flush = overwrite.lower().compile() if device else None

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        tf32 = workload.dtype == "tf32"
        # JAX's own default is to have no float64 at all, and TF32 in products of float32.
        jax.config.update("jax_enable_x64", workload.dtype == "float64")
        jax.config.update("jax_default_matmul_precision", "tensorfloat32" if tf32 else "highest")
        network = self._network(workload, problem)
        said = arithmetic(problem.inputs["x"].dtype.name)
        if self._cudnn:
            said = f"{workload.dtype}: TF32 is {'on' if tf32 else 'off'} in the call of cuDNN"
        step = step_of(workload, network, said)
        return self._on_gpu(step, problem) if self._device else step

    def _network(self, workload: Workload, problem: Problem) -> Network:
        if not self._cudnn:
            return ScanNetwork(problem)
        if workload.cell != "lstm":
            raise BackendUnavailable(
                f"{self.name}: JAX offers cuDNN's LSTM alone, and no {workload.cell}; use jax-cuda"
            )
        return CudnnNetwork(problem, tf32=workload.dtype == "tf32")

    def _on_gpu(self, step: Step, problem: Problem) -> Step:
        device, flush = self._device, self._flush
        assert flush is not None

        def upload() -> int:
            copies = jax.block_until_ready(jax.device_put(dict(problem.inputs), device))
            return sum(each.nbytes for each in copies.values())

        def download() -> int:
            return sum(array.nbytes for array in step.outputs().values())

        return with_device(
            step,
            # A step waits for its own results.
            Stream.without_events(lambda: None),
            device=Device(
                name=device.device_kind,
                compute_capability=getattr(device, "compute_capability", None),
                multiprocessors=getattr(device, "core_count", None),
                driver=cuda.driver(),
            ),
            clocks=nvml.reader(),
            meter=nvml.meter(),
            algorithm=lambda: {
                "all": "cuDNN's LSTM, algorithm by JAX" if self._cudnn else "lax.scan, by XLA",
                "device time": NO_EVENTS,
            },
            upload=upload,
            download=download,
            flush=lambda: jax.block_until_ready(flush()),
        )

    def compilation(self) -> Compilation | None:
        return self._compilations.done


def make(way: str = "scan") -> JaxCuda:
    name = "jax-cuda-cudnn" if way == "cudnn" else "jax-cuda"
    # Read when JAX first computes: without it JAX goes to the CPU where it finds no GPU.
    jax.config.update("jax_platforms", "cuda")
    try:
        device = jax.devices()[0]
    except RuntimeError as error:
        why = " ".join(str(error).split())[:200]
        raise BackendUnavailable(
            f"{name}: JAX {jax.__version__} finds no GPU: {why}; pip install 'jax[cuda13]'"
        ) from error
    return JaxCuda(device, cudnn=way == "cudnn")
