"""A network in JAX and the compiled passes over it, for every JAX backend."""

from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp
from jax import monitoring

from ..workload import Workload
from .base import Arrays, Compilation, Step

COMPILE_EVENT = "/jax/core/compile/backend_compile_duration"

Named = dict[str, Any]


class Network(Protocol):
    """A network as its users hold it, with the arrays of a problem on the device.

    Attributes:
        parameters: what it is differentiated by, besides its inputs.
        inputs: the sequences and the initial states.
        upstream: the gradients that arrive at its outputs, by the names of those.
        lengths: the valid steps of each sequence; ``None`` where all are.
    """

    parameters: Any
    inputs: Named
    upstream: Named
    lengths: Any

    def __call__(self, parameters: Any, inputs: Named, lengths: Any) -> Named:
        """The outputs by name: a pure function, which is traced."""
        ...

    def outputs(self, results: Named) -> Arrays:
        """What it gave, as NumPy arrays of our shapes."""
        ...

    def gradients(self, by_parameter: Any, by_input: Named) -> Arrays:
        """The gradients by our names."""
        ...


class Compilations:
    """Counts what XLA compiles in this process, by JAX's own events."""

    def __init__(self) -> None:
        self.done = Compilation(0, 0.0)
        monitoring.register_event_duration_secs_listener(self._count)

    def _count(self, event: str, seconds: float, **_: Any) -> None:
        if event == COMPILE_EVENT:
            self.done = Compilation(self.done.count + 1, self.done.seconds + seconds)


def on_device(arrays: Arrays) -> Named:
    """Arrays on JAX's device."""
    return {name: jnp.asarray(array) for name, array in arrays.items()}


def lengths_of(steps: tuple[int, ...]) -> Any:
    """The lengths of sequences on the device; ``None`` where all are full."""
    return jnp.asarray(steps, jnp.int32) if steps else None


def step_of(workload: Workload, network: Network, precision: str) -> Step:
    """The step of a row: each pass compiled by itself, and waited for."""
    p, x, n = network.parameters, network.inputs, network.lengths
    results: Named = {}

    def differentiate(p: Any, x: Named, n: Any) -> Any:
        return jax.vjp(lambda p, x: network(p, x, n), p, x)

    def both(p: Any, x: Named, n: Any, d: Named) -> tuple[Any, Any]:
        outputs, pull = differentiate(p, x, n)
        return outputs, pull(d)

    infer_pass, forward_pass, train_pass = map(jax.jit, (network, differentiate, both))
    backward_pass = jax.jit(lambda pull, d: pull(d))

    def infer() -> None:
        results["outputs"] = jax.block_until_ready(infer_pass(p, x, n))

    def forward() -> None:
        results["outputs"], results["pull"] = jax.block_until_ready(forward_pass(p, x, n))

    def backward() -> None:
        found = backward_pass(results["pull"], network.upstream)
        results["found"] = jax.block_until_ready(found)

    def train() -> None:
        done = jax.block_until_ready(train_pass(p, x, n, network.upstream))
        results["outputs"], results["found"] = done

    passes: dict[str, Callable[[], None]] = {
        "infer": infer,
        "forward": forward,
        "backward": backward,
        "train": train,
    }
    return Step(
        passes[workload.mode],
        lambda: network.outputs(results["outputs"]),
        precision,
        (lambda: network.gradients(*results["found"])) if workload.has_gradients else None,
        before=forward if workload.mode == "backward" else None,
    )


def arithmetic(dtype: str) -> str:
    """What products multiply under JAX's setting, which by default lowers nothing on a CPU."""
    asked = jax.config.jax_default_matmul_precision
    lowered = {"bfloat16": "bfloat16", "tensorfloat32": "tf32"}.get(asked, dtype)
    return f"{lowered}: jax_default_matmul_precision is {asked}"
