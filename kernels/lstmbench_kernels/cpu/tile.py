"""The register tile C = Z + A·P: the one loop in which nearly all time is spent, as LLVM IR.

Python is its macro language: a function for each number of rows and vectors, all sums of which stay
in registers while k runs.
"""

# ruff: noqa: ARG001  Numba fixes the arguments of what it calls

from functools import cache, partial

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from . import lanes
from .compile import callback
from .host import registers
from .simd import (
    I32,
    I64,
    call_address,
    call_llvm,
    item_size,
    llvm_scalar,
    llvm_vector,
)

CACHE_LINE = 64


class Emitter:
    """Emits sums of products of one precision; LLVM keeps the variables that it makes in registers.

    Addresses are 64-bit integers and strides are in bytes.
    """

    def __init__(self, builder, dtype):
        self.builder = builder
        self.kind, self.scalar, self.size = llvm_vector(dtype), llvm_scalar(dtype), item_size(dtype)
        self.width = self.kind.count * self.size

    def sums(self, count):
        """Variables that begin at zero."""
        zero = ir.Constant(self.kind, None)
        return [cgutils.alloca_once_value(self.builder, zero) for _ in range(count)]

    def offset(self, base, stride, index):
        """The address ``index`` strides behind ``base``."""
        index = I64(index) if isinstance(index, int) else index
        stride = I64(stride) if isinstance(stride, int) else stride
        return self.builder.add(base, self.builder.mul(stride, index))

    def vectors(self, address, count):
        """The addresses of ``count`` vectors side by side."""
        return [self.offset(address, self.width, v) for v in range(count)]

    def load(self, address):
        return self.builder.load(self._pointer(address, self.kind), align=self.size)

    def store(self, value, address):
        self.builder.store(value, self._pointer(address, self.kind), align=self.size)

    def splat(self, address):
        """The number at an address, in every lane."""
        number = self.builder.load(self._pointer(address, self.scalar), align=self.size)
        return lanes.splat(self.builder, number, self.kind.count)

    def multiply_add(self, total, factor, column):
        before = self.builder.load(total)
        result = call_llvm(self.builder, "llvm.fmuladd", self.kind, factor, column, before)
        self.builder.store(result, total)

    def outer_product(self, sums, factors, columns):
        """Add the number of each row times the vector of each column: ``sums[r][v]``.

        ``factors`` and ``columns`` are addresses.  The fewer of them are held in registers while
        the others come, one by one.
        """
        if len(factors) < len(columns):
            held = [self.splat(factor) for factor in factors]
            for v, column in enumerate(columns):
                vector = self.load(column)
                for of_row, factor in zip(sums, held, strict=True):
                    self.multiply_add(of_row[v], factor, vector)
        else:
            held = [self.load(column) for column in columns]
            for of_row, factor in zip(sums, factors, strict=True):
                self.scaled_row(of_row, self.splat(factor), held)

    def scaled_row(self, sums, factor, columns):
        """Add a row's number times each vector."""
        for total, column in zip(sums, columns, strict=True):
            self.multiply_add(total, factor, column)

    def finish(self, sums, c, z):
        """C = Z + sums.  Z last: sums over many steps then come in two levels, which keeps them
        precise."""
        for total, to, start in zip(
            sums, self.vectors(c, len(sums)), self.vectors(z, len(sums)), strict=True
        ):
            self.store(self.builder.fadd(self.load(start), self.builder.load(total)), to)

    def prefetch(self, address):
        """Bring a cache line near; an address that is not ours does no harm."""
        pointer = self._pointer(address, self.scalar)
        kind = ir.FunctionType(ir.VoidType(), [pointer.type, I32, I32, I32])
        function = cgutils.get_or_insert_function(self.builder.module, kind, "llvm.prefetch.p0")
        self.builder.call(function, [pointer, I32(0), I32(3), I32(1)])

    def _pointer(self, address, kind):
        return self.builder.inttoptr(address, kind.as_pointer())


def begin_function(module, dtype, name, arguments):
    """A function of 64-bit integers, shared by all that call it, and whether it is new."""
    full_name = f"lstmbench_{name}_{llvm_scalar(dtype)}_{llvm_vector(dtype).count}"
    kind = ir.FunctionType(ir.VoidType(), [I64] * arguments)
    return lanes.shared_function(module, full_name, kind)


def widths(rows, vectors):
    """The vectors of a tile, in groups of which all sums stay in registers, as even as they come.

    Beside the sums of a group lie the numbers of its rows or its vectors, and one of the others.
    """
    most = max(v for v in range(1, vectors + 1) if rows * v + min(rows, v) < registers().count)
    groups = -(-vectors // most)
    return [(vectors + n) // groups for n in range(groups)]


def _tile_function(module, dtype, rows, vectors):
    """Emit C = Z + A·P for ``rows`` × ``vectors`` sums, held in registers throughout.

    Arguments, all 64-bit: c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer.
    A's element (r, k) with k = (j, i), i < inner, j < outer, is the scalar at
    ``a + r·a_row + i·a_step + j·a_skip``; P's row k is ``vectors`` vectors at
    ``p + k·vectors·width``.
    """
    function, new = begin_function(module, dtype, f"tile_{rows}x{vectors}", 11)
    if not new:
        return function
    builder = ir.IRBuilder(function.entry_basic_block)
    emit = Emitter(builder, dtype)
    first = 0
    for width in widths(rows, vectors):
        _emit_columns(emit, function.args, rows, vectors, first, width)
        first += width
    builder.ret_void()
    return function


def _emit_columns(emit, arguments, rows, vectors, first, width):
    """Emit ``width`` vectors of a tile, from vector ``first`` on.

    Few sums are kept several times over, side by side, to hide the latency of FMA.
    """
    c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer = arguments
    builder = emit.builder
    panel_row = vectors * emit.width
    phases = max(1, min(4, 8 // (rows * width)))
    sums = [[emit.sums(width) for _ in range(rows)] for _ in range(phases)]

    def mine(address):
        return emit.offset(address, emit.width, first)

    def multiply(phase, bases, panel, i):
        """One k: every sum of one phase gets its product."""
        factors = [emit.offset(base, a_step, i) for base in bases]
        columns = emit.vectors(emit.offset(panel, panel_row, i), width)
        emit.outer_product(sums[phase], factors, columns)

    with cgutils.for_range(builder, outer) as loop:
        bases = [emit.offset(emit.offset(a, a_row, r), a_skip, loop.index) for r in range(rows)]
        panel = emit.offset(mine(p), builder.mul(inner, I64(panel_row)), loop.index)
        if first == 0:
            # The hardware foresees runs, not jumps: ask for the numbers of A behind the next one.
            for base in bases:
                for line in range(-(-panel_row // CACHE_LINE)):
                    emit.prefetch(emit.offset(builder.add(base, a_skip), CACHE_LINE, line))
        rounds = builder.sdiv(inner, I64(phases))
        with cgutils.for_range(builder, rounds) as round_:
            for phase in range(phases):
                k = builder.add(builder.mul(round_.index, I64(phases)), I64(phase))
                multiply(phase, bases, panel, k)
        if phases > 1:
            with cgutils.for_range(builder, inner, start=builder.mul(rounds, I64(phases))) as rest:
                multiply(0, bases, panel, rest.index)

    for r in range(rows):
        for v, total in enumerate(sums[0][r]):
            for phase in range(1, phases):
                both = builder.fadd(builder.load(total), builder.load(sums[phase][r][v]))
                builder.store(both, total)
        emit.finish(sums[0][r], emit.offset(mine(c), c_row, r), emit.offset(mine(z), z_row, r))


TILE_ROWS = 6
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
    return call_address(TILE_ARGUMENTS)


def switch(context, builder, number, cases):
    """Do what ``cases`` has for ``number``; each emits a call."""
    end = builder.append_basic_block("end")
    jump = builder.switch(number, end)
    for value, emit_call in cases.items():
        block = builder.append_basic_block(f"case_{value}")
        jump.add_case(I64(value), block)
        with builder.goto_block(block):
            emit_call()
            builder.branch(end)
    builder.position_at_end(end)
    return context.get_dummy_value()


@intrinsic
def _tile_switch(
    typingctx, like, rows, vectors, c, c_row, z, z_row, a, a_row, a_step, a_skip, p, inner, outer
):
    """What ``call_tile`` calls: picks the function for its rows and vectors."""

    def codegen(context, builder, sig, args):
        def call(r, v):
            builder.call(_tile_function(builder.module, like, r, v), args[3:])

        cases = {
            v * 16 + r: partial(call, r, v)
            for v in range(1, TILE_VECTORS + 1)
            for r in range(1, TILE_ROWS + 1)
        }
        number = builder.add(builder.mul(args[2], I64(16)), args[1])
        return switch(context, builder, number, cases)

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
    signature = types.none(*([types.int64] * TILE_ARGUMENTS))
    return callback(function, signature, f"tile-{dtype}").address
