"""Seeded inputs, weights and upstream gradients for a cell and a shape."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from .spec import CellSpec, Dims, Shape, input_shapes, output_shapes, parameter_shapes

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Problem:
    """Everything one forward and backward pass needs, in one dtype.

    Attributes:
        inputs: ``x (T, B, I)`` and ``h0``, ``c0`` ``(L*D, B, H)``.
        parameters: the state dict.
        upstream: ``dy``, ``dhT``, ``dcT``: the gradients that arrive at the outputs.
    """

    cell: CellSpec
    shape: Shape
    inputs: Mapping[str, Array]
    parameters: Mapping[str, Array]
    upstream: Mapping[str, Array]

    def astype(self, dtype: str) -> "Problem":
        """The same values in another precision."""

        def cast(arrays: Mapping[str, Array]) -> dict[str, Array]:
            return {name: array.astype(dtype) for name, array in arrays.items()}

        return Problem(
            self.cell, self.shape, cast(self.inputs), cast(self.parameters), cast(self.upstream)
        )


def initial_parameters(
    cell: CellSpec, shape: Shape, *, dtype: str, seed: int | np.random.Generator
) -> dict[str, Array]:
    """A state dict drawn from U(-1/√H, 1/√H), PyTorch's default initialisation."""
    rng = np.random.default_rng(seed)
    bound = 1.0 / sqrt(shape.hidden_size)
    return {
        name: rng.uniform(-bound, bound, dims).astype(dtype)
        for name, dims in parameter_shapes(cell, shape).items()
    }


def make_problem(
    cell: CellSpec, shape: Shape, *, dtype: str = "float32", seed: int = 0, x: Array | None = None
) -> Problem:
    """Draw a problem: inputs, states and upstream gradients N(0, 1), weights U(-1/√H, 1/√H).

    Real data replaces the random ``x`` where given; everything else stays as the seed says.
    Values are drawn in float64 and rounded once, so every dtype of a seed is the same problem.
    Raises ``ValueError`` where ``x`` is not ``(T, B, I)``.
    """
    rng = np.random.default_rng(seed)

    def normal(shapes: Mapping[str, Dims]) -> dict[str, Array]:
        return {name: rng.standard_normal(dims).astype(dtype) for name, dims in shapes.items()}

    inputs = normal(input_shapes(cell, shape))
    if x is not None:
        if x.shape != inputs["x"].shape:
            raise ValueError(f"x: expected (T, B, I) = {inputs['x'].shape}, got {x.shape}")
        inputs["x"] = np.ascontiguousarray(x, dtype=dtype)
    upstream = {f"d{name}": array for name, array in normal(output_shapes(cell, shape)).items()}
    parameters = initial_parameters(cell, shape, dtype=dtype, seed=rng)
    return Problem(cell, shape, inputs, parameters, upstream)
