"""A SIMD vector type for Numba.  With ``tile.py`` and ``sync.py`` the only LLVM IR on the CPU.

A vector is as wide as the host's registers.  Its type is ``Vector(float32 or float64)``; addresses
are plain integers, so that one kernel can walk any array.
"""

# ruff: noqa: ARG001, ARG002, ARG005  Numba fixes the arguments of what it calls
# mypy: disable-error-code="misc"

import operator

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import (
    intrinsic,
    lower_builtin,
    models,
    register_model,
)

from ..cells import ops
from . import lanes
from .compile import inner, inner_for
from .host import registers

I32 = ir.IntType(32)
I64 = ir.IntType(64)
WIDTH = registers().bytes  # of a vector, whatever its lanes
# LLVM 20 makes branches of those that a processor has not, and was seen to leave out a load.
MASKED_MOVES = WIDTH > 16


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


def call_llvm(builder, name, result, *args):
    """Call an LLVM intrinsic such as ``llvm.fmuladd``, overloaded on its result type."""
    kind = "f32" if result.element == ir.FloatType() else "f64"
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(result, [arg.type for arg in args]),
        f"{name}.v{result.count}{kind}",
    )
    return builder.call(function, args)


def call_address(arguments):
    """Typing and lowering of a call of 64-bit integers to the address that is the first."""

    def codegen(context, builder, sig, args):
        kind = ir.FunctionType(ir.VoidType(), [I64] * arguments)
        builder.call(pointer_to(builder, args[0], kind), args[1:])
        return context.get_dummy_value()

    return types.none(*([types.int64] * (1 + arguments))), codegen


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
        return lanes.splat(builder, scalar, vector.lanes)

    return vector(like, value), codegen


@intrinsic
def fma(typingctx, a, b, c):
    """a·b + c, rounded once where the host has the instruction."""

    def codegen(context, builder, sig, args):
        return call_llvm(builder, "llvm.fmuladd", args[0].type, *args)

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
        return call_llvm(builder, "llvm.fabs", args[0].type, args[0])

    return a(a), codegen


@intrinsic
def copy_sign(typingctx, a, b):
    """The magnitude of ``a`` with the sign of ``b``."""

    def codegen(context, builder, sig, args):
        return call_llvm(builder, "llvm.copysign", args[0].type, *args)

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


def pointer_to(builder, address, to):
    return builder.inttoptr(address, to.as_pointer())


def item_size(dtype):
    return dtype.bitwidth // 8


@intrinsic
def load(typingctx, like, address):
    """The vector at ``address``, of the lanes of ``like`` (a vector or a scalar)."""
    vector = like if isinstance(like, Vector) else Vector(like)

    def codegen(context, builder, sig, args):
        pointer = pointer_to(builder, args[1], llvm_vector(vector.dtype))
        return builder.load(pointer, align=item_size(vector.dtype))

    return vector(like, address), codegen


@intrinsic
def store(typingctx, address, value):
    """Write the vector ``value`` at ``address``."""

    def codegen(context, builder, sig, args):
        pointer = pointer_to(builder, args[0], args[1].type)
        builder.store(args[1], pointer, align=item_size(value.dtype))
        return context.get_dummy_value()

    return types.none(address, value), codegen


@intrinsic
def load_scalar(typingctx, like, address):
    """The one number at ``address``, typed like the scalar ``like``."""

    def codegen(context, builder, sig, args):
        return builder.load(pointer_to(builder, args[1], args[0].type))

    return like(like, address), codegen


@intrinsic
def store_scalar(typingctx, address, value):
    """Write one number at ``address``."""

    def codegen(context, builder, sig, args):
        builder.store(args[1], pointer_to(builder, args[0], args[1].type))
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
            pointer = pointer_to(builder, address, llvm_vector(vector.dtype))
            values.append(builder.load(pointer, align=item_size(vector.dtype)))
            address = builder.add(address, args[2])
        return context.make_tuple(builder, result, values)

    return result(like, address, stride, count), codegen


@intrinsic
def store_slots(typingctx, address, stride, values):
    """Write a tuple of vectors ``stride`` bytes apart."""

    def codegen(context, builder, sig, args):
        address = args[0]
        for value in cgutils.unpack_tuple(builder, args[2], len(values)):
            pointer = pointer_to(builder, address, value.type)
            builder.store(value, pointer, align=item_size(values.dtype.dtype))
            address = builder.add(address, args[1])
        return context.get_dummy_value()

    return types.none(address, stride, values), codegen


@intrinsic
def load_first(typingctx, like, address, count):
    """The first ``count`` lanes from ``address`` on, zero in the others; nothing else is read."""
    vector = Vector(like)

    def codegen(context, builder, sig, args):
        kind = llvm_vector(vector.dtype)
        pointer = pointer_to(builder, args[1], kind)
        if not MASKED_MOVES:
            return lanes.load(builder, kind, pointer, args[2])
        mask = lanes.first(builder, args[2], vector.lanes)
        name = f"llvm.masked.load.v{kind.count}f{vector.dtype.bitwidth}.p0"
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(kind, [pointer.type, I32, mask.type, kind]),
            name,
        )
        return builder.call(
            function, [pointer, I32(item_size(vector.dtype)), mask, ir.Constant(kind, None)]
        )

    return vector(like, address, count), codegen


@intrinsic
def store_first(typingctx, address, value, count):
    """Write the first ``count`` lanes of ``value`` at ``address``; nothing else is written."""

    def codegen(context, builder, sig, args):
        kind = args[1].type
        pointer = pointer_to(builder, args[0], kind)
        if not MASKED_MOVES:
            lanes.store(builder, args[1], pointer, args[2])
            return context.get_dummy_value()
        mask = lanes.first(builder, args[2], kind.count)
        name = f"llvm.masked.store.v{kind.count}f{value.dtype.bitwidth}.p0"
        function = cgutils.get_or_insert_function(
            builder.module,
            ir.FunctionType(ir.VoidType(), [kind, pointer.type, I32, mask.type]),
            name,
        )
        builder.call(function, [args[1], pointer, I32(item_size(value.dtype)), mask])
        return context.get_dummy_value()

    return types.none(address, value, count), codegen


def item_bytes(like):
    """Bytes of a number typed like ``like``."""
    raise NotImplementedError


@inner_for(item_bytes)
def _item_bytes(like):
    size = like.bitwidth // 8
    return lambda like: size


@inner
def load_up_to(like, address, count):
    """The vector at ``address``, or its first ``count`` lanes where it has more than that."""
    if count * item_bytes(like) >= WIDTH:
        return load(like, address)
    return load_first(like, address, count)


@inner
def store_up_to(like, address, value, count):
    """Write the vector ``value``, or its first ``count`` lanes where it has more than that."""
    if count * item_bytes(like) >= WIDTH:
        store(address, value)
    else:
        store_first(address, value, count)


# --- what cells are made of ---------------------------------------------------


@inner_for(ops.constant)
def _constant(x, value):
    return (lambda x, value: splat(x, value)) if isinstance(x, Vector) else None


@inner_for(ops.relu)
def _relu(x):
    # maximum(0, x): a NaN in its second argument stays
    return (lambda x: maximum(splat(x, 0), x)) if isinstance(x, Vector) else None


@inner_for(ops.d_relu)
def _d_relu(y, dy):
    if isinstance(y, Vector):
        return lambda y, dy: select_greater(y, splat(y, 0), dy, splat(y, 0))
    return None
