"""``lax.scan`` over the steps, as JAX's users write a recurrent network.

One input projection for all steps of a layer, then the scan.  In a batch of unequal lengths a step
beyond the end of a sequence keeps its states and gives zeros, so that the direction back in time
begins at each sequence's own end.
"""

# T = seq_len, B = batch_size, G = gates, D = num_directions

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from lstmbench_kernels.problem import Problem

from .base import Arrays
from .jax_step import Named, lengths_of, on_device

# Each step takes (states, pre, h·Rᵀ + bias_hh) and gives the next states, h first.
Cell = Callable[[tuple[Any, ...], Any, Any], tuple[Any, ...]]


def lstm(states: tuple[Any, ...], pre: Any, rec: Any) -> tuple[Any, ...]:
    i, f, g, o = jnp.split(pre + rec, 4, axis=-1)
    c = jax.nn.sigmoid(f) * states[1] + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def gru(states: tuple[Any, ...], pre: Any, rec: Any) -> tuple[Any, ...]:
    pre_r, pre_z, pre_n = jnp.split(pre, 3, axis=-1)
    rec_r, rec_z, rec_n = jnp.split(rec, 3, axis=-1)
    z = jax.nn.sigmoid(pre_z + rec_z)
    n = jnp.tanh(pre_n + jax.nn.sigmoid(pre_r + rec_r) * rec_n)
    return ((1 - z) * n + z * states[0],)


def rnn(activate: Callable[[Any], Any]) -> Cell:
    return lambda _states, pre, rec: (activate(pre + rec),)


CELLS: dict[str, Cell] = {
    "lstm": lstm,
    "gru": gru,
    "rnn-tanh": rnn(jnp.tanh),
    "rnn-relu": rnn(lambda x: jnp.maximum(x, 0)),
}


class ScanNetwork:
    """The layers of a problem, its parameters by the names of the state dict."""

    def __init__(self, problem: Problem) -> None:
        self._shape = problem.shape
        self._names = problem.cell.states
        self._step = CELLS[problem.cell.name]
        self.parameters = on_device(problem.parameters)
        self.inputs = on_device(problem.inputs)
        self.upstream = {name[1:]: each for name, each in on_device(problem.upstream).items()}
        self.lengths = lengths_of(problem.lengths)

    def __call__(self, parameters: Named, inputs: Named, lengths: Any) -> Named:
        D, x = self._shape.num_directions, inputs["x"]
        is_valid = None if lengths is None else jnp.arange(len(x))[:, None, None] < lengths[:, None]
        finals, parts = [], []
        for index, (_, _, suffix) in enumerate(self._shape.layers()):
            states = tuple(inputs[name + "0"][index] for name in self._names)
            final, y = self._direction(parameters, suffix, x, states, is_valid)
            finals.append(final)
            parts.append(y)
            if len(parts) == D:
                x, parts = jnp.concatenate(parts, axis=-1) if D == 2 else parts[0], []
        columns = zip(self._names, zip(*finals, strict=True), strict=True)
        return {"y": x, **{f"{name}T": jnp.stack(column) for name, column in columns}}

    def _direction(
        self, p: Named, suffix: str, x: Any, states: tuple[Any, ...], is_valid: Any
    ) -> Any:
        """One direction of one layer: the final states, and h of every step."""
        zero = jnp.zeros((), x.dtype)
        pre = x @ p["weight_ih" + suffix].T + p.get("bias_ih" + suffix, zero)
        weight, bias = p["weight_hh" + suffix].T, p.get("bias_hh" + suffix, zero)

        def body(carry: tuple[Any, ...], of_step: Any) -> tuple[tuple[Any, ...], Any]:
            pre_t, valid = of_step
            states = self._step(carry, pre_t, carry[0] @ weight + bias)
            if valid is None:
                return states, states[0]
            kept = tuple(map(lambda new, old: jnp.where(valid, new, old), states, carry))
            return kept, jnp.where(valid, states[0], zero)

        return lax.scan(body, states, (pre, is_valid), reverse=suffix.endswith("_reverse"))

    def outputs(self, results: Named) -> Arrays:
        return {name: np.asarray(array) for name, array in results.items()}

    def gradients(self, by_parameter: Named, by_input: Named) -> Arrays:
        return {name: np.asarray(array) for name, array in {**by_input, **by_parameter}.items()}
