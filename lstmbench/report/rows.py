"""Every row with all its numbers, folded.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Sequence

from ..analysis.summary import Line
from ..markdown import escape, fold, table
from ..records import Row
from ..units import duration, percent, rate, ratio, size
from . import energy
from .fields import median, of_the_bound, row_name


def every_row(lines: Sequence[Line], baseline: str) -> str:
    head = ["row", "threads", "backend", "median", "95 % interval", "samples", "speedup"]
    head += [
        "sequences/s",
        "time-steps/s",
        "compile",
        "of the bound",
        "peak memory",
    ]
    with_energy = energy.is_known([row for line in lines for row in line.rows.values()])
    head += [energy.HEAD] * with_energy + ["error / allowed"]
    body = []
    for line in lines:
        for name, row in line.rows.items():
            if row.time_s is None:
                continue
            low, high = row.time_s.ci95
            speedup = line.speedup(name, baseline)
            body.append(
                [
                    row_name(row),
                    str(row.threads),
                    escape(name),
                    median(row),
                    f"{duration(low)} to {duration(high)} (± {percent(row.time_s.spread)})",
                    f"{row.time_s.samples} × {row.loops or 1}, {row.stop or 'unknown'}",
                    f"{ratio(speedup.value)} ({ratio(speedup.low)} to {ratio(speedup.high)})"
                    if speedup and name != baseline
                    else "",
                    rate(row.sequences_per_s) if row.sequences_per_s else "",
                    rate(row.timesteps_per_s) if row.timesteps_per_s else "",
                    duration(row.compile_s) if row.compile_s else "",
                    of_the_bound(row),
                    size(row.peak_memory_bytes) if row.peak_memory_bytes else "",
                    *([energy.field(row)] if with_energy else []),
                    _error(row),
                ]
            )
    return fold(f"Every row ({len(body)})", table(head, body, left=(0, 2))) if body else ""


def _error(row: Row) -> str:
    if row.error is None:
        return ""
    worst = max(row.error.output, row.error.gradient or 0.0)
    return f"{worst:.1e} / {row.error.tolerance:.1e}"
