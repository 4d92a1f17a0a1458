"""A stack of layers × directions on the CPU: binds the arrays of a call, and runs it."""

# T = seq_len, B = batch_size, H = hidden_size

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..call import Call
from ..cells.layout import LAYOUTS
from ..spec import CellSpec, Shape
from .backward import make_backward
from .cells import marker
from .compile import callback
from .forward import make_forward
from .host import allowed_processors
from .job import CALL
from .weights import Weights
from .workspace import Workspace, address_of, bind_lengths, make_workspace

Array = NDArray[Any]
Arrays = Mapping[str, Array]

WORKSPACES_KEPT = 4  # shapes whose buffers a layer keeps, the latest used


@cache
def entry_code(mode: str, cell: str, dtype: str, ragged: bool) -> int:
    """The address of the code of ``forward`` or ``backward`` for a cell in a precision."""
    make = {"forward": make_forward, "backward": make_backward}[mode]
    variant = f"{mode}-{cell}-{dtype}" + ("-ragged" if ragged else "")
    address: int = callback(make(marker(cell, dtype, ragged)), CALL, variant).address
    return address


class CpuNetwork:
    """One network on the CPU.  Arrays come checked; see ``layer.py`` for the public face."""

    def __init__(self, cell: CellSpec, shape: Shape, dtype: str, threads: int) -> None:
        self.cell, self.shape, self.dtype = cell, shape, np.dtype(dtype)
        # More threads than processors would wait for each other's time slices.
        self.threads = min(threads, allowed_processors())
        self.layout = LAYOUTS[cell.name]
        self.weights = Weights(self.layout, shape, dtype)
        self._workspaces: OrderedDict[tuple[int, int, bool], Workspace] = OrderedDict()

    @property
    def parameters(self) -> dict[str, Array]:
        """The state dict as it was loaded."""
        return self.weights.loaded

    def load(self, parameters: Arrays) -> None:
        """Copy and pack a state dict."""
        self.weights.load(parameters)

    def compile(self, mode: str, ragged: bool = False) -> int:
        """The address of the code of ``forward`` or ``backward``, compiled or taken from disk."""
        return entry_code(mode, self.cell.name, self.dtype.name, ragged)

    def forward(self, inputs: Arrays, outputs: Arrays, training: bool, call: Call) -> Workspace:
        """Run all layers from ``x`` and the given initial states into y, hT (and cT).

        The same ``call`` means the very same arrays, and lengths, as when it came first.
        """
        T, B, _ = inputs["x"].shape
        work = self._workspace(T, B, training)
        if work.bound.get("forward") is not call:
            bind_lengths(work, call.lengths, (T, B))
            self._bind_forward(work, inputs, outputs)
            work.bound["forward"] = call
        work.run(self.compile("forward", work.is_ragged))
        if work.steps < T:
            outputs["y"][work.steps :] = 0
        return work

    def _bind_forward(self, work: Workspace, inputs: Arrays, outputs: Arrays) -> None:
        x, y = inputs["x"], outputs["y"]
        jobs, H, item = work.jobs, self.shape.hidden_size, self.dtype.itemsize
        directions = self.shape.num_directions
        for index, job in enumerate(jobs):
            layer, direction = divmod(index, directions)
            if layer == 0:
                job["x"], (job["x_step"], job["x_row"], _) = address_of(x), x.strides
            if layer == self.shape.num_layers - 1:
                job["y"] = address_of(y) + direction * H * item
            state_bytes = index * x.shape[1] * H * item
            for name in ("h0", "c0"):
                given = inputs.get(name)
                address = (
                    address_of(work.zeros) if given is None else address_of(given) + state_bytes
                )
                if name == "h0":
                    job["h0"] = address
                if name == ("h0" if self.layout.carry_is_h else "c0"):
                    job["state0"] = address
            for name in ("hT", "cT"):
                job[name] = address_of(outputs[name]) + state_bytes if name in outputs else 0

    def backward(self, work: Workspace, upstream: Arrays, gradients: Arrays, call: Call) -> None:
        """Run all layers back from dy and the given state gradients; gates are written over."""
        if work.bound.get("backward") is not call:
            self._bind_backward(work, upstream, gradients)
            work.bound["backward"] = call
        work.run(self.compile("backward", work.is_ragged))
        if "x" in gradients and work.steps < len(gradients["x"]):
            gradients["x"][work.steps :] = 0

    def _bind_backward(self, work: Workspace, upstream: Arrays, gradients: Arrays) -> None:
        jobs, H, item = work.jobs, self.shape.hidden_size, self.dtype.itemsize
        directions, layers = self.shape.num_directions, self.shape.num_layers
        dy = upstream["dy"]
        for (layer, _, suffix), index in zip(self.shape.layers(), range(len(jobs)), strict=True):
            job, direction = jobs[index], index % directions
            arrives = dy if layer == layers - 1 else work.layer_gradients[layer]
            leaves = gradients.get("x") if layer == 0 else work.layer_gradients[layer - 1]
            job["dy"] = address_of(arrives) + direction * H * item
            job["dy_step"], job["dy_row"], _ = arrives.strides
            packed = ["weight_h_t"]
            if leaves is None:
                job["dx"] = 0
            else:
                job["dx"], (job["dx_step"], job["dx_row"], _) = address_of(leaves), leaves.strides
                packed.append("weight_x_t")
            for name in packed:
                job[name] = address_of(self.weights.packed(name, index, work.geometries[index]))
            state_bytes = index * dy.shape[1] * H * item
            dhT, dcT = upstream.get("dhT"), upstream.get("dcT")
            job["dhT"] = address_of(work.zeros) if dhT is None else address_of(dhT) + state_bytes
            job["dcT"] = 0 if dcT is None else address_of(dcT) + state_bytes
            job["dh0"] = address_of(gradients["h0"]) + state_bytes
            job["dc0"] = address_of(gradients["c0"]) + state_bytes if "c0" in gradients else 0
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                array = gradients.get(name + suffix)
                job["d" + name] = 0 if array is None else address_of(array)

    def _workspace(self, T: int, B: int, training: bool) -> Workspace:
        key = (T, B, training)
        if key not in self._workspaces:
            shape = replace(self.shape, seq_len=T, batch_size=B)
            self._workspaces[key] = make_workspace(
                self.cell, self.weights, shape, self.threads, training=training
            )
            while len(self._workspaces) > WORKSPACES_KEPT:
                self._workspaces.popitem(last=False)
        self._workspaces.move_to_end(key)
        return self._workspaces[key]
