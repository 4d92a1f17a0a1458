"""Two result files side by side: how the times of the same rows differ, and what else does.

Nothing is judged here: a ratio between two machines, or between two days, has many causes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..analysis import arithmetic
from ..analysis.summary import Speedup, disturbed
from ..records import Header, Result, Row
from ..statistics.order import geometric_mean

Work = tuple[object, ...]
# What each backend calls its version.
Versions = Mapping[str, Sequence[str]]


class Ratio(Speedup):
    """Head time / base time, and the least and most that the two intervals allow."""

    @property
    def word(self) -> str | None:
        """What became of the row; ``None`` where the intervals do not tell the two apart."""
        if self.low > 1:
            return "slower"
        return "faster" if self.high < 1 else None


class Difference(NamedTuple):
    """Something that the two files say differently, in words."""

    what: str
    base: str
    head: str


@dataclass(frozen=True)
class Pair:
    """The same work on the same backend with as many threads, in both files."""

    base: Row
    head: Row

    @property
    def is_lost_or_found(self) -> bool:
        """Whether it has a time, or another reason to have none, in one file alone."""
        return self.base.status != self.head.status

    @property
    def ratio(self) -> Ratio | None:
        """``None`` where either has no time."""
        base, head = self.base.time_s, self.head.time_s
        if base is None or head is None:
            return None
        return Ratio.between(head, base)


@dataclass(frozen=True)
class Timed:
    """A pair that has a time on both sides."""

    base: Row
    head: Row
    ratio: Ratio


@dataclass(frozen=True)
class Mean:
    """One backend in one mode: the geometric mean of the ratios, and the two ends."""

    backend: str
    mode: str
    ratio: float
    least: float
    most: float
    rows: int


@dataclass(frozen=True)
class Comparison:
    """What both files have, what only one has, and in what else they differ."""

    base: Result
    head: Result
    timed: tuple[Timed, ...]
    untimed: tuple[Pair, ...]
    missing: tuple[Row, ...]
    new: tuple[Row, ...]
    machine: tuple[Difference, ...]
    others: tuple[Difference, ...]

    @property
    def is_one_machine(self) -> bool:
        """Whether the ratios can be put down to anything but the machine."""
        return not self.machine

    def word(self, each: Timed) -> str | None:
        """``faster`` or ``slower``; between two machines neither is ever said."""
        return each.ratio.word if self.is_one_machine else None

    def means(self) -> list[Mean]:
        """Each backend and mode, in the order in which they first occur in the base."""
        found: dict[tuple[str, str], list[float]] = {}
        for row in self.base.rows:
            found.setdefault((row.backend, row.mode), [])
        for each in self.timed:
            found[each.base.backend, each.base.mode].append(each.ratio.value)
        return [
            Mean(backend, mode, geometric_mean(of), min(of), max(of), len(of))
            for (backend, mode), of in found.items()
            if of
        ]


def compare(base: Result, head: Result) -> Comparison:
    """Set the rows of two files side by side, those that are furthest apart first."""
    before = {work_of(row): row for row in base.rows}
    after = {work_of(row): row for row in head.rows}
    pairs = [Pair(row, after[work]) for work, row in before.items() if work in after]
    timed = [Timed(p.base, p.head, p.ratio) for p in pairs if p.ratio is not None]
    return Comparison(
        base=base,
        head=head,
        timed=tuple(sorted(timed, key=lambda each: each.ratio.distance, reverse=True)),
        untimed=tuple(pair for pair in pairs if pair.ratio is None),
        missing=tuple(row for work, row in before.items() if work not in after),
        new=tuple(row for work, row in after.items() if work not in before),
        machine=tuple(_machine_differences(base, head)),
        others=tuple(_other_differences(base, head)),
    )


def work_of(row: Row) -> Work:
    """What makes two rows the same work: two files of lengths can have one name."""
    return (*row.key, row.steps)


def _machine_differences(base: Result, head: Result) -> Iterator[Difference]:
    """What makes it another machine, its GPUs included; empty on the same one."""
    yield from _fields("", base.environment.machine, head.environment.machine)
    yield from _of("GPU", _gpus(base), _gpus(head))
    if base.environment.machine == head.environment.machine:
        yield from _of("fingerprint", base.fingerprint, head.fingerprint)


def _gpus(result: Result) -> list[str]:
    return sorted(
        {f"{row.gpu.name} ({row.gpu.memory_bytes} bytes)" for row in result.rows if row.gpu}
    )


def _other_differences(base: Result, head: Result) -> Iterator[Difference]:
    """What may explain a ratio on one machine: versions, settings, and how it was then."""
    yield from version_differences(versions(base.rows), versions(head.rows))
    yield from _entries(
        "arithmetic of ", arithmetic.by_backend(base.rows), arithmetic.by_backend(head.rows)
    )
    yield from header_differences(base, head)
    yield from _of("threads", _threads(base.rows), _threads(head.rows))
    yield from _of("disturbed rows", len(disturbed(base.rows)), len(disturbed(head.rows)))


def version_differences(base: Versions, head: Versions) -> Iterator[Difference]:
    """The backends whose versions differ, or that only one has."""
    yield from _entries("version of ", base, head)


def header_differences(base: Header, head: Header) -> Iterator[Difference]:
    """In what two headers of one machine differ."""
    yield from _entries("", base.environment.software, head.environment.software)
    yield from _entries("a timed call of ", base.timed_calls, head.timed_calls)
    yield from _fields("setting ", base.settings, head.settings)
    yield from _of("measured by", base.measured_by, head.measured_by)
    yield from _of("suite", base.suite, head.suite)
    yield from _of("baseline", base.baseline, head.baseline)
    yield from _of("command", base.command, head.command)
    yield from _of("CPU governor", base.environment.governor, head.environment.governor)
    yield from _of("warnings", base.environment.warnings, head.environment.warnings)


def versions(rows: Iterable[Row]) -> Versions:
    """What each backend calls its version; several only where a file was made by several."""
    found: dict[str, list[str]] = {}
    for row in rows:
        known = found.setdefault(row.backend, [])
        if row.backend_version is not None and row.backend_version not in known:
            known.append(row.backend_version)
    return {name: versions for name, versions in found.items() if versions}


def _threads(rows: Iterable[Row]) -> list[int]:
    return sorted({row.threads for row in rows})


def _fields(head: str, first: Any, second: Any) -> Iterator[Difference]:
    """The fields of two records of one kind that differ."""
    for name in type(first).model_fields:
        what = f"{head}{name.replace('_', ' ')}"
        yield from _of(what, getattr(first, name), getattr(second, name))


def _entries(
    head: str, first: Mapping[str, object], second: Mapping[str, object]
) -> Iterator[Difference]:
    """The entries of two mappings that differ, or that only one has."""
    for name in dict.fromkeys([*first, *second]):
        yield from _of(f"{head}{name}", first.get(name), second.get(name))


def _of(what: str, first: object, second: object) -> Iterator[Difference]:
    if first != second:
        yield Difference(what, _in_words(first), _in_words(second))


def _in_words(value: object) -> str:
    match value:
        case None | () | [] | "":
            return "none"
        case dict():
            return ", ".join(f"{name} {count}" for name, count in value.items()) or "none"
        case list() | tuple():
            return ", ".join(map(str, value))
    return str(value)


def as_json(comparison: Comparison) -> dict[str, Any]:
    """All of a comparison, in names and numbers."""
    return {
        "base": _origin(comparison.base),
        "head": _origin(comparison.head),
        "same_machine": comparison.is_one_machine,
        "machine": [each._asdict() for each in comparison.machine],
        "differences": [each._asdict() for each in comparison.others],
        "means": [vars(mean) for mean in comparison.means()],
        "rows": [
            {
                **identity(each.base),
                "base_s": each.base.time_s.median,
                "head_s": each.head.time_s.median,
                **dict(zip(("ratio", "low", "high"), each.ratio, strict=True)),
                "word": comparison.word(each),
            }
            for each in comparison.timed
            if each.base.time_s and each.head.time_s
        ],
        "without_time": [
            {**identity(pair.base), "base": pair.base.status, "head": pair.head.status}
            for pair in comparison.untimed
        ],
        "missing": [identity(row) for row in comparison.missing],
        "new": [identity(row) for row in comparison.new],
    }


def _origin(result: Result) -> dict[str, str]:
    return {"created": result.created, "fingerprint": result.fingerprint}


def identity(row: Row) -> dict[str, str | int]:
    """What a row is, in names."""
    names = ("id", "data", "lengths", "backend", "threads")
    return dict(zip(names, row.key, strict=True))
