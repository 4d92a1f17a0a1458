"""The register tile C = Z + A·P: the one loop in which nearly all time is spent, as LLVM IR.

Python is its macro language: a function for each number of rows and vectors, all sums of which stay
in registers while k runs.
"""

# ruff: noqa: ARG001  Numba fixes the arguments of what it calls

from functools import cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .compile import callback
from .host import registers
from .simd import I32, I64, call_llvm, item_size, llvm_scalar, llvm_vector, pointer_to, splat_scalar

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
    size = item_size(dtype)
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
            factor = splat_scalar(builder, builder.load(where, align=size), kind.count)
            for v in range(vectors):
                total = sums[r * vectors + v]
                results.append(call_llvm(builder, "llvm.fmuladd", kind, factor, columns[v], total))
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
        builder.call(pointer_to(builder, args[0], kind), args[1:])
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
