"""Rows of a GPU that nobody has, made by hand."""

from conftest import a_row, a_workload, ok_outcome

from lstmbench.machine.gpu import Clocks, Gpu, Transfer
from lstmbench.timing.times import Times


def a_gpu(**given):
    """A device that timed 0.8 ms, at full clock."""
    fields = {
        "name": "Imaginary GPU 9",
        "compute_capability": "9.9",
        "multiprocessors": 132,
        "memory_bytes": 2**37,
        "driver": "999.99",
        "algorithm": {"forward": "persistent, 128 blocks × 256 threads"},
        "time_s": Times.of([0.0008] * 6),
        "samples_s": (0.0008,) * 6,
        "first_call_s": 2.5,
        "cold_s": Times.of([0.0015] * 6),
        "to_device": Transfer(bytes=2**20, seconds=0.0001),
        "to_host": Transfer(bytes=2**21, seconds=0.0002),
        "before": Clocks(sm_mhz=1980, reasons=("idle",)),
        "after": Clocks(sm_mhz=1965, reasons=()),
    }
    return Gpu(**{**fields, **given})


def on_gpu(workload=None, backend="numba-cuda", seconds=0.001, **given):
    """A row on that device; what is given replaces what the device says."""
    workload = workload or a_workload(dtype="float16")
    outcome = ok_outcome(seconds, workload).model_copy(update={"gpu": a_gpu(**given)})
    row = a_row(workload, backend=backend, outcome=outcome)
    return row.model_copy(update={"device": "cuda"})
