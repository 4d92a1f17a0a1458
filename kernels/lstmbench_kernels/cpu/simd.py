"""A SIMD vector type for Numba, and the register tile: the only LLVM IR on the CPU.

A vector is as wide as the host's registers.  Its type is ``Vector(float32 or float64)``; addresses
are plain integers, so that one kernel can walk any array.
"""

# ruff: noqa: ARG001, ARG002, ARG005  Numba fixes the arguments of what it calls
# mypy: disable-error-code="misc"

import operator
from functools import cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import (
    intrinsic,
    lower_builtin,
    models,
    overload,
    register_jitable,
    register_model,
)

from ..cells import ops
from .compile import callback
from .host import registers

I32 = ir.IntType(32)
I64 = ir.IntType(64)
WIDTH = registers().bytes  # of a vector, whatever its lanes


class Vector(types.Type):
    """As many ``dtype`` lanes as one register of the host holds."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.lanes = registers().lanes(dtype.bitwidth // 8)
        super().__init__(name=f"Vector({dtype} x {self.lanes})")


def llvm_scalar(dtype):
    return ir.FloatType() if dtype.bitwidth == 32 else ir.DoubleType()


def llvm_vector(dtype):
    return ir.VectorType(llvm_scalar(dtype), Vector(dtype).lanes)


def llvm_integers(dtype):
    return ir.VectorType(ir.IntType(dtype.bitwidth), Vector(dtype).lanes)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, llvm_vector(fe_type.dtype))


def _splat(builder, scalar, lanes):
    vector = ir.VectorType(scalar.type, lanes)
    first = builder.insert_element(ir.Constant(vector, ir.Undefined), scalar, I32(0))
    zeros = ir.Constant(ir.VectorType(I32, lanes), None)
    return builder.shuffle_vector(first, ir.Constant(vector, ir.Undefined), zeros)


def _call(builder, name, result, *args):
    """Call an LLVM intrinsic such as ``llvm.fmuladd``, overloaded on its result type."""
    kind = "f32" if result.element == ir.FloatType() else "f64"
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(result, [arg.type for arg in args]),
        f"{name}.v{result.count}{kind}",
    )
    return builder.call(function, args)


# --- arithmetic ---------------------------------------------------------------


def _binary(operation, emit):
    @infer_global(operation)
    class _Typing(AbstractTemplate):
        def generic(self, args, kws):
            if len(args) == 2 and isinstance(args[0], Vector) and args[0] == args[1]:
                return signature(args[0], *args)
            return None

    @lower_builtin(operation, Vector, Vector)
    def _lower(context, builder, sig, args):
        return emit(builder, *args)


# "contract" lets LLVM fuse a product and the sum that follows it, nothing else.
CONTRACT = ("contract",)
_binary(operator.add, lambda builder, a, b: builder.fadd(a, b, flags=CONTRACT))
_binary(operator.sub, lambda builder, a, b: builder.fsub(a, b, flags=CONTRACT))
_binary(operator.mul, lambda builder, a, b: builder.fmul(a, b, flags=CONTRACT))
_binary(operator.truediv, lambda builder, a, b: builder.fdiv(a, b))


@infer_global(operator.neg)
class _NegTyping(AbstractTemplate):
    def generic(self, args, kws):
        return signature(args[0], args[0]) if isinstance(args[0], Vector) else None


@lower_builtin(operator.neg, Vector)
def _neg(context, builder, sig, args):
    return builder.fneg(args[0])


@intrinsic
def splat(typingctx, like, value):
    """``value`` in every lane of a vector typed like ``like`` (a vector or a scalar)."""
    vector = like if isinstance(like, Vector) else Vector(like)

    def codegen(context, builder, sig, args):
        scalar = context.cast(builder, args[1], sig.args[1], vector.dtype)
        return _splat(builder, scalar, vector.lanes)

    return vector(like, value), codegen


@intrinsic
def fma(typingctx, a, b, c):
    """a·b + c, rounded once where the host has the instruction."""

    def codegen(context, builder, sig, args):
        return _call(builder, "llvm.fmuladd", args[0].type, *args)

    return a(a, b, c), codegen


@intrinsic
def minimum(typingctx, a, b):
    """a where a < b, else b: a NaN in ``a`` gives ``b``, a NaN in ``b`` stays."""

    def codegen(context, builder, sig, args):
        a, b = args
        return builder.select(builder.fcmp_ordered("<", a, b), a, b)

    return a(a, b), codegen


@intrinsic
def maximum(typingctx, a, b):
    """a where a > b, else b: a NaN in ``a`` gives ``b``, a NaN in ``b`` stays."""

    def codegen(context, builder, sig, args):
        a, b = args
        return builder.select(builder.fcmp_ordered(">", a, b), a, b)

    return a(a, b), codegen


@intrinsic
def select_greater(typingctx, a, b, yes, no):
    """``yes`` in the lanes where a > b, ``no`` elsewhere (also where one of them is NaN)."""

    def codegen(context, builder, sig, args):
        a, b, yes, no = args
        return builder.select(builder.fcmp_ordered(">", a, b), yes, no)

    return yes(a, b, yes, no), codegen


@intrinsic
def absolute(typingctx, a):
    """|a|."""

    def codegen(context, builder, sig, args):
        return _call(builder, "llvm.fabs", args[0].type, args[0])

    return a(a), codegen


@intrinsic
def copy_sign(typingctx, a, b):
    """The magnitude of ``a`` with the sign of ``b``."""

    def codegen(context, builder, sig, args):
        return _call(builder, "llvm.copysign", args[0].type, *args)

    return a(a, b), codegen


@intrinsic
def power_of_two(typingctx, shifted):
    """2ⁿ from ``n + 1.5·2^mantissa_bits``, the sum whose low bits are the integer n."""
    bits = 23 if shifted.dtype.bitwidth == 32 else 52
    bias = 127 if shifted.dtype.bitwidth == 32 else 1023

    def codegen(context, builder, sig, args):
        integers = llvm_integers(shifted.dtype)
        n = builder.bitcast(args[0], integers)
        biased = builder.add(n, ir.Constant(integers, [bias] * integers.count))
        exponent = builder.shl(biased, ir.Constant(integers, [bits] * integers.count))
        return builder.bitcast(exponent, args[0].type)

    return shifted(shifted), codegen


# --- memory -------------------------------------------------------------------


def _pointer(builder, address, to):
    return builder.inttoptr(address, to.as_pointer())


def _itemsize(dtype):
    return dtype.bitwidth // 8


@intrinsic
def load(typingctx, like, address):
    """The vector at ``address``, of the lanes of ``like`` (a vector or a scalar)."""
    vector = like if isinstance(like, Vector) else Vector(like)

    def codegen(context, builder, sig, args):
        pointer = _pointer(builder, args[1], llvm_vector(vector.dtype))
        return builder.load(pointer, align=_itemsize(vector.dtype))

    return vector(like, address), codegen


@intrinsic
def store(typingctx, address, value):
    """Write the vector ``value`` at ``address``."""

    def codegen(context, builder, sig, args):
        pointer = _pointer(builder, args[0], args[1].type)
        builder.store(args[1], pointer, align=_itemsize(value.dtype))
        return context.get_dummy_value()

    return types.none(address, value), codegen


@intrinsic
def load_scalar(typingctx, like, address):
    """The one number at ``address``, typed like the scalar ``like``."""

    def codegen(context, builder, sig, args):
        return builder.load(_pointer(builder, args[1], args[0].type))

    return like(like, address), codegen


@intrinsic
def store_scalar(typingctx, address, value):
    """Write one number at ``address``."""

    def codegen(context, builder, sig, args):
        builder.store(args[1], _pointer(builder, args[0], args[1].type))
        return context.get_dummy_value()

    return types.none(address, value), codegen


@intrinsic
def load_slots(typingctx, like, address, stride, count):
    """As many vectors as the tuple ``count`` is long, ``stride`` bytes apart, as a tuple."""
    vector = Vector(like)
    result = types.UniTuple(vector, len(count))

    def codegen(context, builder, sig, args):
        values = []
        address = args[1]
        for _ in range(len(count)):
            pointer = _pointer(builder, address, llvm_vector(vector.dtype))
            values.append(builder.load(pointer, align=_itemsize(vector.dtype)))
            address = builder.add(address, args[2])
        return context.make_tuple(builder, result, values)

    return result(like, address, stride, count), codegen


@intrinsic
def store_slots(typingctx, address, stride, values):
    """Write a tuple of vectors ``stride`` bytes apart."""

    def codegen(context, builder, sig, args):
        address = args[0]
        for value in cgutils.unpack_tuple(builder, args[2], len(values)):
            pointer = _pointer(builder, address, value.type)
            builder.store(value, pointer, align=_itemsize(values.dtype.dtype))
            address = builder.add(address, args[1])
        return context.get_dummy_value()

    return types.none(address, stride, values), codegen


@intrinsic
def load_first(typingctx, like, address, count):
    """The first ``count`` lanes from ``address`` on, zero in the others; nothing else is read."""
    vector = Vector(like)

    def codegen(context, builder, sig, args):
        kind = llvm_vector(vector.dtype)
        mask = _first_lanes(builder, args[2], vector.lanes)
        pointer = _pointer(builder, args[1], kind)
        name = f"llvm.masked.load.v{kind.count}f{vector.dtype.bitwidth}.p0"
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(kind, [pointer.type, I32, mask.type, kind]),
            name,
        )
        return builder.call(
            function, [pointer, I32(_itemsize(vector.dtype)), mask, ir.Constant(kind, None)]
        )

    return vector(like, address, count), codegen


@intrinsic
def store_first(typingctx, address, value, count):
    """Write the first ``count`` lanes of ``value`` at ``address``; nothing else is written."""

    def codegen(context, builder, sig, args):
        kind = args[1].type
        mask = _first_lanes(builder, args[2], kind.count)
        pointer = _pointer(builder, args[0], kind)
        name = f"llvm.masked.store.v{kind.count}f{value.dtype.bitwidth}.p0"
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [kind, pointer.type, I32, mask.type]),
            name,
        )
        builder.call(function, [args[1], pointer, I32(_itemsize(value.dtype)), mask])
        return context.get_dummy_value()

    return types.none(address, value, count), codegen


def item_bytes(like):
    """Bytes of a number typed like ``like``."""
    raise NotImplementedError


@overload(item_bytes)
def _item_bytes(like):
    size = like.bitwidth // 8
    return lambda like: size


@register_jitable
def load_up_to(like, address, count):
    """The vector at ``address``, or its first ``count`` lanes where it has more than that."""
    if count * item_bytes(like) >= WIDTH:
        return load(like, address)
    return load_first(like, address, count)


@register_jitable
def store_up_to(like, address, value, count):
    """Write the vector ``value``, or its first ``count`` lanes where it has more than that."""
    if count * item_bytes(like) >= WIDTH:
        store(address, value)
    else:
        store_first(address, value, count)


def _first_lanes(builder, count, lanes):
    numbers = ir.Constant(ir.VectorType(I32, lanes), list(range(lanes)))
    limit = _splat(builder, builder.trunc(count, I32), lanes)
    return builder.icmp_signed("<", numbers, limit)


# --- the register tile --------------------------------------------------------


CACHE_LINE = 64
PREFETCHED_LINES = 4  # a unit block's gates of one row


def _prefetch(builder, pointer):
    """Bring a cache line near; an address that is not ours does no harm."""
    kind = ir.FunctionType(ir.VoidType(), [pointer.type, I32, I32, I32])
    function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
    builder.call(function, [pointer, I32(0), I32(3), I32(1)])


def _tile_function(module, dtype, rows, vectors):
    """Emit C = Z + A·P for ``rows`` × ``vectors`` accumulators, held in registers throughout.

    Arguments, all 64-bit: c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer.
    A's element (r, k) with k = (j, i), i < inner, j < outer, is the scalar at
    ``a + r·a_row + i·a_step + j·a_skip``; P's row k is ``vectors`` vectors at
    ``p + k·vectors·width``.  Small tiles run several sums side by side to hide the latency of FMA.
    """
    kind = llvm_vector(dtype)
    scalar = llvm_scalar(dtype)
    size = _itemsize(dtype)
    width = kind.count * size
    name = f"lstmbench_tile_{scalar}_{kind.count}_{rows}x{vectors}"
    function = cgutils.get_or_insert_function(
        module, ir.FunctionType(ir.VoidType(), [I64] * 11), name
    )
    if not function.is_declaration:
        return function
    function.linkage = "linkonce_odr"
    function.attributes.add("noinline")
    c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer = function.args
    phases = max(1, min(4, 8 // (rows * vectors)))
    tile = [(r, v) for r in range(rows) for v in range(vectors)]

    entry = function.append_basic_block("entry")
    outer_head = function.append_basic_block("outer")
    inner_head = function.append_basic_block("inner")
    body = function.append_basic_block("body")
    rest_head = function.append_basic_block("rest")
    rest_body = function.append_basic_block("rest_body")
    outer_end = function.append_basic_block("outer_end")
    done = function.append_basic_block("done")
    builder = ir.IRBuilder(entry)

    def vector_at(address, v):
        where = builder.add(address, I64(v * width)) if v else address
        return builder.inttoptr(where, kind.as_pointer())

    def multiply(sums, a_bases, a_offset, panel):
        """One k: every accumulator of one phase gets its product."""
        columns = [builder.load(vector_at(panel, v), align=size) for v in range(vectors)]
        results = []
        for r in range(rows):
            where = builder.inttoptr(builder.add(a_bases[r], a_offset), scalar.as_pointer())
            factor = _splat(builder, builder.load(where, align=size), kind.count)
            for v in range(vectors):
                total = sums[r * vectors + v]
                results.append(_call(builder, "llvm.fmuladd", kind, factor, columns[v], total))
        return results

    zero = ir.Constant(kind, None)
    pairs = builder.and_(inner, I64(-phases)) if phases > 1 else inner
    bases = [builder.add(a, builder.mul(a_row, I64(r))) for r in range(rows)]
    builder.branch(outer_head)

    def phis(count, kind):
        return [builder.phi(kind) for _ in range(count)]

    total = rows * vectors
    builder.position_at_end(outer_head)
    j, j_offset, j_panel = phis(3, I64)
    j_sums = phis(total * phases, kind)
    # The hardware foresees runs, not jumps: ask for the numbers of A behind the next one.
    j_offset_next = builder.add(j_offset, a_skip)
    for base in bases:
        for line in range(PREFETCHED_LINES):
            where = builder.add(builder.add(base, j_offset_next), I64(line * CACHE_LINE))
            _prefetch(builder, builder.inttoptr(where, scalar.as_pointer()))
    builder.branch(inner_head)

    builder.position_at_end(inner_head)
    i, i_offset, i_panel = phis(3, I64)
    i_sums = phis(total * phases, kind)
    builder.cbranch(builder.icmp_signed("<", i, pairs), body, rest_head)

    builder.position_at_end(body)
    sums, offset, panel = [], i_offset, i_panel
    for phase in range(phases):
        sums += multiply(i_sums[phase * total : (phase + 1) * total], bases, offset, panel)
        offset = builder.add(offset, a_step)
        panel = builder.add(panel, I64(vectors * width))
    i_next = builder.add(i, I64(phases))
    builder.branch(inner_head)
    for phi, first, following in zip(
        [i, i_offset, i_panel, *i_sums],
        [I64(0), j_offset, j_panel, *j_sums],
        [i_next, offset, panel, *sums],
        strict=True,
    ):
        phi.add_incoming(first, outer_head)
        phi.add_incoming(following, body)

    builder.position_at_end(rest_head)
    k, k_offset, k_panel = phis(3, I64)
    k_sums = phis(total, kind)
    builder.cbranch(builder.icmp_signed("<", k, inner), rest_body, outer_end)

    builder.position_at_end(rest_body)
    sums = multiply(k_sums, bases, k_offset, k_panel)
    k_next = builder.add(k, I64(1))
    k_offset_next = builder.add(k_offset, a_step)
    k_panel_next = builder.add(k_panel, I64(vectors * width))
    builder.branch(rest_head)
    for phi, first, following in zip(
        [k, k_offset, k_panel, *k_sums],
        [i, i_offset, i_panel, *i_sums[:total]],
        [k_next, k_offset_next, k_panel_next, *sums],
        strict=True,
    ):
        phi.add_incoming(first, inner_head)
        phi.add_incoming(following, rest_body)

    builder.position_at_end(outer_end)
    j_next = builder.add(j, I64(1))
    builder.cbranch(builder.icmp_signed("<", j_next, outer), outer_head, done)
    rest_sums = k_sums + i_sums[total:]
    for phi, first, following in zip(
        [j, j_offset, j_panel, *j_sums],
        [I64(0), I64(0), p, *([zero] * (total * phases))],
        [j_next, j_offset_next, k_panel, *rest_sums],
        strict=True,
    ):
        phi.add_incoming(first, entry)
        phi.add_incoming(following, outer_end)

    builder.position_at_end(done)
    for index, (r, v) in enumerate(tile):
        result = rest_sums[index]
        for phase in range(1, phases):
            result = builder.fadd(result, rest_sums[phase * total + index])
        # Z last: sums over many steps then come in two levels, which keeps them precise.
        before = builder.load(vector_at(builder.add(z, builder.mul(z_row, I64(r))), v), align=size)
        result = builder.fadd(before, result)
        where = vector_at(builder.add(c, builder.mul(c_row, I64(r))), v)
        builder.store(result, where, align=size)
    builder.ret_void()
    return function


TILE_ROWS = registers().tile_rows
TILE_VECTORS = 4


TILE_ARGUMENTS = 13


@intrinsic
def call_tile(
    typingctx, code, rows, vectors, c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer
):
    """C = Z + A·P on ``rows`` ≤ TILE_ROWS rows of ``vectors`` ≤ TILE_VECTORS vectors.

    Addresses and strides are in bytes; see ``_tile_function``.  ``z_row`` 0 starts every row from
    the same vectors.  C may be Z.  ``inner`` ≥ 0, ``outer`` ≥ 1.  ``code`` is ``tile_code(dtype)``:
    tiles are compiled once for all kernels, which would otherwise each spend seconds on them.
    """

    def codegen(context, builder, sig, args):
        kind = ir.FunctionType(ir.VoidType(), [I64] * TILE_ARGUMENTS)
        builder.call(_pointer(builder, args[0], kind), args[1:])
        return context.get_dummy_value()

    return types.none(*([types.int64] * (1 + TILE_ARGUMENTS))), codegen


@intrinsic
def _tile_switch(
    typingctx, like, rows, vectors, c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer
):
    """What ``call_tile`` calls: picks the function for its rows and vectors."""

    def codegen(context, builder, sig, args):
        end = builder.append_basic_block("tile_end")
        switch = builder.switch(builder.add(builder.mul(args[2], I64(16)), args[1]), end)
        for v in range(1, TILE_VECTORS + 1):
            for r in range(1, TILE_ROWS + 1):
                block = builder.append_basic_block(f"tile_{r}x{v}")
                switch.add_case(I64(v * 16 + r), block)
                with builder.goto_block(block):
                    builder.call(_tile_function(builder.module, like, r, v), args[3:])
                    builder.branch(end)
        builder.position_at_end(end)
        return context.get_dummy_value()

    return types.none(like, *([types.int64] * TILE_ARGUMENTS)), codegen


def _tile_float32(rows, vectors, c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer):
    _tile_switch(
        np.float32(1), rows, vectors, c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer
    )


def _tile_float64(rows, vectors, c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer):
    _tile_switch(
        np.float64(1), rows, vectors, c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer
    )


@cache
def tile_code(dtype):
    """The address of the compiled tiles for ``float32`` or ``float64``."""
    function = {"float32": _tile_float32, "float64": _tile_float64}[dtype]
    return callback(function, types.none(*([types.int64] * TILE_ARGUMENTS))).address


# --- threads ------------------------------------------------------------------


@intrinsic
def atomic_add(typingctx, address, value):
    """Add to the 64-bit counter at ``address``; returns what it held before."""

    def codegen(context, builder, sig, args):
        pointer = _pointer(builder, args[0], I64)
        return builder.atomic_rmw("add", pointer, args[1], "acq_rel")

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def atomic_load(typingctx, address):
    """The 64-bit counter at ``address``, and everything written before it."""

    def codegen(context, builder, sig, args):
        return builder.load_atomic(_pointer(builder, args[0], I64), "acquire", 8)

    return types.int64(types.int64), codegen


@intrinsic
def pause(typingctx):
    """Tell the processor that this is a waiting loop."""

    def codegen(context, builder, sig, args):
        triple = builder.module.triple
        name, args = None, []
        if triple.startswith(("x86", "i686")):
            name = "llvm.x86.sse2.pause"
        elif triple.startswith(("aarch64", "arm64")):
            name, args = "llvm.aarch64.hint", [I32(1)]
        if name is not None:
            kind = ir.FunctionType(ir.VoidType(), [arg.type for arg in args])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def yield_processor(typingctx):
    """Let another thread run on this processor."""

    def codegen(context, builder, sig, args):
        if "windows" not in builder.module.triple:
            kind = ir.FunctionType(I32, [])
            function = cgutils.get_or_insert_function(builder.module, kind, "sched_yield")
            builder.call(function, [])
        return context.get_dummy_value()

    return types.none(), codegen


@intrinsic
def nanoseconds(typingctx):
    """A clock that never goes back; always 0 on Windows, which has no such function."""

    def codegen(context, builder, sig, args):
        triple = builder.module.triple
        if "windows" in triple:
            return I64(0)
        clock = I32(6 if "darwin" in triple or "macos" in triple else 1)  # CLOCK_MONOTONIC
        seconds = cgutils.alloca_once(builder, I64, 2)
        kind = ir.FunctionType(I32, [I32, seconds.type])
        function = cgutils.get_or_insert_function(builder.module, kind, "clock_gettime")
        builder.call(function, [clock, seconds])
        rest = builder.load(builder.gep(seconds, [I32(1)]))
        return builder.add(builder.mul(builder.load(seconds), I64(10**9)), rest)

    return types.int64(), codegen


# --- what cells are made of ---------------------------------------------------


@overload(ops.constant)
def _constant(x, value):
    return (lambda x, value: splat(x, value)) if isinstance(x, Vector) else None


@overload(ops.relu)
def _relu(x):
    # maximum(0, x): a NaN in its second argument stays
    return (lambda x: maximum(splat(x, 0), x)) if isinstance(x, Vector) else None


@overload(ops.d_relu)
def _d_relu(y, dy):
    if isinstance(y, Vector):
        return lambda y, dy: select_greater(y, splat(y, 0), dy, splat(y, 0))
    return None
