"""What every format says of a result file: its rows that were measured, each with one name."""

import json
from dataclasses import dataclass
from typing import Any

from ..markdown import printable
from ..records import Result, Row
from ..timing.times import Times
from ..units import Seconds


@dataclass(frozen=True)
class Timed:
    """A row that has a time and samples."""

    row: Row
    time: Times

    @property
    def name(self) -> str:
        """Everything that tells a row from the others of its file, in one printable line."""
        row = self.row
        parts = (row.id, *row.workload.remarks, row.backend, f"{row.threads}-threads")
        line = " ".join("/".join(parts).split())
        return printable(line)

    @property
    def samples(self) -> tuple[Seconds, ...]:
        return tuple(self.row.samples_s)


@dataclass(frozen=True)
class Measured:
    """A result file, its rows with a time, and the commit that was measured, where one is given."""

    result: Result
    rows: tuple[Timed, ...]
    commit: str | None

    @classmethod
    def of(cls, result: Result, commit: str | None = None) -> "Measured":
        rows = (Timed(r, r.time_s) for r in result.rows if r.time_s is not None and r.samples_s)
        return cls(result, tuple(rows), commit)

    @property
    def left_out(self) -> int:
        """How many rows have no time or no samples."""
        return len(self.result.rows) - len(self.rows)


def as_text(value: Any) -> str:
    """Strict JSON: never NaN or infinity."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"
