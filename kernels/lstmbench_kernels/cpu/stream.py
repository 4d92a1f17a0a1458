"""One row streams its weights, and the processor's idle multiply-adds begin what comes next.

A product with one row reads a vector of weights for each multiply-add: the cache sets the pace, and
on processors whose caches feed a multiply-add every other cycle half of them are free.  They take a
part of a second product that has several rows.
"""

# ruff: noqa: ARG001  Numba fixes the arguments of what it calls

from functools import cache, partial

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .compile import callback
from .simd import I64, call_address
from .tile import TILE_VECTORS, Emitter, begin_function, switch

AHEAD = 5  # rows of the second product: their sums stay in registers too
STREAM_ARGUMENTS = 12


def _stream_function(module, dtype, vectors):
    """Emit D += h·Q for one row, and beside it C = Z + A·P for ``AHEAD`` rows.

    Arguments, all 64-bit: d, h, q, inner; c, c_row, z, z_row, a, a_row, p, ahead.
    h is ``inner`` scalars side by side and Q's row k ``vectors`` vectors at
    ``q + k·vectors·width``; A's rows are ``ahead`` scalars side by side, and P is laid out as Q.
    """
    function, new = begin_function(module, dtype, f"stream_{vectors}", STREAM_ARGUMENTS)
    if not new:
        return function
    d, h, q, inner, c, c_row, z, z_row, a, a_row, p, ahead = function.args
    builder = ir.IRBuilder(function.entry_basic_block)
    emit = Emitter(builder, dtype)
    panel_row = vectors * emit.width
    one_row = emit.sums(vectors)
    rows = [emit.sums(vectors) for _ in range(AHEAD)]
    bases = [emit.offset(a, a_row, r) for r in range(AHEAD)]

    def columns_of(panel, k):
        return [emit.load(at) for at in emit.vectors(emit.offset(panel, panel_row, k), vectors)]

    def stream(k):
        """One k of the one row."""
        emit.scaled_row(one_row, emit.splat(emit.offset(h, emit.size, k)), columns_of(q, k))

    def project(k, beside=lambda _: None):
        """One k of the rows ahead, with something ``beside`` each of them."""
        columns = columns_of(p, k)
        for r in range(AHEAD):
            emit.scaled_row(rows[r], emit.splat(emit.offset(bases[r], emit.size, k)), columns)
            beside(r)

    most = builder.sdiv(inner, I64(AHEAD))
    both = builder.select(builder.icmp_signed("<", most, ahead), most, ahead)
    with cgutils.for_range(builder, both) as loop:
        first = builder.mul(loop.index, I64(AHEAD))
        project(loop.index, lambda r: stream(builder.add(first, I64(r))))
    with cgutils.for_range(builder, ahead, start=both) as loop:
        project(loop.index)
    with cgutils.for_range(builder, inner, start=builder.mul(both, I64(AHEAD))) as loop:
        stream(loop.index)

    emit.finish(one_row, d, d)
    for r in range(AHEAD):
        emit.finish(rows[r], emit.offset(c, c_row, r), emit.offset(z, z_row, r))
    builder.ret_void()
    return function


@intrinsic
def call_stream(typingctx, code, vectors, d, h, q, inner, c, c_row, z, z_row, a, a_row, p, ahead):
    """D += h·Q on one row of ``vectors`` ≤ TILE_VECTORS vectors, beside C = Z + A·P on AHEAD rows.

    Addresses and strides are in bytes; see ``_stream_function``.  ``z_row`` and C as for a tile;
    ``inner``, ``ahead`` ≥ 0.  ``code`` is ``stream_code(dtype)``.
    """
    return call_address(1 + STREAM_ARGUMENTS)


@intrinsic
def _stream_switch(
    typingctx, like, vectors, d, h, q, inner, c, c_row, z, z_row, a, a_row, p, ahead
):
    """What ``call_stream`` calls: picks the function for its vectors."""

    def codegen(context, builder, sig, args):
        def call(v):
            builder.call(_stream_function(builder.module, like, v), args[2:])

        cases = {v: partial(call, v) for v in range(1, TILE_VECTORS + 1)}
        return switch(context, builder, args[1], cases)

    return types.none(like, *([types.int64] * (1 + STREAM_ARGUMENTS))), codegen


def _stream_float32(vectors, d, h, q, inner, c, c_row, z, z_row, a, a_row, p, ahead):
    _stream_switch(np.float32(1), vectors, d, h, q, inner, c, c_row, z, z_row, a, a_row, p, ahead)


def _stream_float64(vectors, d, h, q, inner, c, c_row, z, z_row, a, a_row, p, ahead):
    _stream_switch(np.float64(1), vectors, d, h, q, inner, c, c_row, z, z_row, a, a_row, p, ahead)


@cache
def stream_code(dtype):
    """The address of the compiled streams for ``float32`` or ``float64``."""
    function = {"float32": _stream_float32, "float64": _stream_float64}[dtype]
    signature = types.none(*([types.int64] * (1 + STREAM_ARGUMENTS)))
    return callback(function, signature, f"stream-{dtype}").address
