"""Is a result right?  Every output and every gradient against the float64 oracle.

The error of an array is its largest absolute difference from the oracle, divided by the oracle's
largest element: the array is brought to unit scale.  The tolerance follows from the precision: in
float64 it is 1e-12; in float32 it is a small multiple of the error that NumPy makes in float32 on
the same problem, and never above 5e-5 (the rule of flash-attention's tests, and PyTorch's bound
between its own CPU and GPU).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmbench_kernels import reference
from lstmbench_kernels.problem import Problem

Arrays = Mapping[str, NDArray[Any]]

FLOAT64_TOLERANCE = 1e-12
FLOAT32_CEILING = 5e-5
MULTIPLE = 4
# 16 roundings: below this the NumPy run was merely lucky.
FLOOR = 16 * float(np.finfo(np.float32).eps)


@dataclass(frozen=True)
class Verdict:
    """The worst errors of one result, the bound they must keep, and where the worst one is."""

    output: float
    gradient: float | None
    tolerance: float
    worst: str

    @property
    def correct(self) -> bool:
        return max(self.output, self.gradient or 0.0) <= self.tolerance


@dataclass(frozen=True)
class Oracle:
    """What is right for one problem, and how far off a result may be."""

    outputs: Arrays
    gradients: Arrays | None
    tolerance: float

    @classmethod
    def of(cls, problem: Problem, *, gradients: bool) -> "Oracle":
        """Run the reference in float64, and in the problem's own precision for the tolerance."""
        outputs, found = evaluate(problem.astype("float64"), gradients)
        if problem.inputs["x"].dtype == np.float64:
            return cls(outputs, found, FLOAT64_TOLERANCE)
        working = cls(outputs, found, 0.0).judge(*evaluate(problem, gradients))
        error = max(working.output, working.gradient or 0.0)
        return cls(outputs, found, min(max(MULTIPLE * error, FLOOR), FLOAT32_CEILING))

    def judge(self, outputs: Arrays, gradients: Arrays | None) -> Verdict:
        """Compare a result; a missing, surplus or misshapen array is an error of infinity."""
        output, worst = _worst(outputs, self.outputs)
        if self.gradients is None:
            return Verdict(output, None, self.tolerance, worst)
        gradient, worst_gradient = _worst(gradients or {}, self.gradients)
        worst = worst if output >= gradient else f"gradient of {worst_gradient}"
        return Verdict(output, gradient, self.tolerance, worst)


def relative_error(got: NDArray[Any], want: NDArray[Any]) -> tuple[float, tuple[int, ...]]:
    """The largest error at unit scale, and its index; infinity where ``got`` is not finite."""
    difference = np.abs(got.astype(np.float64) - want)
    difference[~np.isfinite(difference)] = np.inf
    index = np.unravel_index(int(np.argmax(difference)), difference.shape)
    scale = float(np.max(np.abs(want))) or 1.0
    return float(difference[index]) / scale, tuple(int(i) for i in index)


def evaluate(problem: Problem, gradients: bool) -> tuple[Arrays, Arrays | None]:
    """Run the reference in the problem's own precision."""
    cell, shape, inputs, parameters = (
        problem.cell,
        problem.shape,
        problem.inputs,
        problem.parameters,
    )
    outputs, tape = reference.forward(cell, shape, inputs, parameters)
    if not gradients:
        return outputs, None
    return outputs, reference.backward(cell, shape, inputs, parameters, tape, problem.upstream)


def _worst(got: Arrays, want: Arrays) -> tuple[float, str]:
    """The worst error over all arrays, and a line that names its element and both values."""
    if set(got) != set(want):
        return float("inf"), f"arrays: expected {sorted(want)}, got {sorted(got)}"
    worst, where = -1.0, ""
    for name, right in want.items():
        array = np.asarray(got[name])
        if array.shape != right.shape:
            return float("inf"), f"{name}: expected shape {right.shape}, got {array.shape}"
        error, index = relative_error(array, right)
        if error > worst:
            worst = error
            where = f"{name}{list(index)}: expected {right[index]:.9g}, got {array[index]:.9g}"
    return worst, where
