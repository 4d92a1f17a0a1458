"""Lanes of a vector, as LLVM IR: all of them alike, and the first of them in memory.

Without masked moves LLVM makes branches of its own.  In a loop over float64 on SSE2 it left out the
load of the only lane there was; a process that had compiled the code still ran a right copy of it,
and one that took it from disk did not (tests/test_simd.py).
"""

from llvmlite import ir
from numba.core import cgutils

I32 = ir.IntType(32)


def splat(builder, scalar, lanes):
    """A number in every lane."""
    undefined = ir.Constant(ir.VectorType(scalar.type, lanes), ir.Undefined)
    one = builder.insert_element(undefined, scalar, I32(0))
    zeros = ir.Constant(ir.VectorType(I32, lanes), None)
    return builder.shuffle_vector(one, undefined, zeros)


def first(builder, count, lanes):
    """A mask of the lanes below ``count``."""
    numbers = ir.Constant(ir.VectorType(I32, lanes), list(range(lanes)))
    return builder.icmp_signed("<", numbers, splat(builder, builder.trunc(count, I32), lanes))


def load(builder, kind, pointer, count):
    """A vector of a kind, zero from lane ``count`` on; nothing else is read."""
    slot = cgutils.alloca_once(builder, kind)
    builder.store(ir.Constant(kind, None), slot)
    for lane, place in enumerate(_places(builder, kind, pointer)):
        with builder.if_then(_is_below(builder, lane, count)):
            item = builder.load(place)
            builder.store(builder.insert_element(builder.load(slot), item, I32(lane)), slot)
    return builder.load(slot)


def store(builder, value, pointer, count):
    """Write the lanes below ``count``; nothing else is written."""
    for lane, place in enumerate(_places(builder, value.type, pointer)):
        with builder.if_then(_is_below(builder, lane, count)):
            builder.store(builder.extract_element(value, I32(lane)), place)


def _places(builder, kind, pointer):
    items = builder.bitcast(pointer, kind.element.as_pointer())
    return [builder.gep(items, [I32(lane)]) for lane in range(kind.count)]


def _is_below(builder, lane, count):
    return builder.icmp_signed("<", count.type(lane), count)
