"""Compiles CUDA kernels to finished binaries, on a machine without a GPU, and says what they need.

    python tests/cuda_gate.py NAME...      one JSON line for each kernel and architecture

A process of its own: the other tests run kernels in the simulator.
"""

import gc
import json
import re
import sys
from dataclasses import asdict, dataclass
from itertools import product
from multiprocessing import get_context
from types import SimpleNamespace
from typing import Any

ARCHITECTURES = ("sm_80", "sm_90a")  # as numba-cuda names that of an H100 and an H200
REGISTERS = 255


@dataclass(frozen=True)
class Compiled:
    """What one kernel needs on one architecture."""

    name: str
    architecture: str
    registers: int
    stack_bytes: int
    spill_bytes: int
    shared_bytes: int
    double_instructions: int
    long_divisions: int
    uses_double: bool

    def violations(self) -> list[str]:
        """What the gate does not let pass."""
        found = []
        if self.registers > REGISTERS:
            found.append(f"{self.registers} registers, of {REGISTERS} at most")
        if self.spill_bytes:
            found.append(f"{self.spill_bytes} bytes of registers spilled")
        if self.stack_bytes:
            found.append(f"{self.stack_bytes} bytes of stack in local memory")
        if self.shared_bytes:
            found.append(f"{self.shared_bytes} bytes of static shared memory, expected none")
        if self.double_instructions and not self.uses_double:
            found.append(f"{self.double_instructions} instructions on float64")
        if self.long_divisions:
            found.append(f"{self.long_divisions} divisions of 64 bits")
        return found


def compile_kernel(name: str, kernel: Any, uses_double: bool) -> list[Compiled]:
    """Through the path that numba-cuda itself takes: LTO-IR, linked to binaries by nvJitLink."""
    from cuda.core import Linker, LinkerOptions, ObjectCode
    from numba import cuda
    from numba.cuda import dispatcher

    # Device functions ask the current device for its capability; here the oldest target answers.
    cc = (8, 0)
    dispatcher.get_current_device = lambda: SimpleNamespace(compute_capability=cc)
    intermediate, _ = cuda.compile(
        kernel.function,
        kernel.signature,
        cc=cc,
        device=False,
        abi="numba",
        output="ltoir",
        launch_bounds=kernel.launch_bounds,
    )

    def link(architecture: str, target: str, **options: Any) -> tuple[Any, str]:
        chosen = LinkerOptions(arch=architecture, link_time_optimization=True, **options)
        linker = Linker(ObjectCode.from_ltoir(intermediate), options=chosen)
        return linker.link(target), linker.get_info_log()

    code, _ = link("sm_90a", "ptx", ptx=True)
    text = bytes(code.code).decode()
    found = []
    for architecture in ARCHITECTURES:
        _, log = link(architecture, "cubin", ptxas_options=["-v"])
        if "registers" not in log:
            raise RuntimeError(f"the linker said nothing of registers: {log!r}")

        def number(pattern: str, log: str = log) -> int:
            return sum(int(each) for each in re.findall(pattern, log))

        found.append(
            Compiled(
                name=name,
                architecture=architecture,
                registers=number(r"Used (\d+) registers"),
                stack_bytes=number(r"(\d+) bytes stack frame"),
                spill_bytes=number(r"(\d+) bytes spill stores")
                + number(r"(\d+) bytes spill loads"),
                shared_bytes=number(r"(\d+) bytes smem"),
                double_instructions=len(re.findall(r"^\s*\w[\w.]*\.f64[\s.]", text, re.MULTILINE)),
                long_divisions=len(re.findall(r"\b(?:div|rem)\.[su]64", text)),
                uses_double=uses_double,
            )
        )
    return found


def kernels() -> dict[str, tuple[Any, bool]]:
    """Every sort of kernel, by name, in its largest size; and whether it is one of float64.

    Register need grows with a tile's rows, tiles and resident chunks, so the largest that the
    schedule allows stand for the smaller.  Every cell and precision is compiled on the largest of
    all, and an LSTM, with and without tensor cores, on every sort of tile and rung.  Training does
    all that inference does, and more: inference is compiled of LSTMs alone.
    """
    from lstmbench_kernels.cuda import schedule
    from lstmbench_kernels.cuda.backward import make_backward
    from lstmbench_kernels.cuda.forward import make_forward
    from lstmbench_kernels.cuda.padding import make_padded_copy
    from lstmbench_kernels.cuda.precision import PRECISIONS
    from lstmbench_kernels.cuda.product import ProductKind, make_product, sides
    from lstmbench_kernels.cuda.recurrence import Kind
    from lstmbench_kernels.cuda.reduce import make_columns, make_combine
    from lstmbench_kernels.cuda.tile import L2, NOWHERE, SHARED, Tile
    from lstmbench_kernels.spec import CELLS

    found: dict[str, tuple[Any, bool]] = {}

    def add(precision: Any, cell: str, tile: Any, rung: str, ragged: bool = False) -> None:
        name = f"{cell} {precision.name} {rung} {'x'.join(map(str, tile))}" + " ragged" * ragged
        kind = Kind(cell, precision.name, tile, rung != "step", rung == "alone", ragged=ragged)
        double = precision.sum == "f64"
        if cell == "lstm":
            found[f"forward {name}"] = make_forward(kind), double
        found[f"training {name}"] = make_forward(kind._replace(training=True)), double
        found[f"backward {name}"] = make_backward(kind), double

    for precision in PRECISIONS.values():
        double = precision.sum == "f64"
        for cell in CELLS:
            add(precision, cell, largest(precision, max(schedule.TILES), NOWHERE), "grid")
        tile = largest(precision, max(schedule.TILES), NOWHERE)
        add(precision, "lstm", tile, "grid", ragged=True)
        found[f"padded copy {precision.name}"] = make_padded_copy(precision.name), double
        for a_rows, b_rows, split in (
            (True, True, False),
            (False, True, False),
            (False, False, False),
            (False, False, True),
            (True, True, True),
        ):
            for side in sides(precision, a_rows, b_rows):
                kind = ProductKind(precision.name, side, a_rows, b_rows, split)
                name = f"product {precision.name} {side} {a_rows:d}{b_rows:d}{split:d}"
                found[name] = make_product(kind), double
        found[f"combine {precision.name}"] = make_combine(precision.name), double
        found[f"columns {precision.name}"] = make_columns(precision.name), double
    for precision in (PRECISIONS["float32"], PRECISIONS["float16"]):
        for rung, beyond in (("alone", NOWHERE), ("alone", SHARED), ("step", L2)):
            add(precision, "lstm", largest(precision, max(schedule.TILES), beyond), rung)
        for rows, tiles, beyond in product(
            schedule.ROWS[precision.tensor_cores], schedule.TILES[-2:], (NOWHERE, SHARED, L2)
        ):
            tile = schedule.with_resident(precision, Tile(rows, tiles, 0), beyond, 99)
            kind = Kind("lstm", precision.name, tile, True, False, True)
            size = "x".join(map(str, tile))
            found[f"training lstm {precision.name} grid {size}"] = make_forward(kind), False
            found[f"backward lstm {precision.name} grid {size}"] = make_backward(kind), False
    return found


def largest(precision: Any, tiles: int, beyond: int) -> Any:
    """The tile that needs most registers."""
    from lstmbench_kernels.cuda import schedule
    from lstmbench_kernels.cuda.tile import Tile

    rows = max(schedule.ROWS[precision.tensor_cores])
    return schedule.with_resident(precision, Tile(rows, tiles, 0), beyond, 99)


def _compile(name: str) -> list[dict[str, Any]]:
    return [asdict(found) for found in compile_kernel(name, *kernels()[name])]


def _rarely_collect() -> None:
    """A compiler makes many objects that live: looking through them was a seventh of its time."""
    gc.set_threshold(100_000, 50, 100)


def main(names: list[str]) -> None:
    with get_context("spawn").Pool(initializer=_rarely_collect) as pool:
        for found in pool.imap_unordered(_compile, names, chunksize=4):
            for each in found:
                print(json.dumps(each), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or list(kernels()))
