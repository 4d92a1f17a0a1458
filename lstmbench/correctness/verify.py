"""Is a result right?  Every output and every gradient against the float64 oracle.

The error of an array is its largest absolute difference from the oracle at unit scale: divided by
the oracle's largest element where that is above 1.  (Not below: inputs and arriving gradients
are of order one, and what a saturated unit passes on is known to a rounding of 1, not of itself.)

The tolerance follows from the precision: in float64 it is 1e-12; in float32 it is a small multiple
of the error that NumPy makes in float32 on the same problem, and never above 5e-5 (the rule of
flash-attention's tests, and PyTorch's bound between its own CPU and GPU).  A relu has no derivative
at its kink: there either slope is right.

In float16, bfloat16 and tf32 it is the same multiple of the error of the same reference when both
factors of every product with a weight are rounded to that precision, its sum is float32's and its
results are rounded to the dtype of the row: what tensor cores do, and the least that any kernel
rounds.  It errs by about one unit roundoff u (2^-11, 2^-8, 2^-11).  The multiple is for what others
round besides: gates, states and gradients on their way through memory, and tf32 factors that are
cut and not rounded (twice the error).  It is at least 8 u, where the reference was merely lucky,
and at most 64 u, which is 0.03, 0.25, 0.03.  PyTorch on a CPU rounds after every operation and was
seen to come to 3 u; gradients of parameters, which it sums step by step in two bytes, have slack
for that.  The oracle itself is float64 on the numbers of the row, rounded to its dtype already.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lstmbench_kernels import reference
from lstmbench_kernels.problem import Problem
from lstmbench_kernels.reference.ragged import backward_ragged, forward_ragged

from ..precision import PRECISIONS, Precision
from .rounding import Factor, storage

Arrays = Mapping[str, NDArray[Any]]

FLOAT64_TOLERANCE = 1e-12
FLOAT32_CEILING = 5e-5
MULTIPLE = 8
# 16 roundings: below this the NumPy run was merely lucky.
FLOOR = 16 * float(np.finfo(np.float32).eps)
# The same two for products of rounded factors, in units of their roundoff.
MIXED_FLOOR, MIXED_CEILING = 8, 64
# A sum of numbers of order one is known to within this many roundings; its factors are rounded
# once each, so that few of them add up.
KINK, MIXED_KINK = 32, 8
RANDOM_NUDGES = 6
# Of rounded factors many units lie at the kink, and few nudges would miss one of them.
MIXED_NUDGES = 18


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
    """What is right for one problem, and how far off a result may be.

    Attributes:
        slack: how far each gradient may be off before its error begins: where a kink makes more
            than one answer right, or sums over steps are kept in two bytes; else empty.
        dtype: the precision that every array of a result must have.
    """

    outputs: Arrays
    gradients: Arrays | None
    tolerance: float
    dtype: str
    slack: Arrays = field(default_factory=dict)

    @classmethod
    def of(cls, problem: Problem, *, gradients: bool, precision: str | None = None) -> "Oracle":
        """Run the reference in float64, and in the working precision for the tolerance.

        ``precision`` is that of the row; without it that of the problem's arrays.
        """
        exact = problem.astype("float64")
        rule = PRECISIONS[precision or problem.inputs["x"].dtype.name]
        dtype = rule.storage
        outputs, found = evaluate(exact, gradients)
        slack = {}
        if found is not None and problem.cell.name == "rnn-relu":
            roundings = MIXED_KINK if rule.is_mixed else 2 * KINK
            nudges = MIXED_NUDGES if rule.is_mixed else RANDOM_NUDGES
            slack = kink_slack(exact, found, roundings * rule.roundoff, nudges)
        if found is not None and rule.itemsize == 2:
            zero = np.zeros(1)
            for name, more in running_sum_slack(problem, found, rule.roundoff).items():
                slack[name] = slack.get(name, zero) + more
        if dtype == "float64":
            return cls(outputs, found, FLOAT64_TOLERANCE, dtype, slack)
        rounded_outputs, rounded = evaluate_rounded(problem, rule, gradients)
        working = cls(outputs, found, 0.0, dtype, slack).judge(rounded_outputs, rounded)
        error = max(working.output, working.gradient or 0.0)
        least, most = FLOOR, FLOAT32_CEILING
        if rule.is_mixed:
            least, most = MIXED_FLOOR * rule.roundoff, MIXED_CEILING * rule.roundoff
        tolerance = min(max(MULTIPLE * error, least), most)
        if slack and found is not None and rounded is not None:
            # The side of a kink that rounding itself takes, nudged or not.
            slack = {n: np.maximum(s, np.abs(rounded[n] - found[n])) for n, s in slack.items()}
        return cls(outputs, found, tolerance, dtype, slack)

    def judge(self, outputs: Arrays, gradients: Arrays | None) -> Verdict:
        """Compare a result; an array that is missing, surplus or misshapen is infinitely wrong."""
        output, worst = self._worst(outputs, self.outputs, {})
        if self.gradients is None:
            return Verdict(output, None, self.tolerance, worst)
        gradient, worst_gradient = self._worst(gradients or {}, self.gradients, self.slack)
        worst = worst if output >= gradient else f"gradient of {worst_gradient}"
        return Verdict(output, gradient, self.tolerance, worst)

    def _worst(self, got: Arrays, want: Arrays, slack: Arrays) -> tuple[float, str]:
        """The worst error over all arrays, and a line that names its element and both values."""
        if set(got) != set(want):
            return float("inf"), f"arrays: expected {sorted(want)}, got {sorted(got)}"
        worst, where = -1.0, ""
        for name, right in want.items():
            array = np.asarray(got[name])
            if array.shape != right.shape:
                return float("inf"), f"{name}: expected shape {right.shape}, got {array.shape}"
            if array.dtype.name != self.dtype:
                return float("inf"), f"{name}: expected {self.dtype}, got {array.dtype}"
            error, index = relative_error(array, right, slack.get(name))
            if error > worst:
                worst = error
                found = float(array[index])
                where = f"{name}{list(index)}: expected {right[index]:.9g}, got {found:.9g}"
        return worst, where


def relative_error(
    got: NDArray[Any], want: NDArray[Any], slack: NDArray[Any] | None = None
) -> tuple[float, tuple[int, ...]]:
    """The largest error at unit scale, and its index; infinity where ``got`` is not finite."""
    difference = np.abs(got.astype(np.float64) - want)
    if slack is not None:
        difference = np.maximum(difference - slack, 0.0)
    difference[~np.isfinite(difference)] = np.inf
    index = np.unravel_index(int(np.argmax(difference)), difference.shape)
    scale = max(1.0, float(np.max(np.abs(want))))
    return float(difference[index]) / scale, tuple(int(i) for i in index)


def running_sum_slack(
    problem: Problem, gradients: Arrays, roundoff: float
) -> dict[str, NDArray[Any]]:
    """How far off the gradient of each parameter may be whose sum over steps is kept in two bytes.

    T roundings of a sum walk at random: √T of them.  PyTorch's own chain of operations on a CPU
    was seen to come to 0.9 of that; a kernel that sums in float32 needs none of it.
    """
    most = np.sqrt(problem.shape.seq_len) * roundoff
    return {
        name: np.full_like(gradients[name], most * max(1.0, np.max(np.abs(gradients[name]))))
        for name in problem.parameters
    }


def kink_slack(
    problem: Problem, gradients: Arrays, nudge: float, nudges: int = RANDOM_NUDGES
) -> dict[str, NDArray[Any]]:
    """How far each gradient of a relu network moves when every unit is nudged off its kink.

    Where the sum of a unit is zero within rounding, the slope on either side is right, and a result
    may have taken either, at each of several such units.  Nudging all biases up, all down, and each
    one up or down at random takes different sides of them; the sum of what each nudge moves bounds
    what any choice of sides may move.
    """
    rng = np.random.default_rng(0)
    shape = replace(problem.shape, bias=True)
    zero = np.zeros(problem.cell.num_gates * shape.hidden_size)
    slack = {name: np.zeros_like(array) for name, array in gradients.items()}
    signs = [np.ones_like(zero), -np.ones_like(zero)]
    signs += [rng.choice((-1.0, 1.0), zero.shape) for _ in range(nudges)]
    for sign in signs:
        parameters = dict(problem.parameters)
        for _, _, suffix in shape.layers():
            for name in ("bias_ih" + suffix, "bias_hh" + suffix):
                parameters[name] = parameters.get(name, zero) + sign * nudge / 2
        _, moved = evaluate(replace(problem, shape=shape, parameters=parameters), gradients=True)
        assert moved is not None
        for name, most in slack.items():
            most += np.abs(moved[name] - gradients[name])
    return slack


def evaluate(problem: Problem, gradients: bool) -> tuple[Arrays, Arrays | None]:
    """Run the reference in the problem's own precision."""
    network = problem.cell, problem.shape, problem.inputs, problem.parameters
    forward: Any = forward_ragged if problem.lengths else reference.forward
    backward: Any = backward_ragged if problem.lengths else reference.backward
    lengths = (problem.lengths,) if problem.lengths else ()
    outputs, tape = forward(*network, *lengths)
    if not gradients:
        return outputs, None
    return outputs, backward(*network, tape, problem.upstream, *lengths)


def evaluate_rounded(
    problem: Problem, precision: Precision, gradients: bool
) -> tuple[Arrays, Arrays | None]:
    """Run the reference as plainly as it can be run in the precision of a row."""
    if not precision.is_mixed:
        return evaluate(problem, gradients)
    plain, dtype = problem.astype("float32"), storage(precision.name)
    parameters = {
        name: Factor.of(array, precision.significand) if name.startswith("weight") else array
        for name, array in plain.parameters.items()
    }
    outputs, found = evaluate(replace(plain, parameters=parameters), gradients)

    def stored(arrays: Arrays) -> Arrays:
        return {name: array.astype(dtype) for name, array in arrays.items()}

    return stored(outputs), None if found is None else stored(found)
