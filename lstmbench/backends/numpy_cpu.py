"""Vectorised NumPy: what a careful person writes without a framework; the default baseline.

Inside a timed call: one input projection for all steps of a layer, one recurrent product a step,
the elementwise step; for training the same backwards, with one product each for dW, dR and dx after
the loop.  Beyond the end of a sequence its states stand still, and the outputs are set to zero.
Outside: which steps those are; there is nothing to convert or to pack.  Arithmetic stays in the
row's precision.  It shares no code with the oracle that checks it.
"""

# T = seq_len, B = batch_size, H = hidden_size, G = gates

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_info

from lstmbench_kernels.problem import Problem

from ..timing.clock import WallClock
from ..workload import Workload
from .base import Arrays, Compilation, Step, step_of

Array = NDArray[Any]


def sigmoid(x: Array) -> Array:
    """σ through tanh: one transcendental pass, and no overflow."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


@dataclass
class Direction:
    """One direction of one layer: its weights, and what its forward pass keeps for backward.

    ``valid`` says which steps each sequence has, (T, B, 1), in the order in which they are run.
    """

    suffix: str
    weight_ih: Array
    weight_hh: Array
    bias_ih: Array
    bias_hh: Array
    valid: Array | None = None
    kept: tuple[Array, ...] = ()

    def hold(self, t: int, new: Array, old: Array | float) -> Array:
        """The new value where a sequence has this step, and the old one where it has ended."""
        return new if self.valid is None else np.where(self.valid[t], new, old)

    def project(self, x: Array, bias: Array) -> Array:
        """x·Wᵀ + b for all steps in one product, (T, B, G*H)."""
        T, B, I = x.shape
        return (x.reshape(T * B, I) @ self.weight_ih.T + bias).reshape(T, B, -1)

    def gradients(self, x: Array, h_prev: Array, dpre: Array, drec: Array) -> dict[str, Array]:
        """dW, dR and the biases, each one product or sum over all steps and rows."""
        rows, rec = dpre.reshape(-1, dpre.shape[-1]), drec.reshape(-1, drec.shape[-1])
        return {
            "weight_ih" + self.suffix: rows.T @ x.reshape(len(rows), -1),
            "weight_hh" + self.suffix: rec.T @ h_prev.reshape(len(rows), -1),
            "bias_ih" + self.suffix: rows.sum(0),
            "bias_hh" + self.suffix: rec.sum(0),
        }


# Each cell below is a pair.  forward(direction, x, states, keep) -> (y, final states);
# backward(direction, x, dy, dstates) -> (dpre, drec, h_prev, initial state gradients), where dpre
# and drec are the gradients of the input and of the recurrent product.


def rnn(activate: Callable[[Array], Array], slope: Callable[[Array], Array]) -> tuple[Any, Any]:
    """The pair of the plain cell; ``slope`` is the derivative as a function of the output."""

    def forward(d: Direction, x: Array, states: list[Array], keep: bool) -> tuple[Array, ...]:
        h0 = h = states[0]
        pre = d.project(x, d.bias_ih + d.bias_hh)
        y = np.empty((len(x), *h.shape), h.dtype)
        for t in range(len(x)):
            y[t] = h = d.hold(t, activate(pre[t] + h @ d.weight_hh.T), h)
        if keep:
            d.kept = (h0, y)
        return y, h

    def backward(d: Direction, x: Array, dy: Array, dstates: list[Array]) -> tuple[Any, ...]:
        h0, y = d.kept
        dh = dstates[0]
        dpre = np.empty_like(y)
        for t in reversed(range(len(x))):
            dh = dh + dy[t]
            dpre[t] = d.hold(t, dh, 0) * slope(y[t])
            dh = d.hold(t, dpre[t] @ d.weight_hh, dh)
        h_prev = np.concatenate((h0[None], y[:-1]))
        return dpre, dpre, h_prev, (dh,)

    return forward, backward


def lstm_forward(d: Direction, x: Array, states: list[Array], keep: bool) -> tuple[Array, ...]:
    h0, c0 = h, c = states
    H = h.shape[1]
    pre = d.project(x, d.bias_ih + d.bias_hh)
    y = np.empty((len(x), *h.shape), h.dtype)
    cells = np.empty_like(y) if keep else None
    for t in range(len(x)):
        gates = pre[t]
        gates += h @ d.weight_hh.T
        gates[:, : 2 * H] = sigmoid(gates[:, : 2 * H])
        gates[:, 2 * H : 3 * H] = np.tanh(gates[:, 2 * H : 3 * H])
        gates[:, 3 * H :] = sigmoid(gates[:, 3 * H :])
        i, f, g, o = np.split(gates, 4, axis=1)
        c = d.hold(t, f * c + i * g, c)
        if cells is not None:
            cells[t] = c
        y[t] = h = d.hold(t, o * np.tanh(c), h)
    if cells is not None:
        d.kept = (h0, c0, y, cells, pre)
    return y, h, c


def lstm_backward(d: Direction, x: Array, dy: Array, dstates: list[Array]) -> tuple[Any, ...]:
    h0, c0, y, cells, gates = d.kept
    dh, dc = dstates
    dpre = np.empty_like(gates)
    for t in reversed(range(len(x))):
        i, f, g, o = np.split(gates[t], 4, axis=1)
        tanh_c = np.tanh(cells[t])
        dh = dh + dy[t]
        arriving_h, arriving_c = d.hold(t, dh, 0), d.hold(t, dc, 0)
        arriving_c = arriving_c + arriving_h * o * (1 - tanh_c * tanh_c)
        c_prev = cells[t - 1] if t else c0
        di, df, dg, do = np.split(dpre[t], 4, axis=1)
        di[...] = arriving_c * g * i * (1 - i)
        df[...] = arriving_c * c_prev * f * (1 - f)
        dg[...] = arriving_c * i * (1 - g * g)
        do[...] = arriving_h * tanh_c * o * (1 - o)
        dc = d.hold(t, arriving_c * f, dc)
        dh = d.hold(t, dpre[t] @ d.weight_hh, dh)
    h_prev = np.concatenate((h0[None], y[:-1]))
    return dpre, dpre, h_prev, (dh, dc)


def gru_forward(d: Direction, x: Array, states: list[Array], keep: bool) -> tuple[Array, ...]:
    h0 = h = states[0]
    H = h.shape[1]
    pre = d.project(x, d.bias_ih)
    y = np.empty((len(x), *h.shape), h.dtype)
    recurrent = np.empty((len(x), len(h), H), h.dtype) if keep else None
    for t in range(len(x)):
        gates, rec = pre[t], h @ d.weight_hh.T + d.bias_hh
        gates[:, : 2 * H] = sigmoid(gates[:, : 2 * H] + rec[:, : 2 * H])
        r, z, n = np.split(gates, 3, axis=1)
        n[...] = np.tanh(n + r * rec[:, 2 * H :])
        if recurrent is not None:
            recurrent[t] = rec[:, 2 * H :]
        y[t] = h = d.hold(t, n + z * (h - n), h)
    if recurrent is not None:
        d.kept = (h0, y, pre, recurrent)
    return y, h


def gru_backward(d: Direction, x: Array, dy: Array, dstates: list[Array]) -> tuple[Any, ...]:
    h0, y, gates, recurrent = d.kept
    dh = dstates[0]
    H = dh.shape[1]
    dpre, drec = np.empty_like(gates), np.empty_like(gates)
    for t in reversed(range(len(x))):
        r, z, n = np.split(gates[t], 3, axis=1)
        h_prev = y[t - 1] if t else h0
        dh = dh + dy[t]
        arriving = d.hold(t, dh, 0)
        dr, dz, dn = np.split(dpre[t], 3, axis=1)
        dn[...] = arriving * (1 - z) * (1 - n * n)
        dz[...] = arriving * (h_prev - n) * z * (1 - z)
        dr[...] = dn * recurrent[t] * r * (1 - r)
        drec[t, :, : 2 * H] = dpre[t, :, : 2 * H]
        drec[t, :, 2 * H :] = dn * r
        dh = d.hold(t, arriving * z + drec[t] @ d.weight_hh, dh)
    h_prev = np.concatenate((h0[None], y[:-1]))
    return dpre, drec, h_prev, (dh,)


CELL_PAIRS: dict[str, tuple[Any, Any]] = {
    "rnn-tanh": rnn(np.tanh, lambda y: 1 - y * y),
    "rnn-relu": rnn(lambda pre: np.maximum(pre, 0), lambda y: (y > 0).astype(y.dtype)),
    "lstm": (lstm_forward, lstm_backward),
    "gru": (gru_forward, gru_backward),
}


def valid_steps(problem: Problem) -> Array | None:
    """Which steps each sequence has, (T, B, 1); ``None`` where all have all."""
    if not problem.lengths:
        return None
    steps: Array = np.arange(problem.shape.seq_len)[:, None] < np.asarray(problem.lengths)
    return steps[:, :, None]


class Network:
    """A stack of layers × directions over one cell pair."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.forward_cell, self.backward_cell = CELL_PAIRS[problem.cell.name]
        self.states = problem.cell.states
        zero = np.zeros(
            problem.cell.num_gates * problem.shape.hidden_size, problem.inputs["x"].dtype
        )
        named = problem.parameters
        valid = self.valid = valid_steps(problem)
        self.directions = [
            Direction(
                suffix,
                named["weight_ih" + suffix],
                named["weight_hh" + suffix],
                named.get("bias_ih" + suffix, zero),
                named.get("bias_hh" + suffix, zero),
                valid[::-1] if valid is not None and suffix.endswith("_reverse") else valid,
            )
            for _, _, suffix in problem.shape.layers()
        ]
        self.layer_inputs: list[Array] = []
        self.results: dict[str, Array] = {}
        self.found: dict[str, Array] = {}

    def cut(self, sequences: Array) -> Array:
        """The same with zeros beyond the end of each."""
        return sequences if self.valid is None else np.where(self.valid, sequences, 0)

    def infer(self) -> None:
        self._run(keep=False)

    def forward(self) -> None:
        self._run(keep=True)

    def outputs(self) -> Arrays:
        return self.results

    def gradients(self) -> Arrays:
        return self.found

    def _run(self, keep: bool) -> None:
        D, inputs = self.problem.shape.num_directions, self.problem.inputs
        x = inputs["x"]
        self.layer_inputs, finals = [], []
        for k in range(0, len(self.directions), D):
            self.layer_inputs.append(x)
            parts = []
            for index in range(k, k + D):
                step = 1 if index == k else -1
                states = [inputs[name + "0"][index] for name in self.states]
                y, *final = self.forward_cell(self.directions[index], x[::step], states, keep)
                parts.append(self.cut(y[::step]))
                finals.append(final)
            x = np.concatenate(parts, axis=2) if D == 2 else parts[0]
        stacked = [np.stack(column) for column in zip(*finals, strict=True)]
        self.results = {"y": x, **{f"{n}T": s for n, s in zip(self.states, stacked, strict=True)}}

    def backward(self) -> None:
        shape, upstream = self.problem.shape, self.problem.upstream
        D, H = shape.num_directions, shape.hidden_size
        dy = self.cut(upstream["dy"])
        found: dict[str, Array] = {}
        initial: dict[int, tuple[Array, ...]] = {}
        for k in reversed(range(0, len(self.directions), D)):
            x = self.layer_inputs[k // D]
            dx = np.zeros_like(x)
            for index in range(k, k + D):
                step = 1 if index == k else -1
                d, part = self.directions[index], slice((index - k) * H, (index - k + 1) * H)
                dstates = [upstream[f"d{name}T"][index] for name in self.states]
                dpre, drec, h_prev, initial[index] = self.backward_cell(
                    d, x[::step], dy[::step, :, part], dstates
                )
                found |= d.gradients(x[::step], h_prev, dpre, drec)
                rows = dpre.reshape(-1, dpre.shape[-1]) @ d.weight_ih
                dx += rows.reshape(x.shape)[::step]
            dy = dx
        found["x"] = dy
        for s, name in enumerate(self.states):
            found[name + "0"] = np.stack([initial[index][s] for index in sorted(initial)])
        if not shape.bias:
            found = {name: array for name, array in found.items() if not name.startswith("bias")}
        self.found = found


class NumpyBackend:
    """NumPy with whatever BLAS it was built with."""

    name = "numpy"

    def __init__(self) -> None:
        blas = sorted({pool["internal_api"] for pool in threadpool_info()})
        self._blas = ", ".join(blas) or "no threaded BLAS found"
        self.version = f"{np.__version__} ({self._blas})"
        self.clock = WallClock()

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        said = f"{problem.inputs['x'].dtype}: NumPy's own, and its BLAS's ({self._blas})"
        return step_of(workload.mode, Network(problem), said)

    def compilation(self) -> Compilation | None:
        return None


def make() -> NumpyBackend:
    return NumpyBackend()
