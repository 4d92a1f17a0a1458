"""Matrix products over all steps at once: the input's part, and the gradients after the loop.

``c = a·bᵀ``, a block to each 64×64 or 128×128 of c.  The block brings 64 bytes of k of its rows of
a and b into shared memory, the next while it multiplies the last.  Where the depth is long and c
small, several blocks share the depth of one place; what they sum is added up afterwards, always in
the same order, so that the same call gives the same bits.
"""

# Numba infers the types of what it compiles.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from . import ops
from .job import PRODUCT
from .limits import THREADS
from .ops import block_x, block_y, block_z, shared_memory, thread_id, word
from .precision import CHUNK_BYTES, PRECISIONS, Precision, as_operand, loaded, stored
from .tile import LANE_BYTES, Tile, multiply

NARROW_SIDE, WIDE_SIDE = 64, 128  # of c, for a block
WARP_ROWS = 2  # of the block's eight warps; the other way there are four


class ProductKind(NamedTuple):
    """What a product kernel is compiled for.

    Attributes:
        precision: of ``PRECISIONS``.
        side: rows and columns of c that a block makes, 64 or 128.
        a_rows: whether a's rows lie along k and are aligned to 16 bytes; else element by element.
        b_rows: the same of b.
        split: whether sums are stored as sums, to be added up afterwards.
    """

    precision: str
    side: int
    a_rows: bool
    b_rows: bool
    split: bool


def sides(precision: Precision, a_rows: bool, b_rows: bool) -> tuple[int, ...]:
    """What a block may make, narrow and wide.

    A thread has no registers for the wide one where sums are float64, nor where both a and b are
    brought element by element.
    """
    narrow_only = precision.sum == "f64" or not (a_rows or b_rows)
    return (NARROW_SIDE,) if narrow_only else (NARROW_SIDE, WIDE_SIDE)


def row_stride(precision: Precision) -> int:
    """Bytes from row to row in shared memory: such that eight lanes meet no bank twice."""
    return CHUNK_BYTES if precision.tensor_cores else CHUNK_BYTES + LANE_BYTES


def shared_bytes(kind: ProductKind) -> int:
    """Two buffers of a's and b's rows."""
    return 2 * 2 * kind.side * row_stride(PRECISIONS[kind.precision])


@cache
def make_product(kind: ProductKind) -> Any:
    """The kernel ``(record)``: blocks are laid out as ``(columns, rows, splits)`` of c."""
    precision, side = PRECISIONS[kind.precision], kind.side
    item, chunk, split = precision.item_bytes, precision.chunk, kind.split
    elements = chunk // 4  # of a lane's 16 bytes
    stride = row_stride(precision)
    pieces = 4 * side // THREADS  # of 16 bytes, of a and of b, for each thread
    tensor_cores = precision.tensor_cores
    # What a thread sums: rows × 8-column tiles with tensor cores, rows × columns without.
    if tensor_cores:
        tile = Tile(side // WARP_ROWS, side // 4 // 8, 0)
        sums = tile.rows * tile.tiles // 4
    else:
        tile = Tile(side // 16, side // 16, 0)
        sums = tile.rows * tile.tiles
    column, block = tile._replace(tiles=1), tile._replace(rows=16)
    half = side * stride  # where b's rows begin in a buffer
    W = PRODUCT.at

    def pack(emit, numbers):
        """A lane's sixteen bytes from what was loaded one by one."""
        if precision.storage == "u16":
            return [emit.pair(*numbers[n : n + 2]) for n in range(0, 8, 2)]
        if precision.storage == "f64":
            return [word for number in numbers for word in emit.as_double_bits(number)]
        return [emit.as_bits(number) for number in numbers]

    def rounded(emit, words):
        """As the tensor cores should see float32."""
        if precision.name != "tf32":
            return words
        return [emit.as_bits(as_operand(emit, precision, emit.as_f32(word))) for word in words]

    def sixteen_bytes(emit, along_k, base, row, rows, row_bytes, k, end, k_bytes, first, rest):
        """Of a row, from k on; zeros beyond the rows and the end."""
        inside = emit.less(row, rows)
        across = emit.imul(row, row_bytes)
        if along_k:
            place = emit.iadd(emit.iadd(base, across), emit.imul(k, item))
            when = emit.both(inside, emit.less(k, end))
            return rounded(emit, emit.load4("global", place, when=when))
        numbers = []
        for n in range(elements):
            now = emit.iadd(k, n)
            near = emit.iadd(base, emit.imul(now, k_bytes))
            beyond = emit.iadd(rest[0], emit.imul(emit.iadd(now, emit.imul(first, -1)), rest[1]))
            place = emit.iadd(emit.select(emit.less(now, first), near, beyond), across)
            when = emit.both(inside, emit.less(now, end))
            numbers.append(emit.load("global", precision.storage, place, when=when))
        return rounded(emit, pack(emit, numbers))

    def fetch(along_k):
        """This thread's pieces of a chunk: neighbouring threads along k, or along the rows."""

        @ops.macro(returns="u32", count=4 * pieces)
        def pieces_of(
            emit, base, place, rows, row_bytes, k, end, k_bytes, first, rest, rest_k_bytes
        ):
            found = []
            for n in range(pieces):
                row = emit.iadd(place[0], n * THREADS // 4 if along_k else 0)
                at = emit.iadd(
                    emit.iadd(k, place[1]), 0 if along_k else n * THREADS // side * elements
                )
                found += sixteen_bytes(
                    emit,
                    along_k,
                    base,
                    row,
                    rows,
                    row_bytes,
                    at,
                    end,
                    k_bytes,
                    first,
                    (rest, rest_k_bytes),
                )
            return found

        return pieces_of

    def keep(along_k):
        """The same pieces into a buffer."""
        step = THREADS // 4 * stride if along_k else THREADS // side * LANE_BYTES

        @ops.macro(returns=None)
        def keep_pieces(emit, words, address):
            for n in range(pieces):
                emit.store4("shared", address, words[4 * n : 4 * n + 4], offset=n * step)

        return keep_pieces

    def own_piece(along_k):
        """``(thread) -> ((row, k) in the chunk, place in the buffer)`` of the first piece."""
        if along_k:
            return ops.device_function(
                lambda thread: (
                    (thread >> 2, (thread & 3) * elements),
                    (thread >> 2) * stride + (thread & 3) * LANE_BYTES,
                )
            )
        return ops.device_function(
            lambda thread: (
                (thread & (side - 1), (thread >> side_shift) * elements),
                (thread & (side - 1)) * stride + (thread >> side_shift) * LANE_BYTES,
            )
        )

    side_shift = side.bit_length() - 1
    fetch_a, fetch_b = fetch(kind.a_rows), fetch(kind.b_rows)
    keep_a, keep_b = keep(kind.a_rows), keep(kind.b_rows)
    own_a_piece, own_b_piece = own_piece(kind.a_rows), own_piece(kind.b_rows)

    @ops.macro(returns=precision.sum, count=sums)
    def zeros(emit):
        return [emit.const(precision.sum, 0)] * sums

    @ops.macro(returns=precision.sum, count=sums)
    def multiply_chunk(emit, found, a, b):
        """From the thread's first row of a and of b."""
        found = list(found)
        if tensor_cores:
            weights = [emit.load4("shared", b, 8 * stride * n) for n in range(tile.tiles)]
            for n in range(tile.rows // 16):
                rows = [emit.load4("shared", a, 8 * stride * (2 * n + half)) for half in (0, 1)]
                of = slice(4 * tile.tiles * n, 4 * tile.tiles * (n + 1))
                found[of] = multiply(emit, precision, block, found[of], [*chain(*weights)], rows)
            return found
        for q in range(4):  # a lane goes through all of the chunk
            at = LANE_BYTES * q
            rows = [emit.load4("shared", a, 16 * stride * n + at) for n in range(tile.rows)]
            for n in range(tile.tiles):  # one at a time: together they would need 32 registers
                weights = emit.load4("shared", b, 16 * stride * n + at)
                of = slice(n * tile.rows, (n + 1) * tile.rows)
                found[of] = multiply(emit, precision, column, found[of], weights, rows)
        return found

    @ops.macro(returns=None)
    def finish(emit, found, c, c_row, row, rows, rotate, column, columns, accumulate):
        """Store the sums that begin at a row and a column."""
        if tensor_cores:
            places = [
                (16 * m + 8 * below, 8 * j + right, 4 * (m * tile.tiles + j) + 2 * below + right)
                for m in range(tile.rows // 16)
                for j in range(tile.tiles)
                for below in (0, 1)
                for right in (0, 1)
            ]
        else:
            places = [
                (16 * m, 16 * j, j * tile.rows + m)
                for m in range(tile.rows)
                for j in range(tile.tiles)
            ]
        for down, right, n in places:
            r, at = emit.iadd(row, down), emit.iadd(column, right)
            when = emit.both(emit.less(r, rows), emit.less(at, columns))
            put(
                emit,
                precision,
                split,
                c,
                c_row,
                r,
                rows,
                rotate,
                at,
                found[n],
                accumulate,
                when,
            )

    def product(record):
        thread = thread_id()
        rows, columns = word(record, W.rows), word(record, W.columns)
        part = word(record, W.depth_part)
        k = block_z() * part
        end = min(k + part, word(record, W.depth))
        a, a_row, a_depth = word(record, W.a), word(record, W.a_row), word(record, W.a_depth)
        b, b_row, b_depth = word(record, W.b), word(record, W.b_row), word(record, W.b_depth)
        b_first, b_rest = word(record, W.b_first), word(record, W.b_rest)
        b_rest_depth = word(record, W.b_rest_depth)
        first_row, first_column = block_y() * side, block_x() * side
        memory = shared_memory()

        (a_row_at, a_k), a_place = own_a_piece(thread)
        (b_row_at, b_k), b_place = own_b_piece(thread)
        a_at, b_at = (first_row + a_row_at, a_k), (first_column + b_row_at, b_k)
        a_place += memory
        b_place += memory + half

        # Which rows and columns this thread sums
        if tensor_cores:
            lane, warp = thread & 31, thread >> 5
            own_row = (warp >> 2) * (side // WARP_ROWS) + (lane >> 2)
            own_column = (warp & 3) * (side // 4) + (lane >> 2)
            quarter = (lane & 3) * LANE_BYTES
            out_column = (warp & 3) * (side // 4) + (lane & 3) * 2
        else:
            own_row, own_column, quarter = thread >> 4, thread & 15, 0
            out_column = own_column
        own_a = memory + own_row * stride + quarter
        own_b = memory + half + own_column * stride + quarter

        found = zeros()
        buffer = 0
        a_words = fetch_a(a, a_at, rows, a_row, k, end, a_depth, end, a, a_depth)
        b_words = fetch_b(b, b_at, columns, b_row, k, end, b_depth, b_first, b_rest, b_rest_depth)
        keep_a(a_words, a_place)
        keep_b(b_words, b_place)
        sync_block()
        while k < end:
            k += chunk
            a_words = fetch_a(a, a_at, rows, a_row, k, end, a_depth, end, a, a_depth)
            b_words = fetch_b(
                b, b_at, columns, b_row, k, end, b_depth, b_first, b_rest, b_rest_depth
            )
            found = multiply_chunk(found, own_a + buffer, own_b + buffer)
            buffer = 2 * half - buffer
            keep_a(a_words, a_place + buffer)
            keep_b(b_words, b_place + buffer)
            sync_block()
        finish(
            found,
            word(record, W.c) + block_z() * word(record, W.c_split),
            word(record, W.c_row),
            first_row + own_row,
            rows,
            word(record, W.c_rotate),
            first_column + out_column,
            columns,
            word(record, W.accumulate),
        )

    sync_block = ops.sync_block
    return ops.kernel(product, THREADS)


def put(emit, precision, split, c, c_row, row, rows, rotate, column, value, accumulate, when=None):
    """Store one number of c, its rows counted round from ``rotate`` on, or add it to what is there.

    Sums of splits are stored as they are.
    """
    kind = precision.sum if split else precision.storage
    size = precision.sum_bytes if split else precision.item_bytes
    place = emit.iadd(row, rotate)
    wrapped = emit.iadd(place, emit.imul(rows, -1))
    place = emit.select(emit.less(place, rows), place, wrapped)
    address = emit.iadd(emit.iadd(c, emit.imul(place, c_row)), emit.imul(column, size))
    if not split:
        wanted = emit.bit(accumulate, 0)
        if when is not None:
            wanted = emit.both(when, wanted)
        there = emit.load("global", kind, address, when=wanted)
        value = stored(emit, precision, emit.add(value, loaded(emit, precision, there)))
    emit.store("global", kind, address, value, when=when)
