"""A table for spreadsheets (RFC 4180): one row a line, columns that stay."""

import csv
import io
from collections.abc import Iterable, Sequence

from ..records import Result, Row
from .measured import Measured

_ROW = (
    "id",
    "backend",
    "backend_version",
    "device",
    "threads",
    "cell",
    "bidirectional",
    "mode",
    "dtype",
    "seq_len",
    "batch_size",
    "input_size",
    "hidden_size",
    "num_layers",
    "bias",
    "data",
    "lengths",
)
_TIMES = ("median", "q1", "q3", "min", "max")
_MEASURED = (
    "loops",
    "sequences_per_s",
    "timesteps_per_s",
    "flops",
    "flops_per_s",
    "fraction_of_peak",
    "bound",
    "compile_s",
    "peak_memory_bytes",
    "other_load",
)
COLUMNS = (
    *_ROW,
    *(f"{name}_s" for name in _TIMES),
    "ci95_low_s",
    "ci95_high_s",
    "samples",
    *_MEASURED,
    "created",
    "fingerprint",
    "machine",
    "status",
    "reason",
)
# A spreadsheet takes text that begins so for a formula, which can run programs.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def text(measured: Measured) -> str:
    """The rows of a file that have a time, the head first."""
    return _table((measured.result, timed.row) for timed in measured.rows)


def of_files(results: Sequence[Result]) -> str:
    """Every row of several files, also those without a time, the head first."""
    return _table((result, row) for result in results for row in result.rows)


def _table(rows: Iterable[tuple[Result, Row]]) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for result, row in rows:
        writer.writerow(_cell(value) for value in _values(result, row))
    return file.getvalue()


def _values(result: Result, row: Row) -> list[object]:
    time = row.time_s
    return [
        *(getattr(row, name) for name in _ROW),
        *(time and getattr(time, name) for name in _TIMES),
        *(time.ci95 if time else (None, None)),
        time and time.samples,
        *(getattr(row, name) for name in _MEASURED),
        result.created,
        result.fingerprint,
        result.environment.machine.cpu_model,
        row.status,
        row.reason,
    ]


def _cell(value: object) -> object:
    """A value as a cell: nothing for null, and text that no spreadsheet computes."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case str() if value.startswith(FORMULA):
            return f"'{value}"
    return value
