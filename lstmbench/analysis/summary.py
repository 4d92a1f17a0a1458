"""Rows side by side: the same work on several backends, speedups, and who is fastest."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import exp
from typing import NamedTuple, Self

import numpy as np

from ..labels import first_of_kinds, kind_of
from ..records import Row
from ..statistics.order import geometric_mean
from ..statistics.signed_rank import estimate_and_bounds
from ..timing.times import Times
from ..units import Seconds
from ..workload import Workload

# Sampling aims at ± 1 % of each median, so a ratio of two is known to 2 % at best; the third is for
# what changes on a machine between one backend's turn and the next.
NOISE = 0.03
# From so many rounds on there is a 95 % interval of their ratios.
ROUNDS = 6


class Speedup(NamedTuple):
    """Baseline time / this time, and the least and most that it may be.

    Of one process or a few the ratio of the medians, and what their intervals allow.  From
    ``ROUNDS`` rounds on, in each of which both had a process, the ratios of the rounds are one
    series: its Hodges–Lehmann estimate and exact 95 % interval.  What disturbs a round, or makes a
    process slow by chance, then meets one of many ratios and not the medians of all.
    """

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, base: Row, this: Row) -> "Speedup | None":
        """How much faster one row is than another; ``None`` where either has no time."""
        if this.time_s is None or base.time_s is None:
            return None
        if len(this.processes_s) == len(base.processes_s) >= ROUNDS:
            return cls(*_of_rounds(base.processes_s, this.processes_s))
        return cls.between(base.time_s, this.time_s)

    @classmethod
    def between(cls, above: Times, below: Times) -> Self:
        """The ratio of two medians, and what their intervals allow."""
        return cls(
            above.median / below.median,
            above.ci95[0] / below.ci95[1],
            above.ci95[1] / below.ci95[0],
        )

    @property
    def distance(self) -> float:
        """The ratio or its inverse, whichever is above 1."""
        return max(self.value, 1 / self.value)


# A page asks for the same ratio in several places, and this takes a hundred times as long as one.
@lru_cache(maxsize=2**18)
def _of_rounds(base: tuple[Seconds, ...], this: tuple[Seconds, ...]) -> tuple[float, float, float]:
    """The estimate of the ratios of all rounds, and the ends of its interval."""
    ratios = np.log(base) - np.log(this)
    middle, low, high = estimate_and_bounds(ratios, 0.025)
    return exp(middle), exp(low), exp(high)


@dataclass(frozen=True)
class Line:
    """One workload with one number of threads, on every backend that was asked for."""

    workload: Workload
    threads: int
    rows: dict[str, Row]

    def timed(self) -> dict[str, float]:
        """The median of each backend that has one."""
        return {name: row.time_s.median for name, row in self.rows.items() if row.time_s}

    def speedup(self, backend: str, baseline: str) -> Speedup | None:
        """How much faster a backend is than the baseline; ``None`` where either has no time."""
        this, base = self.rows.get(backend), self.rows.get(baseline)
        return None if this is None or base is None else Speedup.of(base, this)

    @cached_property
    def ranking(self) -> list[Row]:
        """The rows with a time, the fastest first; of several of one kind the first alone.

        The faster of two twins is faster than either of them is.
        """
        timed = self.timed()
        firsts = first_of_kinds(timed).values()
        return [self.rows[name] for name in sorted(firsts, key=timed.__getitem__)]

    @property
    def fastest(self) -> str | None:
        """The backend with the least median time."""
        return self.ranking[0].backend if self.ranking else None

    @cached_property
    def lead(self) -> "Lead | None":
        """How far the fastest is ahead of the second; ``None`` without a second."""
        return Lead(*self.ranking[:2]) if len(self.ranking) > 1 else None


@dataclass(frozen=True)
class Lead:
    """The two fastest rows of a line."""

    first: Row
    second: Row

    @cached_property
    def margin(self) -> Speedup:
        """The time of the second / the time of the first."""
        found = Speedup.of(self.second, self.first)
        assert found is not None
        return found

    @property
    def is_sure(self) -> bool:
        """Whether noise cannot have made the first the faster one.

        Intervals of one process each say nothing of how processes of the same code differ: then
        what they leave between the two has to be more than ``NOISE``.  Other processes only ever
        make a row slower: of the first that takes nothing away.
        """
        several = self.first.processes_s and self.second.processes_s
        least = 1 if several else 1 + NOISE
        return self.margin.low > least and not is_disturbed(self.second)


@dataclass(frozen=True)
class Group:
    """Lines that differ in sequence length and batch size only."""

    lines: tuple[Line, ...]

    @property
    def sizes(self) -> tuple[list[int], list[int]]:
        """The sequence lengths and the batch sizes, ascending."""
        return (
            sorted({line.workload.seq_len for line in self.lines}),
            sorted({line.workload.batch_size for line in self.lines}),
        )

    @property
    def workload(self) -> Workload:
        """A workload that stands for all: everything but its two sizes holds for the group."""
        return self.lines[0].workload

    @property
    def threads(self) -> int:
        return self.lines[0].threads


@dataclass(frozen=True)
class Overall:
    """One backend against the baseline over all rows of a mode that both have.

    ``speedup`` is the geometric mean; ``most_steps`` the row with the most time-steps a second.
    """

    backend: str
    mode: str
    speedup: float
    best: tuple[Speedup, Line]
    worst: tuple[Speedup, Line]
    rows: int
    most_steps: Row


def backends_of(rows: Iterable[Row]) -> list[str]:
    """The backends in the order in which they first occur."""
    return list(dict.fromkeys(row.backend for row in rows))


def lines_of(rows: Iterable[Row]) -> list[Line]:
    """Rows of the same work brought together, in the order in which they first occur."""
    found: dict[tuple[Workload, int], dict[str, Row]] = {}
    for row in rows:
        found.setdefault((row.workload, row.threads), {})[row.backend] = row
    return [
        Line(workload, threads, by_backend) for (workload, threads), by_backend in found.items()
    ]


def groups_of(lines: Iterable[Line]) -> list[Group]:
    """Lines brought together into grids over sequence length and batch size."""
    found: dict[tuple[object, ...], list[Line]] = {}
    for line in lines:
        w = line.workload
        key = (
            w.cell_name,
            w.remarks,
            w.dtype,
            w.input_size,
            w.hidden_size,
            w.num_layers,
            w.bias,
            line.threads,
            w.mode,
        )
        found.setdefault(key, []).append(line)
    return [Group(tuple(group)) for group in found.values()]


def overall(lines: Sequence[Line], baseline: str) -> Iterator[Overall]:
    """Each mode and backend against the baseline, where they share at least one row."""
    backends = backends_of(row for line in lines for row in line.rows.values())
    found: dict[tuple[str, str], list[tuple[Speedup, Line]]] = {}
    for line in lines:
        for backend in line.rows:
            if backend != baseline and (speedup := line.speedup(backend, baseline)) is not None:
                found.setdefault((line.workload.mode, backend), []).append((speedup, line))
    modes = dict.fromkeys(line.workload.mode for line in lines)
    for mode in modes:
        for backend in backends:
            if pairs := found.get((mode, backend)):
                yield Overall(
                    backend,
                    mode,
                    geometric_mean(speedup.value for speedup, _ in pairs),
                    max(pairs, key=lambda pair: pair[0].value),
                    min(pairs, key=lambda pair: pair[0].value),
                    len(pairs),
                    max(
                        (line.rows[backend] for _, line in pairs),
                        key=lambda row: row.timesteps_per_s or 0.0,
                    ),
                )


def is_own(backend: str) -> bool:
    """Whether a backend is made of the kernels of this repository."""
    return backend.startswith("numba-")


def own(line: Line) -> str | None:
    """The fastest of the own backends of a line; ``None`` where none has a time."""
    return next((row.backend for row in line.ranking if is_own(row.backend)), None)


def peers(line: Line) -> list[str]:
    """The backends of others that have a time, in the order of the file.

    NumPy is everybody's baseline and nobody's peer.
    """
    ranked = {row.backend for row in line.ranking}
    return [
        name
        for name in line.rows
        if name in ranked and not is_own(name) and kind_of(name) != "numpy"
    ]


def wins(lines: Iterable[Line]) -> dict[str, int]:
    """In how many rows each backend is the fastest, the most frequent winner first."""
    winners = [line.lead.first.backend for line in lines if line.lead]
    return dict(Counter(winners).most_common())


# Processors that others may use before a row's times are doubted: a tenth of one.
BUSY = 0.1


def is_disturbed(row: Row) -> bool:
    """Whether a row was timed while other processes used more than ``BUSY`` processors."""
    return row.other_load is not None and row.other_load > BUSY


def disturbed(rows: Iterable[Row]) -> list[Row]:
    """The rows that were."""
    return [row for row in rows if is_disturbed(row)]


def gpu_over_cpu(line: Line) -> Lead | None:
    """The fastest GPU backend over the fastest CPU backend; ``None`` without both."""
    gpu = next((row for row in line.ranking if row.device == "cuda"), None)
    cpu = next((row for row in line.ranking if row.device == "cpu"), None)
    return None if gpu is None or cpu is None else Lead(gpu, cpu)


def on_gpu(lines: Iterable[Line], wanted: bool) -> list[Line]:
    """The lines with their rows on a GPU alone, or with all others; none without a row."""
    found = []
    for line in lines:
        rows = {n: row for n, row in line.rows.items() if (row.device == "cuda") == wanted}
        if rows:
            found.append(Line(line.workload, line.threads, rows))
    return found


def without_time(rows: Iterable[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """The rows that have no time, by backend, status and reason."""
    found: dict[tuple[str, str, str], list[Row]] = {}
    for row in rows:
        if row.status not in ("ok", "skipped"):
            found.setdefault((row.backend, row.status, row.reason or ""), []).append(row)
    return found
