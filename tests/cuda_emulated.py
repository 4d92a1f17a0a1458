"""Runs what the CUDA compilers make of the kernels, on a machine without a GPU.

    python tests/cuda_emulated.py [NAME...]      one JSON line for each case; all of them by default

A process of its own: the other tests run kernels in Numba's simulator.
"""

import gc
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from multiprocessing import get_context
from typing import Any
from unittest.mock import patch

import numpy as np
from emulator import gpu
from kernel_trials import check_against_oracle, check_low_precision, make_layer, run_reference

from lstmbench_kernels.problem import make_problem
from lstmbench_kernels.spec import CELLS, LSTM, Shape, gradient_shapes, output_shapes

SMALL = Shape(3, 2, 3, 5)
STACK = Shape(2, 3, 4, 6, num_layers=2, bidirectional=True, bias=False)
RAGGED = Shape(4, 3, 3, 5, bidirectional=True)
PLANNED = Shape(3, 3, 2, 20)
ODD = (Shape(1, 1, 1, 1), Shape(2, 9, 2, 3), Shape(2, 1, 1, 17), Shape(3, 1, 33, 2))
LOW = ("tf32", "float16", "bfloat16")
# Sorts of plans that sizes as small as these would not choose: what holds of a plan, how many
# chunks of weights may stay in registers, and the shared memory of a block.
PLANS: dict[str, tuple[Callable[[Any], bool], int, int]] = {
    "blocks that meet": (lambda plan: plan.whole, 8, 2**17),
    "groups of blocks that meet": (lambda plan: plan.groups > 1, 8, 2**17),
    "several warps along k": (lambda plan: plan.warps_k_shift > 0, 8, 2**17),
    "weights in shared memory": (lambda plan: plan.kept > 0, 0, 2**17),
    "weights in L2": (lambda plan: plan.chunks > plan.kept, 0, 4096),
}
# What must be noticed where it is done to the text of a kernel whose blocks meet; in what words.
BROKEN: dict[str, tuple[Callable[[str], str], str]] = {
    "a release that is none": (lambda text: text.replace("red.release", "red.relaxed"), "races"),
    "an acquire that is none": (lambda text: text.replace("ld.acquire", "ld.relaxed"), "races"),
    "no barrier before a release": (
        lambda text: re.sub(
            r"bar\.sync\s+0;(?=(?:(?!bar\.sync).)*?red\.release)", "", text, flags=re.S
        ),
        "races",
    ),
    "no barrier after an acquire": (
        lambda text: re.sub(
            r"(ld\.acquire(?:(?!bar\.sync).)*)bar\.sync\s+0;", r"\1", text, flags=re.S
        ),
        "races",
    ),
    "what others write is read as if constant": (
        lambda text: text.replace("ld.relaxed.gpu.global.v4", "ld.global.nc.v4"),
        "ld.global.nc of memory that this launch writes",
    ),
    "an address beyond its allocation": (
        lambda text: re.sub(r"(st\.global\.f32 \[%rd\d+)\+0\]", r"\1+4096]", text),
        "bytes from the start of",
    ),
    "an address beyond shared memory": (
        lambda text: re.sub(r"(st\.shared\.f32 \[%r\d+)\+0\]", r"\1+131072]", text),
        "shared memory of",
    ),
    "an address that is not aligned": (
        lambda text: re.sub(r"(ld\.global\.nc\.v4[^;]*)\+0\]", r"\1+4]", text),
        "not a multiple",
    ),
    "a signal that is not given": (
        lambda text: re.sub(r"(red\.release[^;]*), 1;", r"\1, 0;", text),
        "waits for another one's signal",
    ),
    "a result that is wrong": (lambda text: text.replace("add.f32", "sub.f32"), "above"),
}


def cases() -> dict[str, Callable[[], None]]:
    """What is to hold, by name."""
    found: dict[str, Callable[[], None]] = {}
    exact = partial(check_against_oracle, device="cuda")
    for cell in CELLS.values():
        for rung in ("persistent", "step", "graph"):
            found[f"{cell.name} float32 {rung}"] = partial(
                exact, cell, SMALL, "float32", algorithm=rung
            )
        found[f"{cell.name} float64"] = partial(exact, cell, SMALL, "float64")
        found[f"{cell.name} ragged"] = partial(
            exact, cell, RAGGED, "float32", lengths=(2, 4, 1), algorithm="persistent"
        )
        for dtype in LOW:
            found[f"{cell.name} {dtype}"] = partial(
                check_low_precision, cell, SMALL, dtype, algorithm="persistent"
            )
        for shape in ODD:
            sizes = f"{shape.seq_len}-{shape.batch_size}-{shape.input_size}-{shape.hidden_size}"
            found[f"{cell.name} {sizes}"] = partial(exact, cell, shape, "float32")
    for dtype in ("float32", "float64"):
        found[f"stack {dtype}"] = partial(exact, LSTM, STACK, dtype, algorithm="persistent")
    for dtype in LOW:
        both = replace(SMALL, bidirectional=True)
        found[f"both ways {dtype} step"] = partial(
            check_low_precision, LSTM, both, dtype, algorithm="step"
        )
    for rung in ("persistent", "step", "graph"):
        found[f"behind one another {rung}"] = partial(behind_one_another, rung)
    for sort in PLANS:
        found[f"{sort} float32"] = partial(planned, sort, LSTM, "float32")
    for sort in ("weights in shared memory", "weights in L2"):
        found[f"{sort} float16"] = partial(planned, sort, LSTM, "float16")
    for cell in CELLS.values():
        found[f"blocks that meet {cell.name}"] = partial(planned, "blocks that meet", cell, "tf32")
        found[f"between meetings {cell.name}"] = partial(between_meetings, cell)
    return found


def behind_one_another(algorithm: str) -> None:
    """Training steps on a stream that waits for no other, with nobody waiting between them."""
    from cuda.core import Device

    from lstmbench_kernels.cuda import ops  # once there is a GPU

    net = make_layer(LSTM, SMALL, device="cuda", algorithm=algorithm)
    first = make_problem(LSTM, SMALL)
    net.load_state_dict(first.parameters)
    ops.synchronize()
    device = Device(0)
    device.set_current()
    stream = device.create_stream()
    steps = []
    for seed in range(2):
        problem = replace(make_problem(LSTM, SMALL, seed=seed), parameters=first.parameters)
        given = {
            name: ops.to_device(array)
            for name, array in (problem.inputs | problem.upstream).items()
        }
        made, gradients = (
            {name: ops.empty(dims, "float32") for name, dims in shapes(LSTM, SMALL).items()}
            for shapes in (output_shapes, gradient_shapes)
        )
        steps.append((problem, given, made, gradients))
    for n in (0, 1, 1, 1):  # a graph is replayed where a call is the one before
        _, given, made, gradients = steps[n]
        out = made["y"], (made["hT"], made["cT"])
        states = given["h0"], given["c0"]
        net.forward(given["x"], states, training=True, out=out, stream=stream)
        upstream = given["dhT"], given["dcT"]
        net.backward(given["dy"], upstream, out=gradients, stream=stream)
    ops.synchronize(stream)
    for problem, _, made, gradients in steps:
        for truth, found in zip(run_reference(problem), (made, gradients), strict=True):
            for name, expected in truth.items():
                np.testing.assert_allclose(found[name].to_host(), expected, atol=1e-5, err_msg=name)


def planned(sort: str, cell: Any, dtype: str) -> None:
    """Training on the best plan of a sort: forward and backward each have one of their own."""

    from lstmbench_kernels.cuda import schedule  # once there is a GPU

    holds, resident, shared_bytes = PLANS[sort]

    def choose(precision: Any, sizes: Any, limits: Any, _rung: str) -> Any:
        limits = limits._replace(shared_bytes=shared_bytes)
        found = [
            plan
            for plan in schedule.candidates(precision, sizes, limits, whole=True)
            if plan.blocks > 1 and holds(plan)
        ]
        assert found, f"{sort}: no such plan for {sizes}"
        return min(found, key=lambda plan: plan.cycles)

    fewer = tuple(n for n in schedule.RESIDENT if n <= resident)
    with patch.object(schedule, "choose", choose), patch.object(schedule, "RESIDENT", fewer):
        if dtype == "float32":
            check_against_oracle(cell, PLANNED, dtype, device="cuda", algorithm="persistent")
        else:
            check_low_precision(cell, PLANNED, dtype, algorithm="persistent")


def between_meetings(cell: Any) -> None:
    """What a step reads once all blocks have come, of memory off the chip: the operand alone.

    All else is asked for before, and arrives while the block waits.
    """
    from emulator.machine import Warp

    met: dict[Any, int] = {}  # when: in barriers of the block
    late, operands = [], []
    load = Warp.load

    def noted(warp: Any, space: str, *rest: Any) -> Any:
        if space == "acquire.gpu.global":
            met[warp.block] = warp.block.time
        # Three barriers follow: others have come, the sums are there, the step is done.
        elif 1 <= warp.block.time - met.get(warp.block, warp.block.time) <= 2:
            if space in ("global", "global.nc"):
                late.append(space)
            elif space == "relaxed.gpu.global":
                operands.append(space)
        return load(warp, space, *rest)

    with patch.object(Warp, "load", noted):
        planned("blocks that meet", cell, "float16")
    assert operands
    assert not late, f"{len(late)} loads that a step had to wait for"


GPU: Any = None


def begin() -> None:
    """A GPU for this process."""
    global GPU
    GPU = gpu.install()
    gc.set_threshold(100_000, 50, 100)  # compilers make many objects that live


def run_broken(name: str) -> dict[str, Any]:
    """The same for what was done to a kernel; to be noticed by the device or by its results."""
    edit, words = BROKEN[name]
    GPU.programs.clear()
    GPU.edit, edited = lambda text: edit(text) if "red.release" in text else text, GPU.edit
    try:
        found = run("blocks that meet float32")
    finally:
        GPU.edit = edited
        GPU.programs.clear()
    return {"name": name, "error": "" if words in found["error"] else f"{words}? {found['error']}"}


def run(name: str) -> dict[str, Any]:
    """``name``, ``error`` (none where it held) and ``seconds``."""
    start, error = time.perf_counter(), ""
    try:
        cases()[name]()
    except Exception:  # noqa: BLE001  the test that asked for it fails
        error = traceback.format_exc()
    error += GPU.complaints()
    return {"name": name, "error": error, "seconds": round(time.perf_counter() - start, 1)}


def main(names: list[str]) -> None:
    with get_context("spawn").Pool(os.cpu_count(), begin) as pool:
        for each, some in ((run, cases()), (run_broken, BROKEN)):
            for found in pool.imap_unordered(each, [n for n in names if n in some], chunksize=4):
                print(json.dumps(found), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or [*cases(), *BROKEN])
