"""PyTorch on the GPU: ``nn.RNN``, ``nn.LSTM`` and ``nn.GRU`` through cuDNN.

Inside a timed call: the same as on the CPU (``torch_cpu``), between two events of the current
stream, and waiting until the device is done.  Outside: copies between host and device, and
flattening the weights.  The modules are called as they are, or as ``torch.compile`` gives them back
(``torch_compile``).  TF32 is PyTorch's default for these modules; here it is on in rows of dtype
tf32 and off in all others, set before each row is prepared and read back for its record.
"""

from collections.abc import Mapping
from typing import Any

import torch

from lstmbench_kernels.problem import Problem

from ..errors import BackendUnavailable
from ..machine import cuda, nvml
from ..machine.gpu import Device
from ..timing.clock import WallClock
from ..units import Seconds
from ..workload import Workload
from .base import Compilation, Step, step_of
from .cudnn_rule import algorithm, goes_to_cudnn
from .device_call import FLUSHED_BYTES, Stream, on_device
from .torch_compile import VERSION, Compiler
from .torch_modules import TorchStep, to_array, to_tensor


class TorchCuda:
    """PyTorch on one device; on ``cpu`` all is the same but for events, clocks and cuDNN."""

    name = "torch-cuda"

    def __init__(self, device: str = "cuda", compiler: Compiler | None = None) -> None:
        self._device = device
        self._compiler = compiler
        self._on_gpu = device == "cuda"
        self.version = VERSION if compiler else str(torch.__version__)
        if self._on_gpu:
            self.version += f", cuDNN {torch.backends.cudnn.version() or 'absent'}"
        self.clock = WallClock()

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        tf32 = allow_tf32(workload.dtype == "tf32")
        passes = TorchStep(problem, self._device, self._compiler)
        # cuDNN keeps what backward needs wherever a module is in training mode.
        passes.module.train(workload.mode != "infer")
        step = step_of(workload.mode, passes, f"{workload.dtype}: {tf32}")
        if not self._on_gpu:
            return step
        passes.module.flatten_parameters()
        facts = torch.cuda.get_device_properties(0)
        capability = (facts.major, facts.minor)

        def chosen() -> Mapping[str, str]:
            version = torch.backends.cudnn.version()
            if not goes_to_cudnn(workload.dtype, capability, version):
                return {"all": f"not cuDNN {version} but PyTorch's own kernels, by PyTorch's rule"}
            asked = asked_for(workload, capability, facts.multi_processor_count)
            return {**asked, "tf32": tf32}

        def upload() -> int:
            copies = [to_tensor(array).to(self._device) for array in problem.inputs.values()]
            return sum(each.nbytes for each in copies)

        def download() -> int:
            return sum(to_array(tensor).nbytes for tensor in passes.results)

        return on_device(
            step,
            Stream(record, elapsed, torch.cuda.synchronize),
            device=Device(
                name=facts.name,
                compute_capability=f"{facts.major}.{facts.minor}",
                multiprocessors=facts.multi_processor_count,
                memory_bytes=facts.total_memory,
                driver=cuda.driver(),
            ),
            clocks=nvml.reader(f"GPU-{facts.uuid}"),
            meter=nvml.meter(f"GPU-{facts.uuid}"),
            algorithm=chosen,
            upload=upload,
            download=download,
            flush=torch.empty(FLUSHED_BYTES, dtype=torch.uint8, device=self._device).zero_,
        )

    def compilation(self) -> Compilation | None:
        return self._compiler.done if self._compiler else None


def asked_for(
    workload: Workload, capability: tuple[int, int], multiprocessors: int
) -> dict[str, str]:
    """A line for each pass of a row: what PyTorch's rule asks cuDNN for."""
    passes = ("forward", "backward") if workload.has_gradients else ("forward",)
    asked = {
        name: algorithm(workload, capability, multiprocessors, forward=name == "forward")
        for name in passes
    }
    return {name: f"cuDNN {each}, by PyTorch's rule" for name, each in asked.items()}


def allow_tf32(allowed: bool) -> str:
    """Let float32 products of cuDNN's cells be TF32, or forbid it; what is set then, in words."""
    wanted = "tf32" if allowed else "ieee"
    torch.backends.cudnn.rnn.fp32_precision = wanted
    found = torch.backends.cudnn.rnn.fp32_precision
    if found != wanted:
        raise BackendUnavailable(f"torch-cuda: TF32: cuDNN was set to {wanted}, and is {found}")
    return f"torch.backends.cudnn.rnn.fp32_precision is {wanted}"


def record() -> Any:
    """An event of the current stream."""
    event = torch.cuda.Event(enable_timing=True)
    event.record()
    return event


def elapsed(first: Any, last: Any) -> Seconds:
    """Seconds between two events; PyTorch tells milliseconds."""
    return float(first.elapsed_time(last)) / 1e3


def make(way: str = "eager") -> TorchCuda:
    name = "torch-compile-cuda" if way == "compile" else "torch-cuda"
    if torch.version.cuda is None:
        raise BackendUnavailable(
            f"{name}: PyTorch {torch.__version__} is built without CUDA; "
            "pip install torch --index-url https://download.pytorch.org/whl/cu130"
        )
    if not torch.cuda.is_available():
        raise BackendUnavailable(
            f"{name}: PyTorch for CUDA {torch.version.cuda} finds no device that it can use; "
            "nvidia-smi shows devices and the driver's version"
        )
    if not (torch.backends.cudnn.is_available() and torch.backends.cudnn.enabled):
        raise BackendUnavailable(
            f"{name}: PyTorch {torch.__version__} has no cuDNN, or it is off; pip install torch"
        )
    return TorchCuda(compiler=Compiler() if way == "compile" else None)
