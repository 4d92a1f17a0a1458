"""The kernels' language on numba-cuda: macros become LLVM IR with PTX in it.

With ``launch.py``, everything that the project uses of numba-cuda's internals.
"""

# What NVIDIA's packages return has no types.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

# numba-cuda 0.30 still asks NumPy for a name that NumPy 2.5 no longer has.
if not hasattr(np, "row_stack"):
    setattr(np, "row_stack", np.vstack)  # noqa: B010  a type checker knows it is gone

from llvmlite import ir
from numba import cuda
from numba.cuda import cgutils, types
from numba.cuda.cudadrv import nvvm
from numba.cuda.extending import intrinsic
from numba.cuda.typing import signature

_IR = {
    "f32": ir.FloatType(),
    "f64": ir.DoubleType(),
    "u32": ir.IntType(32),
    "i64": ir.IntType(64),
}
_NUMBA = {"f32": types.float32, "f64": types.float64, "u32": types.uint32, "i64": types.int64}
_REGISTER = {"f32": "f", "f64": "d", "u32": "r", "i64": "l"}
_PTX = {"f32": "f32", "f64": "f64", "u32": "u32", "i64": "s64", "u16": "u16"}
# `exchange` is written by one block and read by others while both run: it bypasses the L1 cache.
_LOAD = {
    "global": "ld.global",
    "constant": "ld.global.nc",
    "exchange": "ld.relaxed.gpu.global",
    "shared": "ld.shared",
}
_STORE = {
    "global": "st.global",
    "exchange": "st.relaxed.gpu.global",
    "shared": "st.shared",
}
_MMA = {
    "float16": "m16n8k16.row.col.f32.f16.f16.f32",
    "bfloat16": "m16n8k16.row.col.f32.bf16.bf16.f32",
    "tf32": "m16n8k8.row.col.f32.tf32.tf32.f32",
}


class Emit:
    """One macro's expansion: each method appends instructions and returns their value."""

    def __init__(self, builder: Any) -> None:
        self._builder = builder

    # Numbers

    def const(self, kind, value):
        return ir.Constant(_IR[kind], value)

    def add(self, a, b):
        return self._builder.fadd(a, b)

    def mul(self, a, b):
        return self._builder.fmul(a, b)

    def fma(self, a, b, c):
        return self._builder.fma(a, b, c)

    def exp2(self, x):
        """2^x in float32, within 2 ulp."""
        return self._asm("ex2.approx.f32 $0, $1;", "f32", [x])

    def reciprocal(self, x):
        """1 / x in float32, within 1 ulp."""
        return self._asm("rcp.approx.f32 $0, $1;", "f32", [x])

    def select(self, condition, a, b):
        return self._builder.select(condition, a, b)

    def below(self, x, bound):
        """x < bound, which a NaN is not."""
        return self._builder.fcmp_ordered("<", x, ir.Constant(x.type, bound))

    def above_zero(self, x):
        return self._builder.fcmp_ordered(">", x, ir.Constant(x.type, 0))

    def from_int(self, kind, value):
        return self._builder.sitofp(value, _IR[kind])

    # Integers

    def iadd(self, a, b):
        return self._builder.add(self._int(a), self._int(b))

    def imul(self, a, b):
        return self._builder.mul(self._int(a), self._int(b))

    def bit(self, value, number):
        """Whether a bit of an integer is set."""
        mask = self._builder.and_(value, self._int(1 << number))
        return self._builder.icmp_signed("!=", mask, self._int(0))

    def less(self, a, b):
        return self._builder.icmp_signed("<", self._int(a), self._int(b))

    def both(self, a, b):
        return self._builder.and_(a, b)

    def special(self, name):
        """A special register: tid.x, ntid.x, ctaid.x, …"""
        value = self._asm(f"mov.u32 $0, %{name};", "u32", [])
        return self._builder.zext(value, _IR["i64"])

    # Bits of numbers

    def as_f32(self, bits):
        return self._builder.bitcast(bits, _IR["f32"])

    def as_bits(self, value):
        return self._builder.bitcast(value, _IR["u32"])

    def as_f64(self, low, high):
        wide = [self._builder.zext(half, _IR["i64"]) for half in (low, high)]
        joined = self._builder.or_(wide[0], self._builder.shl(wide[1], self._int(32)))
        return self._builder.bitcast(joined, _IR["f64"])

    def as_double_bits(self, value):
        whole = self._builder.bitcast(value, _IR["i64"])
        high = self._builder.lshr(whole, self._int(32))
        return [self._builder.trunc(half, _IR["u32"]) for half in (whole, high)]

    def pair(self, low, high):
        """Two 16-bit numbers in one register."""
        return self._builder.or_(low, self._builder.shl(high, self.const("u32", 16)))

    def widen(self, precision, bits):
        """float32 from the 16 bits of a float16 or a bfloat16."""
        if precision == "bfloat16":
            return self.as_f32(self._builder.shl(bits, self.const("u32", 16)))
        text = "{ .reg .b16 h; cvt.u16.u32 h, $1; cvt.f32.f16 $0, h; }"
        return self._asm(text, "f32", [bits])

    def narrow(self, precision, value):
        """The 16 bits of float32 rounded to a float16 or a bfloat16."""
        kind = {"float16": "f16", "bfloat16": "bf16"}[precision]
        text = f"{{ .reg .b16 h; cvt.rn.{kind}.f32 h, $1; cvt.u32.u16 $0, h; }}"
        return self._asm(text, "u32", [value])

    def round_tf32(self, value):
        """float32 rounded to the ten bits of fraction that TF32 keeps."""
        return self.as_f32(self._asm("cvt.rna.tf32.f32 $0, $1;", "u32", [value]))

    # Memory

    def load(self, space, kind, address, offset=0, when=None):
        """One number; 0 where ``when`` is false.  ``u16`` comes as ``u32``."""
        register = "u32" if kind == "u16" else kind
        return self._load(space, f".{_PTX[kind]}", register, 1, address, offset, when)[0]

    def load4(self, space, address, offset=0, when=None):
        """Sixteen aligned bytes as four ``u32``; zeros where ``when`` is false."""
        return self._load(space, ".v4.u32", "u32", 4, address, offset, when)

    def _load(self, space, suffix, kind, count, address, offset, when):
        address, register = self._pointer(space, address)
        into = ", ".join(f"${n}" for n in range(count))
        into = f"{{{into}}}" if count > 1 else into
        text = f"{_LOAD[space]}{suffix} {into}, [${count}+{offset}];"
        values = [address]
        registers = register
        if when is not None:
            move = f"mov.b{64 if kind in ('f64', 'i64') else 32}"
            zeros = " ".join(f"{move} ${n}, 0;" for n in range(count))
            text = f"{{ .reg .pred p; setp.ne.u32 p, ${count + 1}, 0; {zeros} @p {text} }}"
            values.append(self._builder.zext(when, _IR["u32"]))
            registers += ",r"
        outputs = ",".join(["=" + _REGISTER[kind]] * count)
        clobber = "" if space == "constant" else ",~{memory}"
        result = ir.LiteralStructType([_IR[kind]] * count) if count > 1 else _IR[kind]
        # Also where memory never changes: the compiler carries out before their condition what has
        # no side effect, and the address of a load that would not come may be nowhere.
        found = self._call(text, result, values, f"{outputs},{registers}{clobber}", True)
        if count == 1:
            return [found]
        return [self._builder.extract_value(found, n) for n in range(count)]

    def store(self, space, kind, address, value, offset=0, when=None):
        address, register = self._pointer(space, address)
        text = f"{_STORE[space]}.{_PTX[kind]} [$0+{offset}], $1;"
        values, registers = [address, value], f"{register},{_REGISTER.get(kind, 'r')}"
        if when is not None:
            text = f"{{ .reg .pred p; setp.ne.u32 p, $2, 0; @p {text} }}"
            values.append(self._builder.zext(when, _IR["u32"]))
            registers += ",r"
        self._call(text, ir.VoidType(), values, f"{registers},~{{memory}}", True)

    def store4(self, space, address, values, offset=0):
        """Four ``u32`` into sixteen aligned bytes."""
        address, register = self._pointer(space, address)
        text = f"{_STORE[space]}.v4.u32 [$0+{offset}], {{$1, $2, $3, $4}};"
        self._call(text, ir.VoidType(), [address, *values], f"{register},r,r,r,r,~{{memory}}", True)

    def shared_base(self):
        module = self._builder.module
        name = "lstmbench_shared"
        memory = module.globals.get(name)
        if memory is None:
            memory = cgutils.add_global_variable(
                module, ir.ArrayType(ir.IntType(8), 0), name, nvvm.ADDRSPACE_SHARED
            )
            memory.align, memory.linkage = 16, "external"
        return self._builder.zext(self._builder.ptrtoint(memory, _IR["u32"]), _IR["i64"])

    # Other threads

    def shuffle_xor(self, value, mask):
        """The value of the lane whose number differs in the bits of ``mask``."""
        if value.type == _IR["f64"]:
            halves = [self._shuffle(half, mask) for half in self.as_double_bits(value)]
            return self.as_f64(*halves)
        return self.as_f32(self._shuffle(self.as_bits(value), mask))

    def _shuffle(self, bits, mask):
        text = f"shfl.sync.bfly.b32 $0, $1, {mask}, 0x1f, 0xffffffff;"
        return self._call(text, _IR["u32"], [bits], "=r,r", True)

    def sync_warp(self):
        """Wait for the lanes of the warp; no load moves across."""
        self._call("bar.warp.sync 0xffffffff;", ir.VoidType(), [], "~{memory}", True)

    def mma(self, precision, sums, a, b):
        """``sums (16×8) + a (16×k) · b (k×8)`` of a warp, k = 16, or 8 for TF32.

        Fragments as in PTX ISA, "Matrix Fragments for mma.m16n8k16" and "… mma.m16n8k8".
        """
        text = (
            f"mma.sync.aligned.{_MMA[precision]} "
            "{$0,$1,$2,$3}, {$4,$5,$6,$7}, {$8,$9}, {$10,$11,$12,$13};"
        )
        found = self._call(
            text,
            ir.LiteralStructType([_IR["f32"]] * 4),
            [*a, *b, *sums],
            "=f,=f,=f,=f,r,r,r,r,r,r,f,f,f,f",
            True,
        )
        return [self._builder.extract_value(found, n) for n in range(4)]

    def add_release(self, address):
        self._call(
            "red.release.gpu.global.add.u32 [$0], 1;", ir.VoidType(), [address], "l,~{memory}", True
        )

    def fetch_add(self, address):
        text = "atom.acq_rel.gpu.global.add.u32 $0, [$1], 1;"
        before = self._call(text, _IR["u32"], [address], "=r,l,~{memory}", True)
        return self._builder.zext(before, _IR["i64"])

    def load_acquire(self, address):
        text = "ld.acquire.gpu.global.u32 $0, [$1];"
        found = self._call(text, _IR["u32"], [address], "=r,l,~{memory}", True)
        return self._builder.zext(found, _IR["i64"])

    # How

    def _int(self, value):
        return ir.Constant(_IR["i64"], value) if isinstance(value, int) else value

    def _pointer(self, space, address):
        if space == "shared":
            return self._builder.trunc(address, _IR["u32"]), "r"
        return address, "l"

    def _asm(self, text, kind, values):
        """PTX without side effects, of values whose registers follow from their types."""
        of = {repr(_IR[name]): register for name, register in _REGISTER.items()}
        inputs = "".join("," + of[repr(value.type)] for value in values)
        return self._call(text, _IR[kind], values, f"={_REGISTER[kind]}{inputs}", False)

    def _call(self, text, result, values, constraints, volatile):
        code = ir.InlineAsm(
            ir.FunctionType(result, [value.type for value in values]),
            text,
            constraints,
            side_effect=volatile,
        )
        attributes = ("convergent",) if volatile else ()
        return self._builder.call(code, values, attrs=attributes)


def macro(returns: str | None, count: int | None = None) -> Callable[[Any], Any]:
    """A function on ``Emit`` as something that kernels call.

    ``returns``: the kind of what comes back, ``count`` of them in a tuple; None for nothing.
    """

    def declare(body: Any) -> Any:
        if returns is None:
            result = types.void
        else:
            one = _NUMBA[returns]
            result = one if count is None else types.UniTuple(one, count)

        def typed(_context, *given):
            cast = [_argument_type(each) for each in given]

            def generate(context, builder, _signature, values):
                parts = [
                    _unpack(builder, context.cast(builder, value, each, wanted), wanted)
                    for value, each, wanted in zip(values, given, cast, strict=True)
                ]
                found = body(Emit(builder), *parts)
                if returns is None:
                    return context.get_dummy_value()
                return found if count is None else cgutils.pack_array(builder, found)

            return signature(result, *given), generate

        # Numba binds arguments by this; the macro's own first parameter is ``emit``.
        names = list(inspect.signature(body).parameters)[1:]
        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        typed.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [inspect.Parameter(name, kind) for name in ("context", *names)]
        )
        typed.__name__ = typed.__qualname__ = body.__name__
        typed.__doc__ = body.__doc__
        return intrinsic(typed)

    return declare


def _argument_type(given):
    """Integers are int64, unless they are the 32 bits of something."""
    if isinstance(given, types.Integer) and given != types.uint32:
        return types.int64
    return given


def _unpack(builder, value, kind):
    if not isinstance(kind, types.BaseTuple):
        return value
    return [builder.extract_value(value, n) for n in range(len(kind))]


@intrinsic
def cooperative(_context):
    """Have the kernel launched with all of its blocks at work at once, or not at all."""

    def generate(context, _builder, _signature, _values):
        context.active_code_library.use_cooperative = True
        return context.get_dummy_value()

    return signature(types.void), generate


sync_block = cuda.syncthreads


def device_function(function: Any) -> Any:
    """A function that kernels call."""
    return cuda.jit(device=True)(function)
