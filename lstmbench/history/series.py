"""Result files of many nights: a series of times for each row and machine, and the steps in it.

A history is result files, nothing else: to append to it is to write one more file.  Of a file only
its header and the medians are kept, so that a long history fits into memory.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from itertools import pairwise
from math import exp, log, log1p
from pathlib import Path
from typing import Any, NamedTuple

from ..comparison.compare import (
    Difference,
    Versions,
    header_differences,
    identity,
    version_differences,
    versions,
    work_of,
)
from ..errors import ResultFormatError, UsageError, unknown
from ..records import Header, Result, Row
from ..result import read
from ..statistics.steps import NEEDED, Fit, fit
from ..units import Seconds


@dataclass(frozen=True)
class Entry:
    """One result file: its name, when it was made, its header, and the versions of its backends."""

    name: str
    at: datetime
    header: Header
    versions: Versions


class Point(NamedTuple):
    """What a file says of a row: its median, or that there is none."""

    entry: Entry
    seconds: Seconds | None


@dataclass
class Series:
    """One row on one machine: a point for each file that has the row, the oldest first."""

    row: Row
    fingerprint: str
    least: float
    points: list[Point] = field(default_factory=list)

    @property
    def timed(self) -> list[tuple[Entry, Seconds]]:
        """The points without the gaps."""
        return [(entry, time) for entry, time in self.points if time is not None]

    @property
    def logarithms(self) -> list[float | None]:
        """Of all times, with the gaps."""
        return [None if time is None else log(time) for _, time in self.points]

    @property
    def gaps(self) -> int:
        """In how many files the row has no time."""
        return len(self.points) - len(self.timed)

    @property
    def is_long_enough(self) -> bool:
        """Whether there are so many times that a step could be told."""
        return len(self.timed) >= NEEDED

    @cached_property
    def fit(self) -> Fit:
        """The levels of the logarithms of the times, of which there is one at least."""
        return fit([log(time) for _, time in self.timed], log1p(self.least))

    def steps(self) -> Iterator["Step"]:
        """The steps, the oldest first."""
        if not self.is_long_enough:
            return
        timed = self.timed
        for at, (before, after) in zip(self.fit.steps, pairwise(self.fit.levels), strict=True):
            near = timed[max(at - 2, 0) : at + 2]
            around = near[0][0], near[-1][0]
            yield Step(self, timed[at - 1][0], timed[at][0], around, exp(before), exp(after))


@dataclass(frozen=True)
class Step:
    """Where a series changes its level: the last file before, the first after, and both medians.

    ``around`` are one file further to each side, since a step may be found a file off.
    """

    series: Series
    before: Entry
    after: Entry
    around: tuple[Entry, Entry]
    before_s: Seconds
    after_s: Seconds

    @property
    def ratio(self) -> float:
        """Time after / time before: above 1 it became slower."""
        return self.after_s / self.before_s

    @property
    def word(self) -> str:
        """What became of the row."""
        return "slower" if self.ratio > 1 else "faster"

    @property
    def backend_versions(self) -> tuple[str, str]:
        """What the backend of the row called its version before and after."""
        first, second = (
            ", ".join(entry.versions.get(self.series.row.backend, ())) or "unknown"
            for entry in self.around
        )
        return first, second


@dataclass(frozen=True)
class Change:
    """Steps on one machine that may be one: none is more than a file from the next, in one row.

    The largest comes first.
    """

    steps: tuple[Step, ...]

    @property
    def first(self) -> Entry:
        """The first file after the earliest step."""
        return min((step.after for step in self.steps), key=_order)

    @property
    def last(self) -> Entry:
        """The first file after the latest step."""
        return max((step.after for step in self.steps), key=_order)

    @property
    def around(self) -> tuple[Entry, Entry]:
        """A file that is surely before all steps, and one that is after."""
        befores, afters = zip(*(step.around for step in self.steps), strict=True)
        return min(befores, key=_order), max(afters, key=_order)

    def differences(self) -> Iterator[Difference]:
        """What the two files around say differently, and may explain the steps."""
        before, after = self.around
        yield from version_differences(before.versions, after.versions)
        yield from header_differences(before.header, after.header)


@dataclass(frozen=True)
class History:
    """Every series of some files, and the changes in them, the newest first."""

    entries: tuple[Entry, ...]
    series: tuple[Series, ...]
    least: float

    @cached_property
    def changes(self) -> tuple[Change, ...]:
        steps = [step for series in self.series for step in series.steps()]
        steps.sort(key=lambda step: (step.series.fingerprint, _order(step.after)))
        together: list[list[Step]] = []
        for step in steps:
            if together and _may_be_one(together[-1][-1], step):
                together[-1].append(step)
            else:
                together.append([step])
        changes = [Change(tuple(sorted(each, key=_size, reverse=True))) for each in together]
        return tuple(sorted(changes, key=lambda change: _order(change.last), reverse=True))

    @property
    def stepped(self) -> list[Series]:
        """The series with a step at least."""
        return [each for each in self.series if each.is_long_enough and each.fit.steps]

    @property
    def steady(self) -> list[Series]:
        """The series that are long enough and have no step."""
        return [each for each in self.series if each.is_long_enough and not each.fit.steps]

    @property
    def short(self) -> list[Series]:
        """The series with too few times to tell a step."""
        return [each for each in self.series if not each.is_long_enough]


def load(paths: Sequence[Path], least: float, *, backends: Sequence[str] | None = None) -> History:
    """Read result files, and folders of them, into series.

    Raises ``ResultFormatError`` for the first file that cannot be read: a history without it would
    show a step elsewhere, or none.
    """
    entries: list[Entry] = []
    found: dict[tuple[object, ...], Series] = {}
    for path in _files(paths):
        result = read(path)
        entry = _entry(path, result)
        entries.append(entry)
        for row in result.rows:
            gpu = (row.gpu.name, row.gpu.memory_bytes) if row.gpu else None
            key = (work_of(row), entry.header.fingerprint, gpu)
            series = found.setdefault(key, Series(row, entry.header.fingerprint, least))
            series.points.append(Point(entry, row.time_s.median if row.time_s else None))
    for series in found.values():
        series.points.sort(key=lambda point: _order(point.entry))
    known = dict.fromkeys(series.row.backend for series in found.values())
    for name in backends or ():
        if name not in known:
            raise UsageError(unknown("backend", name, known))
    wanted = tuple(s for s in found.values() if backends is None or s.row.backend in backends)
    return History(tuple(sorted(entries, key=_order)), wanted, least)


def _files(paths: Iterable[Path]) -> list[Path]:
    """The files, and those of the folders whose names end in .json, each once."""
    found: dict[Path, Path] = {}
    for path in paths:
        inside = sorted(path.glob("*.json")) if path.is_dir() else [path]
        if not inside:
            raise UsageError(f"{path}: expected result files (*.json) in the folder, got none")
        for file in inside:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _entry(path: Path, result: Result) -> Entry:
    header = Header(**{name: getattr(result, name) for name in Header.model_fields})
    name = os.fsencode(path).decode("utf-8", "backslashreplace")
    return Entry(name, _moment(path, result.created), header, versions(result.rows))


def _moment(path: Path, created: str) -> datetime:
    try:
        moment = datetime.fromisoformat(created)
    except ValueError as error:
        raise ResultFormatError(
            f"{path}: created: expected a time in ISO 8601, got {created!r:.60}"
        ) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _order(entry: Entry) -> tuple[datetime, str]:
    return entry.at, entry.name


def _may_be_one(step: Step, later: Step) -> bool:
    """Whether two steps are on one machine and no more than a file apart."""
    is_one_machine = step.series.fingerprint == later.series.fingerprint
    return is_one_machine and _order(later.around[0]) < _order(step.after)


def _size(step: Step) -> float:
    return abs(log(step.ratio))


def as_json(history: History) -> dict[str, Any]:
    """All of a history, in names and numbers."""
    return {
        "least": history.least,
        "needed": NEEDED,
        "changes": [
            {
                "fingerprint": change.last.header.fingerprint,
                "compared": [entry.name for entry in change.around],
                "differences": [each._asdict() for each in change.differences()],
                "steps": [
                    {
                        **identity(step.series.row),
                        "before": step.before.name,
                        "after": step.after.name,
                        "created": step.after.header.created,
                        "before_s": step.before_s,
                        "after_s": step.after_s,
                        "ratio": step.ratio,
                        "word": step.word,
                        "backend_versions": list(step.backend_versions),
                    }
                    for step in change.steps
                ],
            }
            for change in history.changes
        ],
        "series": [
            {
                **identity(series.row),
                "fingerprint": series.fingerprint,
                "enough": series.is_long_enough,
                "points": [
                    {"file": entry.name, "created": entry.header.created, "seconds": time}
                    for entry, time in series.points
                ],
            }
            for series in history.series
        ],
    }
