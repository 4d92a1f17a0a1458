"""pytest-benchmark's JSON, as ``pytest-benchmark compare`` reads it; times are in seconds.

Samples are its rounds, calls of a sample its iterations.  ``extra_info`` has everything else of a
row, ``machine_info`` the header of the file.
"""

import statistics
from typing import Any

from ..records import Header
from .measured import Measured, Timed, as_text

KEY = "lstmbench"


def text(measured: Measured) -> str:
    """The whole file."""
    result = measured.result
    machine = result.environment.machine
    return as_text(
        {
            "machine_info": {
                "node": "",
                "processor": machine.cpu_model,
                "machine": machine.architecture,
                "python_version": result.environment.software.get("python", ""),
                "system": machine.system,
                "cpu": {"brand_raw": machine.cpu_model, "count": machine.logical_cores},
                KEY: result.model_dump(mode="json", include=set(Header.model_fields)),
            },
            "commit_info": {"id": measured.commit, "dirty": None},
            "benchmarks": [_benchmark(timed, result.settings.budget_s) for timed in measured.rows],
            "datetime": result.created,
            "version": f"lstmbench {result.environment.software.get('lstmbench', '')}".strip(),
        }
    )


def _benchmark(timed: Timed, budget_s: float) -> dict[str, Any]:
    row = timed.row
    return {
        "group": "/".join((row.id, *row.workload.remarks)),
        "name": timed.name,
        "fullname": timed.name,
        "params": {"backend": row.backend, "threads": row.threads},
        "param": f"{row.backend}-{row.threads}",
        "extra_info": row.model_dump(mode="json", exclude={"samples_s"}),
        "options": {"disable_gc": False, "timer": "perf_counter", "max_time": budget_s},
        "stats": _stats(timed),
    }


def _stats(timed: Timed) -> dict[str, Any]:
    """Its statistics; outliers are beyond one deviation, and beyond 1.5 interquartile ranges."""
    data, time = timed.samples, timed.time
    mean, deviation = statistics.fmean(data), statistics.pstdev(data)
    if len(data) > 1:
        deviation = statistics.stdev(data)
    iqr = time.q3 - time.q1
    low, high = time.q1 - 1.5 * iqr, time.q3 + 1.5 * iqr
    within = [each for each in data if low <= each <= high] or list(data)
    beyond_deviation = sum(abs(each - mean) > deviation for each in data)
    beyond_iqr = len(data) - len(within)
    return {
        "min": min(data),
        "max": max(data),
        "mean": mean,
        "stddev": deviation,
        "rounds": len(data),
        "median": time.median,
        "iqr": iqr,
        "q1": time.q1,
        "q3": time.q3,
        "iqr_outliers": beyond_iqr,
        "stddev_outliers": beyond_deviation,
        "outliers": f"{beyond_deviation};{beyond_iqr}",
        "ld15iqr": min(within),
        "hd15iqr": max(within),
        "ops": 1 / mean,
        "total": sum(data),
        "data": list(data),
        "iterations": timed.row.loops or 1,
    }
