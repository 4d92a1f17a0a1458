"""cuDNN's LSTM as JAX offers it: ``jax.experimental.rnn.lstm``, which is LSTM in float32 alone.

It runs the batch first, and holds all parameters in one array: all weights, then all biases, layer
by layer and direction by direction.  The array is packed once and its gradient is taken apart when
it is read; the input is transposed once, and so are the results when they are read.
"""

from typing import Any

import numpy as np
from jax import lax
from jax.experimental import rnn

from lstmbench_kernels.problem import Problem
from lstmbench_kernels.spec import parameter_shapes

from .base import Arrays
from .jax_step import Named, lengths_of, on_device

# x, y and dy.
SEQUENCES = ("x", "y")


class CudnnNetwork:
    """All layers of a problem in one call of cuDNN."""

    def __init__(self, problem: Problem, *, tf32: bool) -> None:
        self._problem = problem
        self._precision = lax.Precision.HIGH if tf32 else lax.Precision.HIGHEST
        upstream = {name[1:]: array for name, array in problem.upstream.items()}
        self.parameters = on_device({"weights": pack(problem)})
        self.inputs = on_device(batch_first(problem.inputs))
        self.upstream = on_device(batch_first(upstream))
        # cuDNN wants them in any case.
        steps = problem.lengths or (problem.shape.seq_len,) * problem.shape.batch_size
        self.lengths = lengths_of(steps)

    def __call__(self, parameters: Named, inputs: Named, lengths: Any) -> Named:
        shape = self._problem.shape
        y, h, c = rnn.lstm(
            inputs["x"],
            inputs["h0"],
            inputs["c0"],
            parameters["weights"],
            lengths,
            shape.input_size,
            shape.hidden_size,
            shape.num_layers,
            0.0,
            shape.bidirectional,
            self._precision,
        )
        return {"y": y, "hT": h, "cT": c}

    def outputs(self, results: Named) -> Arrays:
        return batch_first({name: np.asarray(array) for name, array in results.items()})

    def gradients(self, by_parameter: Named, by_input: Named) -> Arrays:
        found = batch_first({name: np.asarray(array) for name, array in by_input.items()})
        return {**found, **unpack(self._problem, np.asarray(by_parameter["weights"]))}


def batch_first(arrays: Arrays) -> dict[str, Any]:
    """The same with the first two axes of every sequence swapped; it undoes itself."""
    return {n: a.swapaxes(0, 1) if n in SEQUENCES else a for n, a in arrays.items()}


def order(problem: Problem) -> list[str]:
    """The names of all parameters as cuDNN has them one behind the other, biases always there."""
    suffixes = [suffix for _, _, suffix in problem.shape.layers()]
    pairs = (("weight_ih", "weight_hh"), ("bias_ih", "bias_hh"))
    return [name + suffix for pair in pairs for suffix in suffixes for name in pair]


def pack(problem: Problem) -> Any:
    """All parameters in one array; biases that are not there are zeros."""
    shape = problem.shape
    none = np.zeros(problem.cell.num_gates * shape.hidden_size, problem.inputs["x"].dtype)
    return np.concatenate([problem.parameters.get(n, none).ravel() for n in order(problem)])


def unpack(problem: Problem, packed: Any) -> dict[str, Any]:
    """The parts of an array that is packed so, by name; biases that are not there are left out."""
    shapes = parameter_shapes(problem.cell, problem.shape)
    bias = (problem.cell.num_gates * problem.shape.hidden_size,)
    dims = {name: shapes.get(name, bias) for name in order(problem)}
    ends = np.cumsum([np.prod(each) for each in dims.values()])
    parts = dict(zip(dims, np.split(packed, ends[:-1]), strict=True))
    return {name: parts[name].reshape(shapes[name]) for name in shapes}
