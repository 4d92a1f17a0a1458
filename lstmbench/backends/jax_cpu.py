"""JAX on the CPU: ``lax.scan`` over the steps, under ``jit``, as its users write such a network.

Inside a timed call: the compiled function and ``block_until_ready``; one input projection for all
steps of a layer, then the scan; for training ``vjp`` with respect to every parameter, the input and
the states.  Outside: tracing and compiling, which JAX's own events count, and moving the arrays.
"""

# T = seq_len, B = batch_size, G = gates

import os
from collections.abc import Callable
from typing import Any

# Read when JAX starts: a GPU that is there is not asked for.
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax, monitoring

from lstmbench_kernels.problem import Problem

from ..clock import WallClock
from ..workload import Workload
from .base import Arrays, Compilation, Step

COMPILE_EVENT = "/jax/core/compile/backend_compile_duration"

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


def make_network(problem: Problem) -> Callable[..., dict[str, Any]]:
    """A pure function of parameters and inputs that gives the outputs, by name."""
    shape, names, step = problem.shape, problem.cell.states, CELLS[problem.cell.name]
    D = shape.num_directions

    def direction(p: dict[str, Any], suffix: str, x: Any, states: tuple[Any, ...]) -> Any:
        zero = jnp.zeros((), x.dtype)
        pre = x @ p["weight_ih" + suffix].T + p.get("bias_ih" + suffix, zero)
        weight, bias = p["weight_hh" + suffix].T, p.get("bias_hh" + suffix, zero)

        def body(carry: tuple[Any, ...], pre_t: Any) -> tuple[tuple[Any, ...], Any]:
            carry = step(carry, pre_t, carry[0] @ weight + bias)
            return carry, carry[0]

        return lax.scan(body, states, pre, reverse=suffix.endswith("_reverse"))

    def network(p: dict[str, Any], inputs: dict[str, Any]) -> dict[str, Any]:
        x, finals, parts = inputs["x"], [], []
        for index, (_, _, suffix) in enumerate(shape.layers()):
            states = tuple(inputs[name + "0"][index] for name in names)
            final, y = direction(p, suffix, x, states)
            finals.append(final)
            parts.append(y)
            if len(parts) == D:
                x, parts = jnp.concatenate(parts, axis=-1) if D == 2 else parts[0], []
        columns = zip(names, zip(*finals, strict=True), strict=True)
        return {"y": x, **{f"{name}T": jnp.stack(column) for name, column in columns}}

    return network


class JaxCpu:
    """JAX on XLA's CPU client; its threads follow the processors the worker is bound to."""

    name = "jax-cpu"

    def __init__(self) -> None:
        self.version = str(jax.__version__)
        self.clock = WallClock()
        self._compiled = Compilation(0, 0.0)
        monitoring.register_event_duration_secs_listener(self._count)

    def _count(self, event: str, seconds: float, **_: Any) -> None:
        if event == COMPILE_EVENT:
            done = self._compiled
            self._compiled = Compilation(done.count + 1, done.seconds + seconds)

    def prepare(self, workload: Workload, problem: Problem) -> Step:
        # JAX's own default is to have no float64 at all.
        jax.config.update("jax_enable_x64", workload.dtype == "float64")
        network = make_network(problem)
        parameters = {name: jnp.asarray(array) for name, array in problem.parameters.items()}
        inputs = {name: jnp.asarray(array) for name, array in problem.inputs.items()}
        upstream = {name[1:]: jnp.asarray(array) for name, array in problem.upstream.items()}
        results: dict[str, Any] = {}

        def train(p: Any, x: Any, d: Any) -> tuple[Any, Any]:
            outputs, pull = jax.vjp(network, p, x)
            return outputs, pull(d)

        forward = jax.jit(lambda p, x: jax.vjp(network, p, x))
        compute = {
            "infer": jax.jit(network),
            "train": jax.jit(train),
            "forward": forward,
            "backward": jax.jit(lambda pull, d: pull(d)),
        }[workload.mode]

        def run_forward() -> None:
            results["outputs"], results["pull"] = jax.block_until_ready(forward(parameters, inputs))

        def run() -> None:
            if workload.mode == "infer":
                results["outputs"] = jax.block_until_ready(compute(parameters, inputs))
            elif workload.mode == "forward":
                run_forward()
            elif workload.mode == "backward":
                results["found"] = jax.block_until_ready(compute(results["pull"], upstream))
            else:
                done = jax.block_until_ready(compute(parameters, inputs, upstream))
                results["outputs"], results["found"] = done

        def outputs() -> Arrays:
            return {name: np.asarray(array) for name, array in results["outputs"].items()}

        def gradients() -> Arrays:
            by_parameter, by_input = results["found"]
            found = {**by_input, **by_parameter}
            return {name: np.asarray(array) for name, array in found.items()}

        return Step(
            run,
            outputs,
            arithmetic(str(inputs["x"].dtype)),
            gradients if workload.has_gradients else None,
            before=run_forward if workload.mode == "backward" else None,
        )

    def compilation(self) -> Compilation | None:
        return self._compiled


def arithmetic(dtype: str) -> str:
    """What products multiply under JAX's setting, which by default lowers nothing on a CPU."""
    asked = jax.config.jax_default_matmul_precision
    lowered = {"bfloat16": "bfloat16", "tensorfloat32": "tf32"}.get(asked, dtype)
    return f"{lowered}: jax_default_matmul_precision is {asked}"


def make() -> JaxCpu:
    return JaxCpu()
