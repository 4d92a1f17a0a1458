"""What a field of a table on the page says of a row, escaped."""

from ..analysis import summary
from ..machine.gpu import Clocks, Transfer
from ..markdown import escape
from ..records import Row
from ..units import duration, percent, size
from ..workload import Workload


def row_name(row: Row) -> str:
    """The id of a row, and what that does not say of it."""
    remarks = ", ".join(row.workload.remarks)
    return escape(row.id) + (f" ({escape(remarks)})" if remarks else "")


def place(workload: Workload) -> str:
    """A workload in a few words: its cell and its three sizes."""
    w = workload
    return f"{escape(w.cell_name)} T {w.seq_len}, B {w.batch_size}, H {w.hidden_size}"


def median(row: Row) -> str:
    """The median time of a row, marked where the row was disturbed; empty without a time."""
    if row.time_s is None:
        return ""
    return duration(row.time_s.median) + (" ⚠" if summary.is_disturbed(row) else "")


def of_the_bound(row: Row) -> str:
    """How near a row comes to its bound, and what that is; empty where no bound is known."""
    if not row.fraction_of_peak:
        return ""
    return f"{percent(row.fraction_of_peak)} of {escape(row.bound or 'it')}"


def device_median(row: Row) -> str:
    """The median time between two events on the device; empty where there is none."""
    return duration(row.gpu.time_s.median) if row.gpu and row.gpu.time_s else ""


def transfer(copy: Transfer | None) -> str:
    """How long a copy took, and of how much."""
    return f"{duration(copy.seconds)} ({size(copy.bytes)})" if copy else ""


def algorithm(row: Row) -> str:
    """What each pass of a row ran on the device."""
    passes = row.gpu.algorithm if row.gpu else {}
    return "<br>".join(f"{escape(name)}: {escape(what)}" for name, what in passes.items())


def clock(row: Row) -> str:
    """The clock of the device before and after a row, and what held it back."""
    if row.gpu is None:
        return ""
    text = f"{_mhz(row.gpu.before)} → {_mhz(row.gpu.after)} MHz"
    held = ", ".join(map(escape, row.gpu.held_back))
    return f"{text} ⚠ {held}" if held else text


def _mhz(clocks: Clocks | None) -> str:
    return str(clocks.sm_mhz) if clocks and clocks.sm_mhz else "unknown"
