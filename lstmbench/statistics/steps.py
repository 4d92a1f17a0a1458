"""Steps in a series of times: a piecewise-constant fit of their logarithms.

The fit minimises the absolute distances from the levels plus a penalty for each step (Storath,
Weinmann & Unser, Jump-penalized least absolute values estimation of scalar or circle-valued
signals, Information and Inference 6, 2017), where a distance counts up to a bound: without it two
slow nights in a row are a step whatever the penalty is (Fearnhead & Rigaill, Changepoint detection
in the presence of outliers, JASA 114, 2019).  It costs as many operations as there are values times
``LEVELS``, and memory for the values.
"""

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# A level is the median of so many values at least: one or two slow nights are none.
SHORTEST = 3
# Fewer values have no noise that could be told from a step.
NEEDED = 10
# The most levels that are tried; up to so many different values all of them are.
LEVELS = 256
# In standard deviations of the noise: how far off a value counts, and what a step costs (plus the
# logarithm of the number of values).  `tests/test_steps.py` holds what follows from them.
FARTHEST = 3.0
PENALTY = 4.0
# In standard errors of the two means beside it: how large a step is at least.  Absolute distances
# alone see steps where a machine is in one of two modes by chance.
STANDS_OUT = 4.0
# The median of a run is not known better, however quiet the machine was.
LEAST_NOISE = 0.002
# Of a normal distribution, the share that lies within a standard deviation.
WITHIN = 0.6827


@dataclass(frozen=True)
class Fit:
    """Segments of constant level: where each begins, its median, and the noise around them."""

    starts: tuple[int, ...]
    levels: tuple[float, ...]
    noise: float

    @property
    def steps(self) -> tuple[int, ...]:
        """The first value after each step."""
        return self.starts[1:]


def fit(values: Sequence[float], least: float) -> Fit:
    """The segments of a series of at least one value; steps smaller than ``least`` are none.

    A series of fewer than ``NEEDED`` values has one segment.
    """
    series = np.asarray(values, dtype=np.float64)
    scatter = noise(series)
    starts = [0]
    if len(series) >= NEEDED:
        penalty = scatter * (PENALTY + float(np.log(len(series))))
        starts = segments(series, penalty, FARTHEST * scatter, scatter)
        starts = _joined(series, starts, scatter, least)
    return Fit(tuple(starts), tuple(_medians(series, starts)), scatter)


def noise(series: Array) -> float:
    """The standard deviation from value to value; no step and no outlier enlarges it much."""
    if len(series) < 2:
        return LEAST_NOISE
    return max(float(np.quantile(np.abs(np.diff(series)), WITHIN)) / 2**0.5, LEAST_NOISE)


def segments(series: Array, penalty: float, farthest: float, scatter: float) -> list[int]:
    """Where the segments of the best fit begin, the first at 0.

    Dynamic programming over the levels: ``costs[k]`` is the least cost of the values so far where
    the last segment has level ``k``, and ``begun[k]`` where that segment began.
    """
    levels = _levels(series, scatter)
    costs = np.full(len(levels), np.inf)
    begun = np.zeros(len(levels), dtype=np.int64)
    best = np.full(len(series) + 1, np.inf)
    best[0] = -penalty
    start_of_last = np.zeros(len(series) + 1, dtype=np.int64)
    recent: deque[Array] = deque(maxlen=SHORTEST)
    for end, value in enumerate(series.tolist(), start=1):
        recent.append(_losses(levels, value, farthest))
        costs = costs + recent[-1]
        if end >= SHORTEST:
            begin = end - SHORTEST
            anew = best[begin] + penalty + sum(recent)
            begun[anew < costs] = begin
            costs = np.minimum(anew, costs)
        least = int(np.argmin(costs))
        best[end], start_of_last[end] = costs[least], begun[least]
    starts = [int(start_of_last[-1])]
    while starts[-1]:
        starts.append(int(start_of_last[starts[-1]]))
    return starts[::-1]


def _losses(levels: Array, value: float, farthest: float) -> Array:
    """What a value adds to the cost of each level."""
    losses: Array = np.minimum(np.abs(levels - value), farthest)
    return losses


def _levels(series: Array, scatter: float) -> Array:
    """The values themselves, among which the best levels are; of too many, rounded ones."""
    levels, grain = np.unique(series), scatter / 8
    while len(levels) > LEVELS:
        levels, grain = np.unique(np.round(series / grain)) * grain, 2 * grain
    return levels


def _medians(series: Array, starts: Sequence[int]) -> list[float]:
    return [float(np.median(segment)) for segment in np.split(series, starts[1:])]


def _joined(series: Array, starts: Sequence[int], scatter: float, least: float) -> list[int]:
    """Join neighbours whose means are no step apart, those that are the nearest to one first.

    What has been joined lies at the mean of its parts, so that many small steps the same way are
    one large step in the end.
    """
    mean, weight = _means(series, starts, scatter), np.diff([*starts, len(series)]).tolist()
    left, right = list(range(-1, len(starts) - 1)), list(range(1, len(starts) + 1))

    def apart(i: int, j: int) -> float:
        """The distance of two means in steps: from 1 on there is one."""
        error = scatter * (1 / weight[i] + 1 / weight[j]) ** 0.5
        return float(abs(mean[i] - mean[j]) / max(least, STANDS_OUT * error))

    near = [(apart(i, i + 1), i, i + 1) for i in range(len(starts) - 1)]
    heapq.heapify(near)
    while near and near[0][0] < 1:
        distance, i, j = heapq.heappop(near)
        if not weight[i] or right[i] != j or apart(i, j) != distance:
            continue
        mean[i] = (weight[i] * mean[i] + weight[j] * mean[j]) / (weight[i] + weight[j])
        weight[i], weight[j] = weight[i] + weight[j], 0
        right[i] = right[j]
        if right[i] < len(starts):
            left[right[i]] = i
            heapq.heappush(near, (apart(i, right[i]), i, right[i]))
        if left[i] >= 0:
            heapq.heappush(near, (apart(left[i], i), left[i], i))
    return [start for start, alive in zip(starts, weight, strict=True) if alive]


def _means(series: Array, starts: Sequence[int], scatter: float) -> list[float]:
    """The mean of each segment, of values no farther from its median than those that count."""
    farthest = FARTHEST * scatter
    return [
        float(np.clip(segment, middle - farthest, middle + farthest).mean())
        for segment, middle in zip(
            np.split(series, starts[1:]), _medians(series, starts), strict=True
        )
    ]
