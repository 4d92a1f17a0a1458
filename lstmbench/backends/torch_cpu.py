"""PyTorch eager on the CPU: ``nn.RNN``, ``nn.LSTM`` and ``nn.GRU`` as their users call them.

Inside a timed call: the module's forward under ``inference_mode`` (infer), or forward and
``autograd.grad`` with respect to every parameter, the input and the initial states (train).
PyTorch re-orders the weights for oneDNN at every call; its users pay that, so it is inside.
Outside: converting arrays to tensors, which happens once.
"""

import torch

from lstmbench_kernels.problem import Problem

from ..clock import WallClock
from ..workload import Workload
from .base import Compilation, Step, step_of
from .torch_modules import TorchStep


class TorchCpu:
    """PyTorch with the threads that its environment names."""

    name = "torch-cpu"

    def __init__(self) -> None:
        self.version = str(torch.__version__)
        self.clock = WallClock()

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        step = TorchStep(problem)
        return step_of(
            workload.mode,
            infer=step.infer,
            forward=step.forward,
            backward=step.backward,
            outputs=step.outputs,
            gradients=step.gradients,
        )

    def compilation(self) -> Compilation | None:
        return None


def make() -> TorchCpu:
    return TorchCpu()
