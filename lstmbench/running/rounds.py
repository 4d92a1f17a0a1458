"""The same row from several fresh processes, brought together into one.

Samples of one process share its layout, its threads' places and the clock's state: they are not
independent.  The median is therefore that of the medians of the processes, and the interval reaches
over the intervals of all of them, so that what differs between processes is in it.
"""

from collections.abc import Sequence
from itertools import chain
from statistics import median

import numpy as np

from ..machine.energy import Energy
from ..machine.gpu import Gpu
from ..machine.processors import merge as merge_uses
from ..records import Row, rates
from ..timing.latency import merge as merge_latencies
from ..timing.samples import Samples
from ..timing.times import Times
from ..units import Seconds


def merge(rows: Sequence[Row]) -> Row:
    """One row from those of its processes; what went wrong in one of them went wrong."""
    if len(rows) == 1:
        return rows[0]
    for row in rows:
        if row.time_s is None:
            return row
    times = [row.time_s for row in rows if row.time_s is not None]
    samples = Samples(chain.from_iterable(row.samples_s for row in rows))
    merged = _merge_times(times, samples)
    first = rows[0]
    compiled = [row.compile_s for row in rows if row.compile_s is not None]
    peaks = [row.peak_memory_bytes for row in rows if row.peak_memory_bytes is not None]
    loads = [row.other_load for row in rows if row.other_load is not None]
    drawn = [row.energy for row in rows if row.energy is not None]
    errors = [row.error for row in rows if row.error is not None]
    return first.model_copy(
        update={
            "time_s": merged,
            "samples_s": samples,
            "processes_s": tuple(time.median for time in times),
            "warmup_calls": sum(row.warmup_calls or 0 for row in rows),
            "compile_s": max(compiled, default=None),
            **rates(first.workload, merged.median),
            "peak_memory_bytes": max(peaks, default=None),
            "other_load": max(loads, default=None),
            "latency": merge_latencies([row.latency for row in rows if row.latency is not None]),
            "use": merge_uses([row.use for row in rows if row.use is not None]),
            "energy": Energy.together(drawn) if len(drawn) == len(rows) else None,
            "energy_reason": next((row.energy_reason for row in rows if row.energy_reason), None),
            "error": max(errors, key=lambda e: max(e.output, e.gradient or 0.0), default=None),
            "gpu": _merge_gpus([row.gpu for row in rows if row.gpu is not None]),
        }
    )


def _merge_times(times: Sequence[Times], samples: Sequence[Seconds]) -> Times:
    low, q1, q3, high = np.quantile(samples, (0, 0.25, 0.75, 1)).tolist()
    middle = median(time.median for time in times)
    return Times(
        median=middle,
        q1=min(q1, middle),
        q3=max(q3, middle),
        min=low,
        max=high,
        ci95=(min(t.ci95[0] for t in times), max(t.ci95[1] for t in times)),
        samples=len(samples),
    )


def _merge_gpus(gpus: Sequence[Gpu]) -> Gpu | None:
    """One record from those of the processes: the first as it was, and the clocks of the last."""
    if not gpus:
        return None
    times = [gpu.time_s for gpu in gpus if gpu.time_s is not None]
    samples = Samples(chain.from_iterable(gpu.samples_s for gpu in gpus))
    return gpus[0].model_copy(
        update={
            "time_s": _merge_times(times, samples) if times else None,
            "samples_s": samples,
            "after": gpus[-1].after,
        }
    )
