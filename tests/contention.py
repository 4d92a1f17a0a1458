"""How much slower calls become when other work takes the processors.

``python tests/contention.py [SUITE]`` times every workload of a suite (default: cpu-limit) twice in
one process, which asks for twice as many threads as there are processors: alone, and beside a
process that never stops.  Results must be the same bits.  Exits with 1 where they are not, or where
a median is more than ``ALLOWED`` times as long.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from statistics import median

from rich.console import Console
from rich.progress import track

from lstmbench.backends.base import Step
from lstmbench.backends.registry import load
from lstmbench.machine.environment import usable_cpus
from lstmbench.planning.suite import load_suite
from lstmbench.running.worker import problem_of
from lstmbench.units import duration, ratio
from lstmbench.workload import Workload

ALLOWED = 4.0
WARMUP = 5
SECONDS = 0.3
LEAST_CALLS = 5


@contextmanager
def busy_process() -> Iterator[None]:
    """A process that keeps one processor busy."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def results_of(step: Step) -> list[bytes]:
    gradients = step.gradients() if step.gradients else {}
    return [array.tobytes() for array in (*step.outputs().values(), *gradients.values())]


def time_of(step: Step) -> float:
    """The median of a call, in seconds."""
    for _ in range(WARMUP):
        step.run()
    times: list[float] = []
    end = time.perf_counter() + SECONDS
    while len(times) < LEAST_CALLS or time.perf_counter() < end:
        begin = time.perf_counter()
        step.run()
        times.append(time.perf_counter() - begin)
    return median(times)


def workloads_of(suite: str) -> Iterable[Workload]:
    return [workload for rows in load_suite(suite).rows for workload in rows.workloads()]


def main(suite: str = "cpu-limit") -> int:
    console = Console()
    threads = 2 * len(usable_cpus())
    os.environ["NUMBA_NUM_THREADS"] = str(threads)  # read when the backend is loaded
    backend = load("numba-cpu")
    ratios: dict[Workload, float] = {}
    for workload in track(workloads_of(suite), console=Console(stderr=True)):
        step = backend.prepare(workload, problem_of(workload))
        alone, expected = time_of(step), results_of(step)
        with busy_process():
            busy = time_of(step)
        if results_of(step) != expected:
            console.print(f"{workload.id}: other results beside a busy process")
            return 1
        ratios[workload] = busy / alone
        if ratios[workload] > ALLOWED:
            console.print(
                f"{workload.id}: {duration(alone)} alone, {duration(busy)} beside a busy process"
            )
    worst = max(ratios, key=ratios.__getitem__)
    console.print(
        f"{len(ratios)} workloads, {threads} threads asked for on {len(usable_cpus())} processors "
        f"beside a busy process: {ratio(median(ratios.values()))} as long as alone (the median); "
        f"at most {ratio(ratios[worst])}, {worst.id}"
    )
    return int(ratios[worst] > ALLOWED)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
