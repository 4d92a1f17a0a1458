"""What the tiles are compiled to, for the processor that Numba is told to compile for.

    NUMBA_CPU_NAME=haswell NUMBA_CPU_FEATURES=+avx2,+fma python tests/vector_loops.py

One JSON line for each innermost loop that multiplies vectors: its function, how many
multiplications it has, and which of its instructions have a vector on the stack.
"""

import json
import re
from collections.abc import Iterator

from lstmbench_kernels.cpu import compile as compiling
from lstmbench_kernels.cpu.stream import stream_code
from lstmbench_kernels.cpu.tile import tile_code

FUNCTION = re.compile(r"(lstmbench_(?:tile|stream)_\w+):")
LABEL = re.compile(r"(\.L\w+):")
JUMP = re.compile(r"\tj\w+\t(\.L\w+)")
MULTIPLICATION = re.compile(r"\tv?(?:fmadd\d+|mul)p[sd]\t")
ON_THE_STACK = re.compile(r"\t.*(?:\(%rsp\).*%[xyz]mm|%[xyz]mm.*\(%rsp\))")


def functions(assembly: str) -> Iterator[tuple[str, list[str]]]:
    """Every tile and every stream, by name, with its instructions and labels."""
    name, lines = "", list[str]()
    for line in assembly.splitlines():
        if found := FUNCTION.match(line):
            name, lines = found[1], []
        elif line.startswith("\t.size") and name:
            yield name, lines
            name = ""
        else:
            lines.append(line)


def innermost_loops(lines: list[str]) -> Iterator[list[str]]:
    """What lies between a label and a jump back to it, where no other such pair lies within."""
    labels = {found[1]: at for at, line in enumerate(lines) if (found := LABEL.match(line))}
    loops = [
        (labels[found[1]], at)
        for at, line in enumerate(lines)
        if (found := JUMP.match(line)) and labels.get(found[1], at) < at
    ]
    for first, last in loops:
        if not any(first <= f and e <= last and (f, e) != (first, last) for f, e in loops):
            yield lines[first : last + 1]


def main() -> None:
    for code in (tile_code, stream_code):
        for dtype in ("float32", "float64"):
            code(dtype)
    for kept in compiling._kept:
        for name, lines in functions(kept._library.get_asm_str()):
            for loop in innermost_loops(lines):
                multiplications = sum(bool(MULTIPLICATION.match(line)) for line in loop)
                if multiplications:
                    spilled = [line.strip() for line in loop if ON_THE_STACK.match(line)]
                    found = {"name": name, "multiplications": multiplications, "spilled": spilled}
                    print(json.dumps(found))


if __name__ == "__main__":
    main()
