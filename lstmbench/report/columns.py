"""Rows as the columns that the HTML page reads: what repeats is written once.

A column of text is a list of its values and the place in it of each row; a measured number has five
significant digits.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import compress
from typing import Any

import numpy as np

from ..analysis.summary import Line
from ..markdown import one_line
from ..records import Result
from .data import rows_with_facts
from .sketch import sketch

_TEXT = ("cell", "mode", "dtype", "remarks", "device", "backend", "status", "reason", "bound")
_COUNTS = (
    "file",
    "seq_len",
    "batch_size",
    "input_size",
    "hidden_size",
    "num_layers",
    "bias",
    "threads",
    "samples",
    "loops",
    "peak_memory_bytes",
    "disturbed",
    "rank",
    "sure",
)
_MEASURED = (
    "median_s",
    "q1_s",
    "q3_s",
    "min_s",
    "max_s",
    "ci95_low_s",
    "ci95_high_s",
    "sequences_per_s",
    "timesteps_per_s",
    "fraction_of_bound",
    "compile_s",
    "error",
    "tolerance",
)
_RATIOS, _ENDS = ("speedup", "ahead"), ("", "_low", "_high")
_DIGITS = 5
Json = dict[str, Any]
Numbers = list[float | None]


class Columns:
    """Every row of the files, column by column."""

    def __init__(self, files: Sequence[tuple[Result, Sequence[Line]]]) -> None:
        self._text: dict[str, list[str]] = {name: [] for name in _TEXT}
        self._numbers: dict[str, Numbers] = {}
        self._sketches: list[str] = []
        self._is_leader: list[bool] = []
        words: dict[str, str] = {}
        for number, (result, lines) in enumerate(files):
            for row, facts in rows_with_facts(lines, result.baseline, number):
                for name, texts in self._text.items():
                    text = facts[name] or ""
                    texts.append(words.get(text) or words.setdefault(text, one_line(text)))
                for name, value in _numbers(facts):
                    self._numbers.setdefault(name, []).append(value)
                self._sketches.append(sketch(row.samples_s))
                leads = facts["rank"] == 1 or row.backend == result.baseline
                self._is_leader.append(leads or row.time_s is None)
        for name, numbers in self._numbers.items():
            if name not in _COUNTS:
                self._numbers[name] = _rounded(numbers)

    def as_json(self, *, sketches: bool = True, leaders_only: bool = False) -> Json:
        """What the page reads.

        Args:
            sketches: whether the samples of a row come with it.
            leaders_only: leave out the rows with a time that are neither the fastest of their work
                nor of the baseline.
        """
        kept = self._is_leader if leaders_only else [True] * len(self._is_leader)
        return {
            "count": sum(kept),
            "text": {n: _words(list(compress(of, kept))) for n, of in self._text.items()},
            "numbers": {
                n: _unless_same(list(compress(of, kept))) for n, of in self._numbers.items()
            },
            "sketches": list(compress(self._sketches, kept)) if sketches else None,
        }


def _numbers(facts: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    """The numbers of a row, each ratio as three."""
    for name in (*_COUNTS, *_MEASURED):
        yield name, facts[name]
    for name in _RATIOS:
        for end, value in zip(_ENDS, facts[name] or (None, None, None), strict=True):
            yield name + end, value


def _rounded(numbers: Numbers) -> Numbers:
    """The numbers with ``_DIGITS`` significant digits."""
    given = np.array(numbers, np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        decimals = _DIGITS - 1 - np.floor(np.log10(np.abs(given)))
        # Powers of ten that are whole numbers are exact, and so is the nearest double of the ratio.
        up, down = 10.0 ** np.maximum(decimals, 0), 10.0 ** np.maximum(-decimals, 0)
        found = np.where(given == 0, 0.0, np.rint(given * up / down) / up * down)
    return [
        None if known is None else value
        for known, value in zip(numbers, found.tolist(), strict=True)
    ]


def _words(values: Sequence[str]) -> Json:
    places: dict[str, int] = {}
    at = [places.setdefault(value, len(places)) for value in values]
    return {"values": list(places), "at": at if len(places) > 1 else None}


def _unless_same(values: Numbers) -> Numbers | float | None:
    """The values, or the one value that all have."""
    first = values[0] if values else None
    return first if all(value == first for value in values) else values
