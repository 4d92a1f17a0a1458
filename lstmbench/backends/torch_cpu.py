"""PyTorch eager on the CPU: ``nn.RNN``, ``nn.LSTM`` and ``nn.GRU`` as their users call them.

Inside a timed call: the module's forward under ``inference_mode`` (infer), or forward and
``autograd.grad`` with respect to every parameter, the input and the initial states (train).
PyTorch re-orders the weights for oneDNN at every call; its users pay that, so it is inside.
Outside: converting arrays to tensors, which happens once.
"""

from typing import Any

import torch

from lstmbench_kernels.problem import Problem

from ..clock import WallClock
from ..workload import Workload
from .base import Arrays, Compilation, Step, step_of


def make_module(problem: Problem) -> Any:
    """The ``torch.nn`` module of a problem, with the problem's weights."""
    shape, cell = problem.shape, problem.cell
    kinds = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
    options = {} if cell.name in kinds else {"nonlinearity": cell.name.removeprefix("rnn-")}
    module = kinds.get(cell.name, torch.nn.RNN)(
        shape.input_size,
        shape.hidden_size,
        num_layers=shape.num_layers,
        bidirectional=shape.bidirectional,
        bias=shape.bias,
        dtype=getattr(torch, str(problem.inputs["x"].dtype)),
        **options,
    )
    module.load_state_dict({n: torch.from_numpy(a) for n, a in problem.parameters.items()})
    return module


class TorchStep:
    """Tensors of one problem, and the two passes over them."""

    def __init__(self, problem: Problem) -> None:
        self.states = problem.cell.states
        self.module = make_module(problem)
        self.inputs = {n: torch.from_numpy(a).clone() for n, a in problem.inputs.items()}
        self.upstream = [torch.from_numpy(a).clone() for a in problem.upstream.values()]
        self.differentiated = {**self.inputs, **dict(self.module.named_parameters())}
        self.results: tuple[Any, ...] = ()
        self.found: tuple[Any, ...] = ()

    def _call(self) -> None:
        states = tuple(self.inputs[name + "0"] for name in self.states)
        y, final = self.module(self.inputs["x"], states if len(states) > 1 else states[0])
        self.results = (y, *final) if len(states) > 1 else (y, final)

    def infer(self) -> None:
        with torch.inference_mode():
            self._call()

    def forward(self) -> None:
        for tensor in self.inputs.values():
            tensor.requires_grad_(True)
        self._call()

    def backward(self) -> None:
        self.found = torch.autograd.grad(
            self.results, tuple(self.differentiated.values()), self.upstream
        )

    def outputs(self) -> Arrays:
        names = ("y", *(name + "T" for name in self.states))
        return {n: r.detach().numpy() for n, r in zip(names, self.results, strict=True)}

    def gradients(self) -> Arrays:
        return {n: g.numpy() for n, g in zip(self.differentiated, self.found, strict=True)}


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
