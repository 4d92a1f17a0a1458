"""pyperf's JSON, version 1.0, as ``python -m pyperf stats`` and ``compare_to`` read it.

A run is a process: one with all samples, or several with the median of each, because a file does
not say which sample is of which process.
"""

from typing import Any

from .measured import Measured, Timed, as_text


def text(measured: Measured) -> str:
    """The whole file."""
    environment = measured.result.environment
    metadata = {
        "unit": "second",
        "cpu_count": environment.machine.logical_cores,
        "cpu_model_name": environment.machine.cpu_model,
        "platform": f"{environment.machine.system}-{environment.machine.architecture}",
        "python_version": environment.software.get("python"),
        "commit": measured.commit,
    }
    return as_text(
        {
            "version": "1.0",
            "metadata": _known(metadata),
            "benchmarks": [_benchmark(timed) for timed in measured.rows],
        }
    )


def _benchmark(timed: Timed) -> dict[str, Any]:
    row = timed.row
    metadata = {
        "name": timed.name,
        "loops": row.loops,
        "mem_max_rss": row.peak_memory_bytes,
        "backend": row.backend,
        "backend_version": row.backend_version,
        "threads": row.threads,
    }
    runs = [[median] for median in row.processes_s] or [list(timed.samples)]
    return {"metadata": _known(metadata), "runs": [{"values": values} for values in runs]}


def _known(metadata: dict[str, Any]) -> dict[str, Any]:
    """Without what is null or empty, which pyperf does not take."""
    return {name: value for name, value in metadata.items() if value not in (None, "")}
