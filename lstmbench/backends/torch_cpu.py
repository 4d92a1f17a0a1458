"""PyTorch on the CPU: ``nn.RNN``, ``nn.LSTM`` and ``nn.GRU`` as their users call them.

Inside a timed call: the module's forward under ``inference_mode`` (infer), or forward and
``autograd.grad`` with respect to every parameter, the input and the initial states (train).
PyTorch re-orders the weights for oneDNN at every call; its users pay that, so it is inside.
Sequences of unequal lengths are packed, and their outputs padded, inside too: users do that for
every batch.
Outside: converting arrays to tensors, which happens once.  The modules are called as they are, or
as ``torch.compile`` gives them back (``torch_compile``).
"""

import torch

from lstmbench_kernels.problem import Problem

from ..precision import PRECISIONS
from ..timing.clock import WallClock
from ..workload import Workload
from .base import Compilation, Step, step_of
from .torch_compile import VERSION, Compiler
from .torch_modules import TorchStep

# What products of float32 multiply under a setting of PyTorch; its default, none, lowers nothing.
MULTIPLIED = {"none": "float32", "ieee": "float32", "tf32": "tf32", "bf16": "bfloat16"}


class TorchCpu:
    """PyTorch with the threads that its environment names."""

    name = "torch-cpu"

    def __init__(self, compiler: Compiler | None = None) -> None:
        self._compiler = compiler
        self.version = VERSION if compiler else str(torch.__version__)
        self.clock = WallClock()

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        step = TorchStep(problem, compiler=self._compiler)
        return step_of(workload.mode, step, arithmetic(step.dtype))

    def compilation(self) -> Compilation | None:
        return self._compiler.done if self._compiler else None


def arithmetic(dtype: str) -> str:
    """What oneDNN may make of products of float32: of its own cells, and of single products."""
    places = {"rnn": torch.backends.mkldnn.rnn, "matmul": torch.backends.mkldnn.matmul}
    found = {name: str(place.fp32_precision) for name, place in places.items()}
    least = min(
        map(MULTIPLIED.__getitem__, found.values()), key=lambda p: PRECISIONS[p].significand
    )
    allowed = ", ".join(f"{name} {precision}" for name, precision in found.items())
    return f"{least if dtype == 'float32' else dtype}: oneDNN's fp32_precision is {allowed}"


def make(way: str = "eager") -> TorchCpu:
    return TorchCpu(Compiler() if way == "compile" else None)
