"""A table for spreadsheets (RFC 4180): one row a line, columns that stay."""

import csv
import io

from .measured import Measured, Timed

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
)
# A spreadsheet takes text that begins so for a formula, which can run programs.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def text(measured: Measured) -> str:
    """The whole table, its head first."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    origin = (measured.result.created, measured.result.fingerprint)
    for timed in measured.rows:
        writer.writerow(_cell(value) for value in (*_values(timed), *origin))
    return file.getvalue()


def _values(timed: Timed) -> list[object]:
    row, time = timed.row, timed.time
    return [
        *(getattr(row, name) for name in _ROW),
        *(getattr(time, name) for name in _TIMES),
        *time.ci95,
        time.samples,
        *(getattr(row, name) for name in _MEASURED),
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
