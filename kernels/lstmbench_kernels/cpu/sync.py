"""What threads need to meet: counters that all see, ways to wait, and a clock."""

# ruff: noqa: ARG001  Numba fixes the arguments of what it calls

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .simd import I32, I64, call_address, pointer_to


@intrinsic
def atomic_add(typingctx, address, value):
    """Add to the 64-bit counter at ``address``; returns what it held before."""

    def codegen(context, builder, sig, args):
        pointer = pointer_to(builder, args[0], I64)
        return builder.atomic_rmw("add", pointer, args[1], "acq_rel")

    return types.int64(types.int64, types.int64), codegen


@intrinsic
def atomic_load(typingctx, address):
    """The 64-bit counter at ``address``, and everything written before it."""

    def codegen(context, builder, sig, args):
        return builder.load_atomic(pointer_to(builder, args[0], I64), "acquire", 8)

    return types.int64(types.int64), codegen


@intrinsic
def atomic_store(typingctx, address, value):
    """Set the 64-bit counter at ``address``, after everything written before."""

    def codegen(context, builder, sig, args):
        pointer = pointer_to(builder, args[0], I64)
        builder.store_atomic(args[1], pointer, "release", 8)
        return context.get_dummy_value()

    return types.none(types.int64, types.int64), codegen


@intrinsic
def call_entry(typingctx, code, jobs, shares, thread, members):
    """Call the compiled code at an address; it takes and gives nothing but its arguments."""
    return call_address(4)


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
def processor(typingctx):
    """The number of the processor that runs this; -1 where the system does not say (not Linux)."""

    def codegen(context, builder, sig, args):
        if "linux" not in builder.module.triple:
            return I64(-1)
        kind = ir.FunctionType(I32, [])
        function = cgutils.get_or_insert_function(builder.module, kind, "sched_getcpu")
        return builder.sext(builder.call(function, []), I64)

    return types.int64(), codegen


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
