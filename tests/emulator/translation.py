"""A kernel's PTX as a Python generator that carries it out for one warp.

A register is an array of 32 numbers, one for each lane; an instruction is one NumPy expression on
such arrays.  Where lanes go different ways, those that are furthest behind in the text go first,
so that they meet again where the compiler has them meet; the others keep their registers.

Only what the compiler makes of the kernels is known.  Anything else is an error, by name.
"""

import re
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from . import arithmetic
from .memory import DTYPES, WARP
from .ptx import Instruction, Kernel, parse, split

# What a register of a declared type is an array of.
_REGISTERS = {"pred": "bool"} | {kind: np.dtype(dtype).name for kind, dtype in DTYPES.items()}
# What an instruction of a type takes its operands for.
_TYPES = {**_REGISTERS, "u64": "uint64", "s32": "int32", "f16": "float16", "s16": "int16"}
_BINARY = {"add": "+", "sub": "-", "and": "&", "or": "|", "xor": "^"}
_COMPARE = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">="}
_UNORDERED = {"ltu": ">=", "leu": ">", "gtu": "<=", "geu": "<", "equ": "!=", "neu": "=="}
_MMA = {"f16": "float16", "bf16": "bfloat16", "tf32": "tf32"}


Program = Callable[..., Any]  # (warp, parameters) to a generator of what it waits for


def compile_ptx(text: str, shared_base: int) -> dict[str, Program]:
    """The kernels of a PTX text, by name; dynamic shared memory begins at ``shared_base``."""
    found = {}
    for kernel in parse(text):
        source, constants = _Translation(kernel, shared_base).python()
        space = {"np": np, **vars(arithmetic), **constants}
        exec(compile(source, f"<{kernel.name}>", "exec"), space)
        found[kernel.name] = space["kernel"]
    return found


class _Translation:
    """One kernel, basic block by basic block."""

    def __init__(self, kernel: Kernel, shared_base: int) -> None:
        self.parameters, self.types = kernel.parameters, kernel.types
        self.blocks, self.labels = kernel.blocks, kernel.labels
        self.symbols = dict.fromkeys(kernel.symbols, shared_base)
        self.constants: dict[str, Any] = {}

    def python(self) -> tuple[str, dict[str, Any]]:
        blocks = [self._block(n, block) for n, block in enumerate(self.blocks)]
        used = sorted({name for block in blocks for line in block for name in _names(line)})
        lines = [
            "def kernel(w, parameters):",
            "    if False: yield",
            "    m, full, pc = w.everyone, True, 0",
        ]
        for name in used:
            kind = _REGISTERS[self.types[_register(name)]]
            lines.append(f"    {name} = w.unset[{kind!r}]")
        lines += ["    while True:", *_tree(blocks, 0, len(blocks), 2)]
        return "\n".join(lines) + "\n", self.constants

    def _block(self, number: int, block: list[Instruction]) -> list[str]:
        lines: list[str] = []
        for instruction in block:
            lines.append(f"# {instruction.text}")
            lines += self._instruction(instruction, number)
        last = block[-1] if block else None
        if last is None or last.opcode.split(".")[0] not in ("bra", "ret", "exit"):
            lines.append(f"pc, m, full = w.go(m, {number + 1})")
        return lines

    def _instruction(self, instruction: Instruction, number: int) -> list[str]:
        guard, opcode, operands, text = instruction
        parts = opcode.split(".")
        mask = "m"
        if guard:
            condition = _python(guard.removeprefix("!"))
            mask = f"(m & {'~' if guard.startswith('!') else ''}{condition})"
        match parts:
            case ["bra", *_]:
                target = self.labels[operands[0]]
                if guard:
                    return [f"pc, m, full = w.branch(m, {mask}, {target}, {number + 1})"]
                return [f"pc, m, full = w.go(m, {target})"]
            case ["ret" | "exit"]:
                if guard:
                    raise NotImplementedError(text)
                return ["pc, m, full = w.leave(m)", "if pc < 0: return"]
            case ["bar", "sync"]:
                return ["w.together(full)", "yield 'block'"]
            case ["bar", "warp", "sync"]:
                return ["w.together(full)", "w.sync_warp()"]
            case ["shfl", "sync", "bfly", "b32"]:
                target, source, xor, _, _ = operands
                lines = ["w.together(full)"]
                return lines + self._set(
                    target, "b32", f"shuffle({self._get(source, 'b32')}, {int(xor, 0)})"
                )
            case ["mma", "sync", "aligned", _, "row", "col", "f32", a, b, "f32"] if a == b:
                d, a_in, b_in, c = (split(each[1:-1]) for each in operands)
                given = ", ".join(
                    f"[{', '.join(self._get(each, kind) for each in part)}]"
                    for part, kind in ((a_in, "b32"), (b_in, "b32"), (c, "f32"))
                )
                targets = ", ".join(map(_python, d))
                return ["w.together(full)", f"{targets} = mma({_MMA[a]!r}, {given})"]
            case ["ld", "param", kind]:
                number_of = self.parameters[operands[1][1:-1]]
                return self._set(operands[0], kind, f"parameters[{number_of}]")
            case ["ld", *how]:
                return self._load(how, operands, mask)
            case ["st", *how]:
                return self._store(how, operands, mask)
            case ["red", order, "gpu", "global", "add", "u32"]:
                address, value = self._address(operands[0]), self._get(operands[1], "u32")
                return [f"w.add({address}, {value}, {mask}, {order!r})", "yield 'others'"]
            case ["atom", order, "gpu", "global", "add", "u32"]:
                address, value = self._address(operands[1]), self._get(operands[2], "u32")
                found = f"w.add({address}, {value}, {mask}, {order!r})"
                return [*self._set(operands[0], "u32", found), "yield 'others'"]
            case ["mov", "b32" | "b64", *_] if "{" in text:
                return self._halves(operands)
            case ["mov", kind]:
                return self._set(operands[0], kind, self._get(operands[1], kind), mask)
        return self._set(operands[0], *self._value(parts, operands[1:], text), mask)

    def _value(self, parts: list[str], given: list[str], text: str) -> tuple[str, str]:
        """The type and the expression of an instruction that only computes."""
        kind = parts[-1]

        def take(kind: str = kind) -> list[str]:
            return [self._get(each, kind) for each in given]

        match parts:
            case [("add" | "sub" | "and" | "or" | "xor") as name, *_]:
                a, b = take()
                return kind, f"{a} {_BINARY[name]} {b}"
            case ["mul", "lo", _] | ["mul", "f32" | "f64"] | ["mul", "rn", "f32" | "f64"]:
                a, b = take()
                return kind, f"{a} * {b}"
            case ["mad", "lo", _]:
                a, b, c = take()
                return kind, f"{a} * {b} + {c}"
            case ["mul", "wide", "u16" | "u32" | "s32"]:
                a, b = take()
                target = "u32" if kind == "u16" else "s64"
                wide = _TYPES[target]
                return target, f"{a}.astype({wide!r}) * {b}.astype({wide!r})"
            case ["fma", "rn", "f32" | "f64"]:
                a, b, c = take()
                return kind, f"fma({a}, {b}, {c})"
            case ["not", _]:
                return kind, f"~{take()[0]}"
            case ["neg", _]:
                return kind, f"-{take()[0]}"
            case ["abs", _]:
                return kind, f"np.abs({take()[0]})"
            case [("min" | "max") as name, "s32" | "u32" | "s64" | "u64"]:
                a, b = take()
                return kind, f"np.{name}imum({a}, {b})"
            case [("min" | "max") as name, "f32" | "f64"]:
                a, b = take()
                return kind, f"np.f{name}({a}, {b})"  # the other one of a NaN
            case ["copysign", _]:
                sign, value = take()
                return kind, f"np.copysign({value}, {sign})"
            case [("shl" | "shr") as name, _]:
                value, by = self._get(given[0], _logical(kind)), self._get(given[1], "u32")
                return _logical(kind), f"{name}({value}, {by})"
            case ["bfi", "b32" | "b64"]:
                a, b = self._get(given[0], f"u{kind[1:]}"), self._get(given[1], f"u{kind[1:]}")
                return f"u{kind[1:]}", f"insert({a}, {b}, {int(given[2], 0)}, {int(given[3], 0)})"
            case ["selp", _]:
                a, b = (self._get(each, kind) for each in given[:2])
                return kind, f"np.where({_python(given[2])}, {a}, {b})"
            case ["setp", how, _] if how in _COMPARE:
                a, b = take()
                found = f"{a} {_COMPARE[how]} {b}"
                if how == "ne" and kind.startswith("f"):
                    found = f"({found}) & ~np.isnan({a}) & ~np.isnan({b})"
                return "pred", found
            case ["setp", how, _] if how in _UNORDERED:
                a, b = take()
                return "pred", f"~({a} {_UNORDERED[how]} {b})"
            case ["ex2", "approx", *_, "f32"]:
                return kind, f"np.exp2({take()[0]})"
            case ["rcp", "approx", *_, "f32"] | ["rcp", "rn", _]:
                return kind, f"1 / {take()[0]}"
            case ["rcp", "approx", "ftz", "f64"]:
                return kind, f"gross_reciprocal({take()[0]})"
            case ["cvt", *how]:
                return self._convert(how, given[0], text)
        raise NotImplementedError(text)

    def _convert(self, how: list[str], given: str, text: str) -> tuple[str, str]:
        match how:
            case ["rna", "tf32", "f32"]:
                return "b32", f"to_tf32({self._get(given, 'b32')})"
            case ["rn", "bf16", "f32"]:
                return "b16", f"to_bfloat16({self._get(given, 'b32')})"
            case ["rn", "f16", "f32"]:
                return "b16", f"{self._get(given, 'f32')}.astype('float16').view('uint16')"
            case ["f32", "f16"]:
                return "f32", f"{self._get(given, 'b16')}.view('float16').astype('float32')"
            case ["rni", ("f32" | "f64") as kind, same] if kind == same:
                return kind, f"np.rint({self._get(given, kind)})"
            case [target, source] if target[0] in "us" and source[0] in "us":
                return target, f"{self._get(given, source)}.astype({_TYPES[target]!r})"
            case ["rn", target, source] | [target, source] if target[0] == "f":
                return target, f"{self._get(given, source)}.astype({_TYPES[target]!r})"
        raise NotImplementedError(text)

    def _load(self, how: list[str], operands: list[str], mask: str) -> list[str]:
        *space, kind = how
        vector = 4 if "v4" in space else 1
        space = [each for each in space if each != "v4"]
        names = split(operands[0][1:-1]) if vector > 1 else [operands[0]]
        address = self._address(operands[1])
        where = ".".join(space)
        lines = [f"t = w.load({where!r}, {kind!r}, {vector}, {address}, {mask})"]
        for n, name in enumerate(names):
            widened = ".astype('uint32')" if self._narrows(kind, name) else ""
            lines += self._set(name, "b32" if widened else kind, f"t[{n}]{widened}", mask)
        if "gpu" in space:  # whoever reads what others write may wait for them
            lines.append("yield 'signal'" if kind == "u32" and vector == 1 else "yield 'others'")
        return lines

    def _store(self, how: list[str], operands: list[str], mask: str) -> list[str]:
        *space, kind = how
        vector = "v4" in space
        space = [each for each in space if each != "v4"]
        given = split(operands[1][1:-1]) if vector else [operands[1]]
        values = ", ".join(
            f"{self._get(each, 'b32')}.astype('uint16')"
            if self._narrows(kind, each)
            else f"{self._get(each, kind)}.view({_REGISTERS[kind]!r})"
            for each in given
        )
        address = self._address(operands[0])
        return [f"w.store({'.'.join(space)!r}, {kind!r}, {address}, [{values}], {mask})"]

    def _halves(self, operands: list[str]) -> list[str]:
        """A register of 64 bits as two of 32, or back."""
        target, source = operands
        if target.startswith("{"):
            low, high = split(target[1:-1])
            whole = self._get(source, "u64")
            return [
                *self._set(low, "u32", f"{whole}.astype('uint32')"),
                *self._set(high, "u32", f"({whole} >> np.uint64(32)).astype('uint32')"),
            ]
        low, high = (self._get(each, "u32") for each in split(source[1:-1]))
        joined = f"{low}.astype('uint64') | ({high}.astype('uint64') << np.uint64(32))"
        return self._set(target, "u64", joined)

    # Operands

    def _narrows(self, kind: str, operand: str) -> bool:
        """Whether a number of 16 bits in memory is one of a register of 32."""
        return kind == "u16" and _REGISTERS[self.types[operand]] == "uint32"

    def _address(self, operand: str) -> str:
        register, offset = re.fullmatch(r"\[(%\w+)(?:\+(-?\d+))?\]", operand).groups()  # type: ignore[union-attr]
        found = f"{_python(register)}.astype('int64')"
        return f"{found} + {offset}" if offset and offset != "0" else found

    def _get(self, operand: str, kind: str) -> str:
        """An operand as an array of the type that the instruction takes it for."""
        wanted = _TYPES[kind]
        if operand in self.types:
            held = _REGISTERS[self.types[operand]]
            name = _python(operand)
            return name if held == wanted else f"{name}.view({wanted!r})"
        if re.fullmatch(r"%(n?tid\.x|n?ctaid\.[xyz])", operand):
            return f"w.special[{operand[1:]!r}]"
        return self._constant(operand, wanted)

    def _constant(self, operand: str, wanted: str) -> str:
        if operand in self.symbols:
            value: Any = self.symbols[operand]
        elif re.fullmatch(r"0[fF][0-9a-fA-F]{8}", operand):
            value = struct.unpack(">f", bytes.fromhex(operand[2:]))[0]
        elif re.fullmatch(r"0[dD][0-9a-fA-F]{16}", operand):
            value = struct.unpack(">d", bytes.fromhex(operand[2:]))[0]
        else:
            value = int(operand, 0)
        name = f"K{len(self.constants)}"
        if isinstance(value, int) and np.dtype(wanted).kind in "ui":
            size = np.dtype(wanted).itemsize
            bits = np.uint64(value % 2**64).astype(f"uint{8 * size}")
            array = np.full(WARP, bits).view(wanted)
        else:
            array = np.full(WARP, value, wanted)
        array.flags.writeable = False
        self.constants[name] = array
        return name

    def _set(self, target: str, kind: str, value: str, mask: str = "m") -> list[str]:
        """Give a register its new value, in the lanes that are at work."""
        name, held = _python(target), _REGISTERS[self.types[target]]
        if held != _TYPES[kind]:
            value = f"({value}).view({held!r})"
        if mask != "m":
            return [f"{name} = np.where({mask}, {value}, {name})"]
        return [f"t_ = {value}", f"{name} = t_ if full else np.where(m, t_, {name})"]


def _logical(kind: str) -> str:
    """Shifts of plain bits bring in zeros."""
    return kind if kind[0] == "s" else f"u{kind[1:]}"


def _python(register: str) -> str:
    return "r_" + register.removeprefix("%").replace("$", "_")


def _register(name: str) -> str:
    return "%" + name.removeprefix("r_")


def _names(line: str) -> set[str]:
    return set() if line.startswith("#") else set(re.findall(r"\br_\w+", line))


def _tree(blocks: list[list[str]], first: int, last: int, depth: int) -> list[str]:
    """Find the basic block ``pc`` in a few comparisons."""
    indent = "    " * depth
    if last - first == 1:
        return [indent + line for line in blocks[first]] or [indent + "pass"]
    middle = (first + last) // 2
    return [
        f"{indent}if pc < {middle}:",
        *_tree(blocks, first, middle, depth + 1),
        f"{indent}else:",
        *_tree(blocks, middle, last, depth + 1),
    ]
