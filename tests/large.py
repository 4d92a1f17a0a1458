"""Large result files, written row by row: ``python tests/large.py ROWS FILE.json``.

How long a report of one takes, and how much memory, is measured with

    python tests/large.py 100000 large.json
    for form in md html json csv; do
        /usr/bin/time -f "$form %e s, %M KB" lstmbench report large.json -o large.$form
    done

Nothing in them was measured: the times are invented, by a seed, so that the same call writes the
same file.
"""

import argparse
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from random import Random

from lstmbench.machine.processors import Use
from lstmbench.records import Errors, Header, Outcome, Result, Row, make_row, rates
from lstmbench.result import read
from lstmbench.timing.latency import Latency
from lstmbench.timing.times import Times
from lstmbench.workload import Workload

HEADER = Path(__file__).parent / "golden" / "result.json"
SEQ_LENS = (8, 16, 32, 64, 100, 128, 256, 512, 1000, 1024)
BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)
HIDDEN_SIZES = (32, 64, 128, 192, 256, 384, 512, 1024)
# Operations a second that a backend comes to at most, and the seconds of each of its steps.
SPEEDS = {
    "numpy": (5e9, 4e-5),
    "numba-cpu": (2e11, 1e-6),
    "torch-cpu": (1.5e11, 8e-6),
    "torch-compile-cpu": (1.6e11, 7e-6),
    "onnxruntime-cpu": (1.7e11, 3e-6),
    "openvino-cpu": (1.7e11, 4e-6),
    "jax-cpu": (8e10, 9e-6),
    "keras-cpu": (6e10, 4e-5),
}
# Samples of a row with a time: on average, as the default suite takes; and at least.
SAMPLES, FEWEST = 87, 6
NO_ENERGY = (
    "/sys/class/powercap has no counter of a processor package (intel-rapl:*): the processor has "
    "none, or a virtual machine or container hides it"
)


def workloads() -> Iterator[Workload]:
    """Every cell, direction and mode over a grid of sizes, then the same of two layers, and so on.

    The sizes change last, so that a file of few rows has all cells too.
    """
    for layers, hidden_size, batch_size, seq_len, bidirectional, cell, mode in product(
        range(1, 9),
        HIDDEN_SIZES,
        BATCH_SIZES,
        SEQ_LENS,
        (False, True),
        ("lstm", "gru", "rnn-tanh", "rnn-relu"),
        ("train", "infer"),
    ):
        yield Workload(
            cell=cell,
            mode=mode,
            seq_len=seq_len,
            batch_size=batch_size,
            input_size=hidden_size,
            hidden_size=hidden_size,
            bidirectional=bidirectional,
            num_layers=layers,
        )


def rows(*, short: bool = False, rounds: int = 1) -> Iterator[Row]:
    """Rows of every workload on every backend, a few of which failed, one after another."""
    rng = Random(0)
    for workload, backend in product(workloads(), SPEEDS):
        yield make_row(
            workload,
            backend=backend,
            backend_version="1.2.3",
            device="cpu",
            threads=2,
            outcome=_outcome(workload, backend, rng, short=short, rounds=rounds),
        )


def _outcome(workload: Workload, backend: str, rng: Random, *, short: bool, rounds: int) -> Outcome:
    if workload.mode == "train" and backend in ("onnxruntime-cpu", "openvino-cpu"):
        return Outcome(status="unavailable", reason=f"{backend}: has no training")
    if rng.random() < 0.005:
        return Outcome(status="timeout", reason="no answer within 120 s")
    speed, step = SPEEDS[backend]
    work = rates(workload, 1.0)["flops"]
    seconds = (work / speed + workload.seq_len * step) * rng.uniform(0.7, 1.4)
    count = FEWEST if short else rng.randint(SAMPLES // 3, 2 * SAMPLES - SAMPLES // 3)
    samples = tuple(seconds * rng.lognormvariate(0.0, 0.03) for _ in range(count))
    times = Times.of(samples)
    single = workload.mode == "infer"
    return Outcome(
        status="ok",
        time_s=times,
        samples_s=samples,
        processes_s=samples[:rounds] if rounds > 1 else (),
        loops=1,
        warmup_calls=10,
        stop="precise",
        compile_s=rng.choice((None, 0.0, 1.25)),
        **rates(workload, times.median),
        fraction_of_peak=min(work / 4e11 / times.median, 0.95),
        bound="compute",
        peak_memory_bytes=rng.randrange(10**8, 10**9),
        other_load=rng.uniform(0.0, 0.105),
        latency=Latency(calls=len(samples), p50=times.median, p90=times.q3, p99=None, clock_s=7e-8)
        if single
        else None,
        use=Use(seconds=0.2, processors=rng.uniform(1.0, 2.0), threads=2, cpus=(0, 1)),
        precision=f"float32: {backend}'s own",
        energy_reason=NO_ENERGY,
        error=Errors(output=1.7e-7, gradient=None if single else 2.4e-7, tolerance=2.2e-6),
    )


def write(path: Path, count: int, *, short: bool = False, rounds: int = 1) -> None:
    """Write a result file of so many rows.

    Args:
        short: each with the fewest samples there can be.
        rounds: processes of each row, the fewest samples at most.
    """
    golden = read(HEADER)
    header = {name: getattr(golden, name) for name in Header.model_fields}
    before, after = Result(**header, rows=()).as_file().split("[]\n}")
    with path.open("w", encoding="utf-8") as file:
        file.write(f"{before}[")
        for number, row in enumerate(islice(rows(short=short, rounds=rounds), count)):
            text = row.model_dump_json(indent=1).replace("\n", "\n  ")
            file.write(f"{',' if number else ''}\n  {text}")
        file.write(f"\n ]\n}}{after}")


def main() -> None:
    """Write the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--short", action="store_true", help="few samples a row")
    parser.add_argument("--rounds", type=int, default=1, choices=range(1, FEWEST + 1))
    given = parser.parse_args()
    write(given.file, given.rows, short=given.short, rounds=given.rounds)


if __name__ == "__main__":
    main()
