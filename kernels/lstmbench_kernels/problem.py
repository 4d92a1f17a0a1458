"""Seeded inputs, weights and upstream gradients for a cell and a shape."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
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
        lengths: the valid steps of each of the B sequences; empty where all T of all are.
    """

    cell: CellSpec
    shape: Shape
    inputs: Mapping[str, Array]
    parameters: Mapping[str, Array]
    upstream: Mapping[str, Array]
    lengths: tuple[int, ...] = ()

    def astype(self, dtype: str) -> "Problem":
        """The same values in another precision."""

        def cast(arrays: Mapping[str, Array]) -> dict[str, Array]:
            return {name: array.astype(dtype) for name, array in arrays.items()}

        return replace(
            self,
            inputs=cast(self.inputs),
            parameters=cast(self.parameters),
            upstream=cast(self.upstream),
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
    cell: CellSpec,
    shape: Shape,
    *,
    dtype: str = "float32",
    seed: int = 0,
    x: Array | None = None,
    lengths: tuple[int, ...] = (),
) -> Problem:
    """Draw a problem: inputs, states and upstream gradients N(0, 1), weights U(-1/√H, 1/√H).

    Real data replaces the random ``x`` where given; everything else stays as the seed says.
    ``lengths`` are the valid steps of each sequence: what lies beyond them is drawn all the same.
    Values are drawn in float64 and rounded once, so every dtype of a seed is the same problem.
    Raises ``ValueError`` where ``x`` is not ``(T, B, I)``, or there are not B lengths of 1 to T.
    """
    if lengths and (
        len(lengths) != shape.batch_size or not 1 <= min(lengths) <= max(lengths) <= shape.seq_len
    ):
        raise ValueError(
            f"lengths: expected {shape.batch_size} of 1 to {shape.seq_len}, got {lengths}"
        )
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
    return Problem(cell, shape, inputs, parameters, upstream, lengths)
