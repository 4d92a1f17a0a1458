"""Rows as the columns that the HTML page reads: what repeats is written once.

A column of text is a list of its values and the place in it of each row; a column of numbers has
five significant digits.  A sketch is at most ``STATISTICS`` order statistics of the samples of a
row, two characters each: where it lies between the shortest and the longest.
"""

import base64
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ..markdown import one_line
from ..records import Result, Row
from .data import rows_with_facts

STATISTICS = 40
# Two characters of base64 are 12 bits.
_STEPS = 4095
_TEXT = ("cell", "mode", "dtype", "remarks", "device", "backend", "status", "reason", "bound")
_NUMBERS = (
    "file",
    "seq_len",
    "batch_size",
    "input_size",
    "hidden_size",
    "num_layers",
    "bias",
    "threads",
    "median_s",
    "q1_s",
    "q3_s",
    "min_s",
    "max_s",
    "ci95_low_s",
    "ci95_high_s",
    "samples",
    "loops",
    "sequences_per_s",
    "timesteps_per_s",
    "fraction_of_bound",
    "compile_s",
    "peak_memory_bytes",
    "disturbed",
    "error",
    "tolerance",
    "rank",
    "sure",
)
_RATIOS, _ENDS = ("speedup", "ahead"), ("", "_low", "_high")
Json = dict[str, Any]


class Columns:
    """Every row of the files, column by column."""

    def __init__(self, results: Sequence[Result]) -> None:
        self._rows: list[tuple[Json, str, bool]] = []
        for number, result in enumerate(results):
            for row, facts in rows_with_facts(result, number):
                leads = facts["rank"] == 1 or row.backend == result.baseline
                self._rows.append((_flat(facts), sketch(row), leads or row.time_s is None))

    def as_json(self, *, sketches: bool = True, leaders_only: bool = False) -> Json:
        """What the page reads.

        Args:
            sketches: whether the samples of a row come with it.
            leaders_only: leave out the rows with a time that are neither the fastest of their work
                nor of the baseline.
        """
        kept = [row for row in self._rows if row[2] or not leaders_only]
        facts = [row[0] for row in kept]
        return {
            "count": len(kept),
            "text": {name: _words(row[name] for row in facts) for name in _TEXT},
            "numbers": {
                name: _numbers([row[name] for row in facts])
                for name in (*_NUMBERS, *(ratio + end for ratio in _RATIOS for end in _ENDS))
            },
            "sketches": [row[1] for row in kept] if sketches else None,
        }


def _flat(facts: Mapping[str, Any]) -> Json:
    """The columns of a row, each ratio as three, in their precision."""
    flat: Json = {name: one_line(facts[name] or "") for name in _TEXT}
    flat |= {name: _rounded(facts[name]) for name in _NUMBERS}
    for name in _RATIOS:
        for end, value in zip(_ENDS, facts[name] or (None, None, None), strict=True):
            flat[name + end] = _rounded(value)
    return flat


def _rounded(value: float | None) -> float | None:
    if isinstance(value, bool):
        return int(value)
    return float(f"{value:.5g}") if isinstance(value, float) else value


def _words(values: Iterable[str]) -> Json:
    places: dict[str, int] = {}
    at = [places.setdefault(value, len(places)) for value in values]
    return {"values": list(places), "at": at if len(places) > 1 else None}


def _numbers(values: list[float | None]) -> list[float | None] | float | None:
    """The values, or the one value that all have."""
    first = values[0] if values else None
    return first if all(value == first for value in values) else values


def sketch(row: Row) -> str:
    """The order statistics of the samples of a row; empty where it has none."""
    samples = np.sort(np.asarray(row.samples_s))
    if not samples.size:
        return ""
    return _packed(samples[_ranks(samples.size)])


@cache
def _ranks(count: int) -> npt.NDArray[np.int64]:
    """Which of so many samples in ascending order are told."""
    return np.linspace(0, count - 1, min(count, STATISTICS)).round().astype(np.int64)


def _packed(ascending: npt.NDArray[np.float64]) -> str:
    """Numbers as their places between the first and the last, two characters each."""
    width = ascending[-1] - ascending[0]
    places = (ascending - ascending[0]) / (width or 1) * _STEPS
    steps = np.rint(places).astype(np.uint32)
    # Three bytes are four characters: two numbers of 12 bits.
    pairs = np.append(steps, 0)[: steps.size + steps.size % 2].reshape(-1, 2)
    joined = (pairs[:, 0] << 12 | pairs[:, 1]).astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:]
    return base64.b64encode(joined.tobytes()).decode()[: 2 * steps.size]
