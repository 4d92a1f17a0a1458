"""``torch.nn`` modules of a problem and the passes over them, for every PyTorch backend."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils import rnn

from lstmbench_kernels.problem import Problem

from ..correctness.rounding import storage
from .base import Arrays


def to_tensor(array: NDArray[Any]) -> Any:
    """A tensor of an array's numbers; PyTorch does not take NumPy's bfloat16 but for its bits."""
    if array.dtype.name == "bfloat16":
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def to_array(tensor: Any) -> NDArray[Any]:
    """The numbers of a tensor as an array of the host."""
    host = tensor.detach().cpu()
    if host.dtype == torch.bfloat16:
        bits: NDArray[Any] = host.view(torch.int16).numpy()
        return bits.view(storage("bfloat16"))
    array: NDArray[Any] = host.numpy()
    return array


def make_module(problem: Problem, device: str = "cpu") -> Any:
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
        dtype=getattr(torch, problem.inputs["x"].dtype.name),
        device=device,
        **options,
    )
    module.load_state_dict({n: to_tensor(a) for n, a in problem.parameters.items()})
    return module


class TorchStep:
    """Tensors of one problem, and the two passes over them.

    Sequences of unequal lengths are packed before the module and padded behind it, at every call.
    ``compiler`` gives what is called instead of the module.
    """

    def __init__(
        self,
        problem: Problem,
        device: str = "cpu",
        compiler: Callable[[Any], Any] | None = None,
    ) -> None:
        self.states = problem.cell.states
        self.module = make_module(problem, device)
        self.network = compiler(self.module) if compiler else self.module

        def place(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
            return {n: to_tensor(a).to(device, copy=True) for n, a in arrays.items()}

        self.inputs = place(problem.inputs)
        self.seq_len = problem.shape.seq_len
        # PyTorch wants them on the host, wherever the sequences are.
        self.lengths = torch.tensor(problem.lengths) if problem.lengths else None
        self.upstream = list(place(problem.upstream).values())
        self.differentiated = {**self.inputs, **dict(self.module.named_parameters())}
        self.results: tuple[Any, ...] = ()
        self.found: tuple[Any, ...] = ()

    @property
    def dtype(self) -> str:
        """The dtype of the tensors."""
        return str(self.inputs["x"].dtype).removeprefix("torch.")

    def _call(self) -> None:
        states = tuple(self.inputs[name + "0"] for name in self.states)
        x = self.inputs["x"]
        if self.lengths is not None:
            x = rnn.pack_padded_sequence(x, self.lengths, enforce_sorted=False)
        y, final = self.network(x, states if len(states) > 1 else states[0])
        if self.lengths is not None:
            y, _ = rnn.pad_packed_sequence(y, total_length=self.seq_len)
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
        return {n: to_array(r) for n, r in zip(names, self.results, strict=True)}

    def gradients(self) -> Arrays:
        return {n: to_array(g) for n, g in zip(self.differentiated, self.found, strict=True)}
