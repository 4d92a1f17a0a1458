"""What this machine can do at most, and how near a row comes to the bound that applies to it.

``python -m lstmbench.roofline THREADS...`` prints what it measured: it runs in a process of its
own, so that the tool itself never imports Numba.  The model is the roofline of Williams, Waterman
and Patterson (CACM 52(4), 2009) with one roof for each level of memory.
"""

# T = seq_len, B = batch_size, H = hidden_size, G = gates

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, NamedTuple

from .errors import WorkerError
from .precision import PRECISIONS
from .records import Roof, Row
from .units import Seconds
from .workload import Workload, flops

PROBE: Seconds = 0.01
REPEATS = 8
MEMORY_BYTES = 128 * 2**20
LIMIT: Seconds = 120.0


class Bound(NamedTuple):
    """The least time that a call can take, and what sets it."""

    seconds: Seconds
    kind: Literal["compute", "cache", "memory"]
    level: str


def bound(workload: Workload, roof: Roof, caches: Mapping[str, int]) -> Bound:
    """The least time of a timed call on this machine: the greatest of three.

    compute   all operations of the matrix products at the peak of fused multiply-adds.
    cache     the recurrent weights must be read anew in every step, because the next step needs the
              whole of the last one: T times their size, from the nearest level that holds a
              thread's share of them (backward reads them once more, transposed).  Several rows of
              a batch share one reading.
    memory    every array that a call takes or gives moves once, from the nearest level that holds
              a thread's share of them: input, weights, output, and for training the gradients.

    Their sum would be tighter for most kernels, but not true of all: the three can overlap.
    """
    cell, shape = workload.spec, workload.shape
    itemsize = PRECISIONS[workload.dtype].itemsize
    G, H, T, B = cell.num_gates, shape.hidden_size, shape.seq_len, shape.batch_size
    layers = list(shape.layers())
    passes = {"infer": 1, "forward": 1, "backward": 1, "train": 2}[workload.mode]

    recurrent = G * H * H * itemsize
    share = recurrent * shape.num_directions / roof.threads
    level = _holding(share, caches)
    cached = passes * len(layers) * T * recurrent / roof.bytes_per_s[level]

    weights = sum(G * H * (I + H) for _, I, _ in layers)
    states = T * B * (shape.input_size + shape.num_directions * H)
    moved = (weights + states) * itemsize * (3 if workload.mode == "train" else 1)
    far = _holding(moved / roof.threads, caches)
    streamed = moved / roof.bytes_per_s[far]

    computed = flops(workload) / roof.flops_per_s[workload.dtype]
    return max(
        Bound(computed, "compute", ""),
        Bound(cached, "memory" if level == "memory" else "cache", level),
        Bound(streamed, "memory" if far == "memory" else "cache", far),
        key=lambda candidate: candidate.seconds,
    )


def rate(row: Row, roofs: Sequence[Roof], caches: Mapping[str, int]) -> Row:
    """The row with ``fraction_of_peak`` and its bound, where it has a time and a roof."""
    roof = next((roof for roof in roofs if roof.threads == row.threads), None)
    if roof is None or row.time_s is None or row.device != "cpu":
        return row
    if row.dtype not in roof.flops_per_s:
        return row
    least = bound(row.workload, roof, caches)
    return row.model_copy(
        update={
            "fraction_of_peak": least.seconds / row.time_s.median,
            "bound": f"{least.kind} {least.level}".strip(),
        }
    )


def _holding(size: float, caches: Mapping[str, int]) -> str:
    """The nearest level of memory with room for that many bytes."""
    return next((level for level, room in caches.items() if size <= room), "memory")


def measure(threads: Sequence[int]) -> list[Roof]:
    """Measure in a process of its own; raises ``WorkerError`` where that fails."""
    command = [sys.executable, "-P", "-m", "lstmbench.roofline", *map(str, threads)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        said = (error.stderr or "").strip().splitlines() if isinstance(error.stderr, str) else []
        reason = said[-1] if said else str(error)
        raise WorkerError(f"roofline: not measured: {reason}") from error
    return [Roof.model_validate(each) for each in json.loads(done.stdout)]


class Probe(NamedTuple):
    """One thing to measure: ``work(thread, rounds)``, and what a round of it counts for."""

    work: Callable[[int, int], None]
    per_round: float


def probe(threads: int, caches: Mapping[str, int]) -> Roof:
    """Measure in this process, all threads together; what disturbs only ever slows."""
    peaks, speeds = dict(_arithmetic(threads)), dict(_loads(threads, caches))
    probes = {**peaks, **speeds}
    rounds = {name: _enough(each, threads) for name, each in probes.items()}
    best = dict.fromkeys(probes, 0.0)
    # In turns, so that what disturbs for a while does not meet all tries of one of them.
    for _ in range(REPEATS):
        for name, each in probes.items():
            done = threads * rounds[name] * each.per_round
            best[name] = max(best[name], done / _time(each.work, threads, rounds[name]))
    return Roof(
        threads=threads,
        flops_per_s={name: best[name] for name in peaks},
        bytes_per_s={name: best[name] for name in speeds},
    )


def highest(roofs: Sequence[Roof], others: Sequence[Roof]) -> tuple[Roof, ...]:
    """The higher of two measurements of each roof."""

    def most(one: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
        return {name: max(value, other[name]) for name, value in one.items()}

    return tuple(
        Roof(
            threads=one.threads,
            flops_per_s=most(one.flops_per_s, other.flops_per_s),
            bytes_per_s=most(one.bytes_per_s, other.bytes_per_s),
        )
        for one, other in zip(roofs, others, strict=True)
    )


def _arithmetic(threads: int) -> Iterator[tuple[str, Probe]]:
    """Fused multiply-adds in registers, in each precision."""
    import numpy as np

    from lstmbench_kernels.cpu import limits
    from lstmbench_kernels.cpu.simd import WIDTH

    targets = [np.zeros(WIDTH, np.uint8) for _ in range(threads)]
    for one in (np.float32(1), np.float64(1)):

        def chains(thread: int, rounds: int, one: Any = one) -> None:
            limits.multiply_add(one, targets[thread].ctypes.data, rounds)

        yield one.dtype.name, Probe(chains, 2.0 * limits.CHAINS * WIDTH / one.itemsize)


def _loads(threads: int, caches: Mapping[str, int]) -> Iterator[tuple[str, Probe]]:
    """Loads from each level: half of a level, for something else is in it too."""
    import numpy as np

    from lstmbench_kernels.cpu import limits
    from lstmbench_kernels.cpu.simd import WIDTH

    target = [np.zeros(WIDTH, np.uint8) for _ in range(threads)]
    for number, (level, room) in enumerate([*caches.items(), ("memory", 2 * MEMORY_BYTES)]):
        # The last cache is shared by all cores, the ones before it are each core's own.
        share = room // 2 // (threads if number == len(caches) - 1 else 1)
        size = max(share // (8 * WIDTH), 1) * 8 * WIDTH
        buffers = [np.ones(size + WIDTH, np.uint8) for _ in range(threads)]

        def loads(
            thread: int, rounds: int, size: int = size, buffers: Sequence[Any] = buffers
        ) -> None:
            aligned = -(-buffers[thread].ctypes.data // WIDTH) * WIDTH
            limits.read(np.float32(1), target[thread].ctypes.data, aligned, size, rounds)

        yield level, Probe(loads, float(size))


def _enough(each: Probe, threads: int) -> int:
    """How many rounds last long enough to be timed; compiles before the first."""
    each.work(0, 1)
    rounds = 1
    while _time(each.work, threads, rounds) < PROBE:
        rounds *= 2
    return rounds


def _time(work: Callable[[int, int], None], threads: int, rounds: int) -> Seconds:
    """From the moment all threads are ready until the last is done."""
    ready = threading.Barrier(threads + 1)

    def one(thread: int) -> None:
        ready.wait()
        work(thread, rounds)

    with ThreadPoolExecutor(threads) as team:
        members = [team.submit(one, thread) for thread in range(threads)]
        ready.wait()
        start = time.perf_counter()
        for member in members:
            member.result()
        return time.perf_counter() - start


def main() -> None:
    """Print the roof of each number of threads that the command line names."""
    from .machine.environment import SYS_CPU, caches

    levels = caches(SYS_CPU / "cpu0" / "cache")
    roofs = [probe(int(argument), levels).model_dump(mode="json") for argument in sys.argv[1:]]
    print(json.dumps(roofs))


if __name__ == "__main__":
    main()
