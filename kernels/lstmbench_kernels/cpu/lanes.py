"""Lanes of a vector, as LLVM IR: all of them alike, and the first of them in memory.

Without masked moves LLVM makes branches of its own.  In loops over those, or over branches of ours,
it left out lanes (LLVM 20, SSE2): a process that had compiled the code ran right copies of its
parts, one that took it from disk did not (tests/test_simd.py).  So the branches are a function of
their own, which is not merged into any loop.
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


def shared_function(module, name, signature):
    """The function of a name, which all call and none takes into itself, and whether it is new."""
    function = cgutils.get_or_insert_function(module, signature, name)
    new = function.is_declaration
    if new:
        function.linkage = "linkonce_odr"
        function.attributes.add("noinline")
        function.append_basic_block("entry")
    return function, new


def load(builder, kind, pointer, count):
    """A vector of a kind, zero from lane ``count`` on; nothing else is read."""
    signature = ir.FunctionType(kind, [pointer.type, count.type])
    function = _function(builder.module, "load", kind, signature, _load)
    return builder.call(function, [pointer, count])


def store(builder, value, pointer, count):
    """Write the lanes below ``count``; nothing else is written."""
    signature = ir.FunctionType(ir.VoidType(), [value.type, pointer.type, count.type])
    function = _function(builder.module, "store", value.type, signature, _store)
    builder.call(function, [value, pointer, count])


def _function(module, name, kind, signature, body):
    """The function of that name for vectors of a kind, shared by all that call it."""
    item = "float" if kind.element == ir.FloatType() else "double"
    full_name = f"lstmbench_{name}_first_{item}_{kind.count}"
    function, new = shared_function(module, full_name, signature)
    if new:
        body(ir.IRBuilder(function.entry_basic_block), kind, *function.args)
    return function


def _load(builder, kind, pointer, count):
    slot = cgutils.alloca_once(builder, kind)
    builder.store(ir.Constant(kind, None), slot)
    for lane, place in enumerate(_places(builder, kind, pointer)):
        with builder.if_then(_is_below(builder, lane, count)):
            item = builder.load(place)
            builder.store(builder.insert_element(builder.load(slot), item, I32(lane)), slot)
    builder.ret(builder.load(slot))


def _store(builder, kind, value, pointer, count):
    for lane, place in enumerate(_places(builder, kind, pointer)):
        with builder.if_then(_is_below(builder, lane, count)):
            builder.store(builder.extract_element(value, I32(lane)), place)
    builder.ret_void()


def _places(builder, kind, pointer):
    items = builder.bitcast(pointer, kind.element.as_pointer())
    return [builder.gep(items, [I32(lane)]) for lane in range(kind.count)]


def _is_below(builder, lane, count):
    return builder.icmp_signed("<", count.type(lane), count)
