"""What a step on a GPU cannot go below: launches, grid barriers, and steps of small networks.

    python tests/gpu_latency.py > latency.json

Every figure is the slope between a short and a long run of the same: medians, from events on
the device.  In the simulator it runs, which proves the script, and its figures mean nothing.
"""

import json
import sys
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import numpy as np

from lstmbench_kernels import LSTM
from lstmbench_kernels.cuda import ops

REPEATS = 3 if ops.SIMULATED else 21
FEW, MANY = (1, 2) if ops.SIMULATED else (64, 1024)
HIDDEN = (4,) if ops.SIMULATED else (64, 128, 256, 512, 768, 1024)
BATCH = (1,) if ops.SIMULATED else (1, 16, 64)


def empty() -> None:
    """A kernel that does nothing."""


def meet(counter: int, count: int) -> None:
    """As many grid barriers as ``count``."""
    ops_cooperative()
    for n in range(count):
        if thread_id() == 0:
            signal(counter)
            await_count(counter, num_blocks() * (n + 1))
        sync_block()


ops_cooperative, signal, sync_block = ops.cooperative, ops.signal, ops.sync_block
await_count, thread_id = ops.await_count, ops.thread_id


@ops.macro(returns="i64")
def num_blocks(emit: Any) -> Any:
    return emit.special("nctaid.x")


def seconds(work: Callable[[], None]) -> float:
    """Of one call between two events: the median, after one that compiles."""
    work()
    ops.synchronize()
    found = []
    for _ in range(REPEATS):
        start = ops.record()
        work()
        found.append(ops.elapsed(start, ops.record()))
    return median(found)


def slope(work: Callable[[int], None]) -> float:
    """Seconds that each of the further ones takes."""
    return (seconds(lambda: work(MANY)) - seconds(lambda: work(FEW))) / (MANY - FEW)


def launches() -> Iterator[tuple[str, float]]:
    """One kernel behind the other: launched by the host, or replayed."""
    kernel = ops.kernel(empty)

    def launch(count: int, stream: Any = None) -> None:
        for _ in range(count):
            kernel.launch((1, 1, 1), 32, 0, stream or 0)

    launch(1)
    yield "launch_s", slope(launch)
    graphs = {count: ops.capture(lambda s, n=count: launch(n, s)) for count in (FEW, MANY)}
    yield "graph_launch_s", slope(lambda count: graphs[count](None))


def barriers() -> dict[str, float]:
    """A grid barrier, by the number of blocks that meet."""
    kernel, found = ops.kernel(meet), {}
    counter = ops.allocate(4, zero=True)
    most = ops.limits().multiprocessors
    for blocks in sorted({min(most, blocks) for blocks in (2, 16, 64, most)}):

        def work(count: int, blocks: int = blocks) -> None:
            counter.clear()
            kernel.launch((blocks, 1, 1), 256, 0, 0, counter.address, count)

        found[str(blocks)] = slope(work)
    return found


def steps() -> Iterator[dict[str, Any]]:
    """A step of an LSTM forward, persistent, by hidden size and batch size."""
    for dtype in ("float32", "float16"):
        for hidden in HIDDEN:
            for batch in BATCH:
                layer = LSTM(hidden, hidden, dtype=dtype, device="cuda", algorithm="persistent")
                calls = {}
                for count in (FEW, MANY):
                    x = ops.to_device(np.zeros((count, batch, hidden), dtype))
                    calls[count] = x, layer.forward(x)

                def work(count: int, layer: Any = layer, calls: Any = calls) -> None:
                    x, out = calls[count]
                    layer.forward(x, out=out)

                yield {
                    "dtype": dtype,
                    "hidden_size": hidden,
                    "batch_size": batch,
                    "step_s": slope(work),
                    "algorithm": layer.algorithm_used["forward"],
                }


def main() -> None:
    found = {
        "device": ops.device_facts(),
        **dict(launches()),
        "grid_barrier_s": barriers(),
        "steps": list(steps()),
    }
    json.dump(found, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
