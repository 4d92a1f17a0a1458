"""The lanes of one vector taken together: their sum, the largest, the first of them."""

# ruff: noqa: ARG001  Numba fixes the arguments of what it calls

from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic

from . import lanes


@intrinsic
def first_lanes(typingctx, value, count, rest):
    """The first ``count`` lanes of ``value``; those of ``rest`` in the others."""

    def codegen(context, builder, sig, args):
        mask = lanes.first(builder, args[1], value.lanes)
        return builder.select(mask, args[0], args[2])

    return value(value, count, rest), codegen


@intrinsic
def total(typingctx, value):
    """The sum of all lanes, by halves."""

    def codegen(context, builder, sig, args):
        zero = ir.Constant(args[0].type.element, -0.0)
        # Else they are added one behind the other.
        return _reduce(builder, "fadd", value, [zero, args[0]], ("reassoc",))

    return value.dtype(value), codegen


@intrinsic
def largest(typingctx, value):
    """The largest of all lanes; of those that are a number, where there are any."""

    def codegen(context, builder, sig, args):
        return _reduce(builder, "fmax", value, [args[0]], ())

    return value.dtype(value), codegen


def _reduce(builder, operation, value, args, flags):
    element = args[-1].type.element
    function = cgutils.get_or_insert_function(
        builder.module,
        ir.FunctionType(element, [arg.type for arg in args]),
        f"llvm.vector.reduce.{operation}.v{value.lanes}f{value.dtype.bitwidth}",
    )
    return builder.call(function, args, fastmath=flags)
