"""A stack of layers × directions on the CPU: packed weights, workspaces, and what runs them."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, L = num_layers

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from ..spec import CellSpec, Shape
from .backward import backward
from .cells import LAYOUTS, marker
from .compile import compile_once
from .forward import forward
from .gemm import scratch_bytes
from .host import allowed_processors, l2_bytes, registers
from .job import JOB, SHARE
from .pack import (
    Geometry,
    aligned_zeros,
    pack_bias,
    pack_product,
    pack_transposed,
)
from .schedule import Schedule, choose_schedule, step_seconds
from .simd import TILE_VECTORS, tile_code
from .team import TEAM

Array = NDArray[Any]
Arrays = Mapping[str, Array]

WORKSPACES_KEPT = 4  # shapes whose buffers a layer keeps, the latest used
CHUNK_BYTES = 1 << 18  # of sums that inference keeps in cache between projection and recurrence
SLOW_WAITS = 3  # of a call before one thread takes over the hidden units of its group
SHORTEST_LONG_WAIT = 30e-6  # seconds; a wait of less, or of less than two steps, is not slow
FIRST_REST, LONGEST_REST = 16, 128  # calls for which it keeps them
TAKEOVER = 1  # which number beside a group's counter says so
COUNTER_BYTES = 128  # apart, so that two counters never share a cache line or its neighbour


def _address(array: Array) -> int:
    address: int = array.__array_interface__["data"][0]  # a third of the time of array.ctypes
    return address


@dataclass
class Workspace:
    """The buffers and records of one (T, B), for inference or for training."""

    jobs: Any
    shares: Any = None
    fresh_shares: Any = None
    resting_shares: Any = None
    counters: Any = None
    keep: list[Array] = field(default_factory=list)
    layer_outputs: list[Array] = field(default_factory=list)
    layer_gradients: list[Array] = field(default_factory=list)
    zeros: Any = None
    bound: dict[str, object] = field(default_factory=dict)  # the call whose arrays jobs point to
    rest: int = 0  # calls to go before the threads share hidden units again
    next_rest: int = FIRST_REST

    def run(self, entry: Any, cell: Any) -> None:
        """Run a call on the team, and remember whether its threads were kept from running.

        While other work takes the processors, threads that meet at every step would be many times
        slower than one alone; see ``team.step_barrier``.
        """
        if self.rest > 0:
            self.rest -= 1
            TEAM.run(entry, cell, self.jobs, self.resting_shares)
            return
        TEAM.run(entry, cell, self.jobs, self.shares)
        if self.fresh_shares["group_size"][0] == 1:
            return
        if (self.shares["group_size"] == 1).any():
            self.rest = self.next_rest
            self.shares[...] = self.fresh_shares
            self.counters[:, TAKEOVER] = 0
            self.next_rest = min(2 * self.next_rest, LONGEST_REST)
        else:
            self.shares["slow_waits"] = 0
            self.next_rest = FIRST_REST


class CpuNetwork:
    """One network on the CPU.  Arrays come checked; see ``layer.py`` for the public face."""

    def __init__(self, cell: CellSpec, shape: Shape, dtype: str, threads: int) -> None:
        self.cell, self.shape, self.dtype = cell, shape, np.dtype(dtype)
        # More threads than processors would wait for each other's time slices.
        self.threads = threads = min(threads, allowed_processors())
        self.layout = LAYOUTS[cell.name]
        self.marker = marker(cell.name, dtype)
        self.lanes = registers().lanes(self.dtype.itemsize)
        directions = shape.num_directions
        group = threads // directions if threads % directions == 0 else threads
        self.geometries = [
            Geometry(self.layout, input_size, shape.hidden_size, self.lanes, group)
            for _, input_size, _ in shape.layers()
        ]
        self.weights: list[dict[str, Array]] = [{} for _ in self.geometries]
        self.parameters: dict[str, Array] = {}
        self._transposed = False
        self._workspaces: OrderedDict[tuple[int, int, bool], Workspace] = OrderedDict()
        self._entries: dict[str, Any] = {}

    # --- weights --------------------------------------------------------------

    def load(self, parameters: Arrays) -> None:
        """Pack a state dict.  What was packed before is written over in place."""
        self.parameters = {name: array.copy() for name, array in parameters.items()}
        for (_, _, suffix), geometry, packed in zip(
            self.shape.layers(), self.geometries, self.weights, strict=True
        ):
            self._write(
                packed,
                weight_x=pack_product(
                    self.parameters["weight_ih" + suffix], self.layout.x_gates, geometry
                ),
                weight_h=pack_product(
                    self.parameters["weight_hh" + suffix], self.layout.h_gates, geometry
                ),
                bias=pack_bias(
                    self.parameters.get("bias_ih" + suffix),
                    self.parameters.get("bias_hh" + suffix),
                    geometry,
                    self.dtype,
                ),
            )
        self._transposed = False

    def _pack_transposed(self) -> None:
        """The second order of the weights, which only backward needs."""
        if self._transposed:
            return
        for (_, _, suffix), geometry, packed in zip(
            self.shape.layers(), self.geometries, self.weights, strict=True
        ):
            self._write(
                packed,
                weight_x_t=pack_transposed(
                    self.parameters["weight_ih" + suffix],
                    self.layout.x_gates,
                    geometry,
                    geometry.input_vectors,
                    TILE_VECTORS,
                ),
                weight_h_t=pack_transposed(
                    self.parameters["weight_hh" + suffix],
                    self.layout.h_gates,
                    geometry,
                    geometry.vectors,
                    geometry.hidden_gradient_vectors,
                ),
            )
        self._transposed = True

    @staticmethod
    def _write(packed: dict[str, Array], **arrays: Array) -> None:
        for name, array in arrays.items():
            if name in packed:
                packed[name][...] = array
            else:
                packed[name] = array

    # --- running --------------------------------------------------------------

    def compile(self, mode: str) -> Any:
        """The machine code of ``forward`` or ``backward``, compiled or taken from disk."""
        if mode not in self._entries:
            function = forward if mode == "forward" else backward
            self._entries[mode] = compile_once(
                function,
                numba.typeof(self.marker),
                numba.typeof(np.zeros(1, JOB)),
                numba.typeof(np.zeros(1, SHARE)),
                numba.int64,
            )
        return self._entries[mode]

    def forward(self, inputs: Arrays, outputs: Arrays, training: bool, call: object) -> Workspace:
        """Run all layers from ``x`` and the given initial states into y, hT (and cT).

        The same ``call`` means the very same arrays as when it came first.
        """
        T, B, _ = inputs["x"].shape
        work = self._workspace(T, B, training)
        if work.bound.get("forward") is not call:
            self._bind_forward(work, inputs, outputs)
            work.bound["forward"] = call
        work.run(self.compile("forward"), self.marker)
        return work

    def _bind_forward(self, work: Workspace, inputs: Arrays, outputs: Arrays) -> None:
        x, y = inputs["x"], outputs["y"]
        jobs, H, item = work.jobs, self.shape.hidden_size, self.dtype.itemsize
        directions = self.shape.num_directions
        for index, job in enumerate(jobs):
            layer, direction = divmod(index, directions)
            if layer == 0:
                job["x"], (job["x_step"], job["x_row"], _) = _address(x), x.strides
            if layer == self.shape.num_layers - 1:
                job["y"] = _address(y) + direction * H * item
            state_bytes = index * x.shape[1] * H * item
            for name in ("h0", "c0"):
                given = inputs.get(name)
                address = _address(work.zeros) if given is None else _address(given) + state_bytes
                if name == "h0":
                    job["h0"] = address
                if name == ("h0" if self.layout.carry_is_h else "c0"):
                    job["state0"] = address
            for name in ("hT", "cT"):
                job[name] = _address(outputs[name]) + state_bytes if name in outputs else 0

    def backward(self, work: Workspace, upstream: Arrays, gradients: Arrays, call: object) -> None:
        """Run all layers back from dy and the given state gradients; gates are written over."""
        self._pack_transposed()
        if work.bound.get("backward") is not call:
            self._bind_backward(work, upstream, gradients)
            work.bound["backward"] = call
        work.run(self.compile("backward"), self.marker)

    def _bind_backward(self, work: Workspace, upstream: Arrays, gradients: Arrays) -> None:
        jobs, H, item = work.jobs, self.shape.hidden_size, self.dtype.itemsize
        directions, layers = self.shape.num_directions, self.shape.num_layers
        dy, dx = upstream["dy"], gradients["x"]
        for (layer, _, suffix), index in zip(self.shape.layers(), range(len(jobs)), strict=True):
            job, packed, direction = jobs[index], self.weights[index], index % directions
            arrives = dy if layer == layers - 1 else work.layer_gradients[layer]
            leaves = dx if layer == 0 else work.layer_gradients[layer - 1]
            job["dy"] = _address(arrives) + direction * H * item
            job["dy_step"], job["dy_row"], _ = arrives.strides
            job["dx"], (job["dx_step"], job["dx_row"], _) = _address(leaves), leaves.strides
            job["weight_x_t"] = _address(packed["weight_x_t"])
            job["weight_h_t"] = _address(packed["weight_h_t"])
            state_bytes = index * dy.shape[1] * H * item
            dhT, dcT = upstream.get("dhT"), upstream.get("dcT")
            job["dhT"] = _address(work.zeros) if dhT is None else _address(dhT) + state_bytes
            job["dcT"] = 0 if dcT is None else _address(dcT) + state_bytes
            job["dh0"] = _address(gradients["h0"]) + state_bytes
            job["dc0"] = _address(gradients["c0"]) + state_bytes if "c0" in gradients else 0
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
                array = gradients.get(name + suffix)
                job["d" + name] = 0 if array is None else _address(array)

    # --- workspaces -----------------------------------------------------------

    def _workspace(self, T: int, B: int, training: bool) -> Workspace:
        key = (T, B, training)
        if key not in self._workspaces:
            self._workspaces[key] = self._make_workspace(T, B, training)
            while len(self._workspaces) > WORKSPACES_KEPT:
                self._workspaces.popitem(last=False)
        self._workspaces.move_to_end(key)
        return self._workspaces[key]

    def _make_workspace(self, T: int, B: int, training: bool) -> Workspace:
        shape = replace(self.shape, seq_len=T, batch_size=B)
        H, directions = shape.hidden_size, shape.num_directions
        work = Workspace(np.zeros(len(self.geometries), JOB))
        work.zeros = aligned_zeros((B, H), self.dtype)
        buffers = shape.num_layers - 1 if training else min(2, shape.num_layers - 1)
        outputs = [aligned_zeros((T, B, directions * H), self.dtype) for _ in range(buffers)]
        work.layer_outputs = [outputs[n % buffers] for n in range(shape.num_layers - 1)]
        if training and shape.num_layers > 1:
            pair = [aligned_zeros((T, B, directions * H), self.dtype) for _ in range(2)]
            work.layer_gradients = [pair[n % 2] for n in range(shape.num_layers - 1)]
        schedule = choose_schedule(self.cell, shape, self.dtype.itemsize, self.threads)
        work.fresh_shares = self._shares(schedule, shape, work, parts=schedule.threads)
        work.counters = work.keep[-2]
        work.shares = work.fresh_shares.copy()
        resting = replace(
            schedule,
            threads=schedule.threads // schedule.unit_groups,
            unit_groups=1,
        )
        work.resting_shares = self._shares(resting, shape, work, parts=schedule.threads)
        for index, (layer, input_size, _) in enumerate(shape.layers()):
            self._fill_job(work, work.jobs[index], index, layer, input_size, shape, training)
        return work

    def _fill_job(
        self,
        work: Workspace,
        job: Any,
        index: int,
        layer: int,
        I: int,
        shape: Shape,
        training: bool,
    ) -> None:
        """What stays the same from call to call."""
        T, B, H, item = shape.seq_len, shape.batch_size, shape.hidden_size, self.dtype.itemsize
        geometry, packed = self.geometries[index], self.weights[index]
        direction = index % shape.num_directions
        blocks, U = geometry.blocks, geometry.unit_vectors
        step = (blocks, B, self.layout.slots, U, self.lanes)
        step_bytes = int(np.prod(step)) * item
        chunk = max(1, min(T, CHUNK_BYTES // step_bytes))
        gates = aligned_zeros((T if training else chunk, *step), self.dtype)
        states = (T + 1 if training else 1) if self.layout.state else 0
        state = aligned_zeros((states, blocks, B, U, self.lanes), self.dtype)
        carry = aligned_zeros((geometry.vectors, B, self.lanes), self.dtype)
        work.keep += [gates, state, carry]
        values = {
            "tile": tile_code(self.dtype.name), "T": T, "B": B, "I": I, "H": H, "U": U,
            "blocks": blocks, "reverse": direction,
            "training": training, "chunk": chunk, "cache": l2_bytes() // 2,
            "weight_x": _address(packed["weight_x"]), "weight_h": _address(packed["weight_h"]),
            "bias": _address(packed["bias"]), "gates": _address(gates),
            "state": _address(state),
            "state_step": step_bytes // self.layout.slots if training else 0,
            "panel_vectors": geometry.hidden_gradient_vectors, "panels": geometry.panels,
            "carry": _address(carry),
            "y_row": shape.num_directions * H * item,
            "y_step": B * shape.num_directions * H * item,
        }  # fmt: skip
        if layer > 0:
            below = work.layer_outputs[layer - 1]
            values["x"], (values["x_step"], values["x_row"], _) = _address(below), below.strides
        if layer < shape.num_layers - 1:
            values["y"] = _address(work.layer_outputs[layer]) + direction * H * item
        for name, value in values.items():
            job[name] = value

    def _shares(self, schedule: Schedule, shape: Shape, work: Workspace, parts: int) -> Any:
        """Each thread's record: directions, rows and units that are its own.

        The products after the loop come in ``parts``, always the same ones, so that fewer threads
        give the same bits.
        """
        D, B, n = shape.num_directions, shape.batch_size, schedule.threads
        geometry = self.geometries[0]
        panels = geometry.panels
        groups = schedule.direction_groups * schedule.row_groups
        step = step_seconds(self.cell, shape, self.dtype.itemsize, schedule)
        long_wait = int(1e9 * max(SHORTEST_LONG_WAIT, 2 * step))
        counters = aligned_zeros((2 + groups, COUNTER_BYTES // 8), np.int64)
        scratch_size = scratch_bytes(B)
        scratch = aligned_zeros((n, scratch_size), np.uint8)
        work.keep += [counters, scratch]
        shares = np.zeros(n, SHARE)
        for thread in range(n):
            group, unit = divmod(thread, schedule.unit_groups)
            direction, rows = divmod(group, schedule.row_groups)
            values = {
                "thread": thread, "threads": n, "parts": parts,
                "part_first": thread * parts // n, "part_end": (thread + 1) * parts // n,
                "layers": shape.num_layers, "directions": D,
                "direction_first": direction * D // schedule.direction_groups,
                "direction_end": (direction + 1) * D // schedule.direction_groups,
                "b_first": rows * B // schedule.row_groups,
                "b_end": (rows + 1) * B // schedule.row_groups,
                "block_first": unit * geometry.blocks // schedule.unit_groups,
                "block_end": (unit + 1) * geometry.blocks // schedule.unit_groups,
                "panel_first": unit * panels // schedule.unit_groups,
                "panel_end": (unit + 1) * panels // schedule.unit_groups,
                "group_size": schedule.unit_groups, "unit": unit, "patience": SLOW_WAITS,
                "long_wait": long_wait,
                "group_counter": _address(counters) + (2 + group) * COUNTER_BYTES,
                "team_counter": _address(counters), "start_counter": TEAM.start_address,
                "finish_counter": _address(counters) + COUNTER_BYTES,
                "scratch": _address(scratch) + thread * scratch_size,
            }  # fmt: skip
            for name, value in values.items():
                shares[thread][name] = value
        return shares
