"""The product of a few rows with the weights that a warp keeps: macros of one tile's sizes.

A warp multiplies ``rows`` rows of the operand (batch rows of h, or of gate gradients) with 8·tiles
rows of weights, along its own part of k.  It goes through k in chunks of 64 bytes, of which lane
``4·g + q`` takes the bytes ``16·q`` to ``16·q + 15``: of weight row ``8·j + g`` of each tile j, and
of the operand's rows.  In which order k is summed does not matter as long as both sides agree, so
these sixteen bytes serve directly as the fragments of two tensor-core products, or as the factors
of fused multiply-adds.

Sums go to shared memory, ``(rows, stride)``, where those of the warps that share k are added.
"""

# A macro's arguments are values of the target.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import cache
from typing import Any, NamedTuple

from . import ops
from .precision import CHUNK_BYTES, Precision

LANE_BYTES = 16
FRAGMENT_BYTES = 32 * LANE_BYTES  # one tile's weights of one chunk, for a warp


NOWHERE, SHARED, L2 = range(3)


class Tile(NamedTuple):
    """The compiled sizes of a warp's product.

    Attributes:
        rows: of the operand: a power of two; with tensor cores, a multiple of 16.
        tiles: of 8 weight rows.
        resident: chunks of weights that stay in registers.
        beyond: where chunks may lie besides: nowhere, in shared memory, or in the L2 cache as well.
            A loop that is not needed would still take registers.
    """

    rows: int
    tiles: int
    resident: int
    beyond: int = 0


class Products(NamedTuple):
    """The macros of a tile.

    Attributes:
        zeros: ``() -> sums``.
        weights: ``(address) -> resident fragments``, from global memory.
        resident: ``(sums, fragments, operand, row_bytes) -> sums`` over the resident chunks.
        shared: ``(sums, weights address, operand, row_bytes) -> sums`` over one chunk whose weights
            lie in shared memory.
        streamed: the same with the weights in global memory.
        store: ``(sums, address, stride_bytes)``: add up what lanes share, and store it.
    """

    zeros: Any
    weights: Any
    resident: Any
    shared: Any
    streamed: Any
    store: Any


@cache
def make_products(precision: Precision, tile: Tile, operand_space: str) -> Products:
    """The macros; the operand's rows lie in ``exchange`` (global) or ``shared`` memory.

    Operand addresses are those of the lane: ``operand_offset`` and the row's chunk.
    """
    fragments = 4 * tile.tiles
    sums = number_of_sums(precision, tile)
    kind = precision.sum

    @ops.macro(returns=kind, count=sums)
    def zeros(emit):
        return [emit.const(kind, 0)] * sums

    @ops.macro(returns="u32", count=max(1, fragments * tile.resident))
    def weights(emit, address):
        if tile.resident == 0:
            return [emit.const("u32", 0)]
        return _load_fragments(emit, "constant", address, tile.tiles * tile.resident)

    @ops.macro(returns=kind, count=sums)
    def resident(emit, found, kept, operand, row_bytes):
        rows = _row_addresses(emit, precision, tile, operand, row_bytes)

        def load(chunk):
            return [emit.load4(operand_space, row, CHUNK_BYTES * chunk) for row in rows]

        ahead = load(0) if tile.resident else []
        for chunk in range(tile.resident):
            loaded = ahead
            if chunk + 1 < tile.resident:
                ahead = load(chunk + 1)
            part = kept[fragments * chunk : fragments * (chunk + 1)]
            found = multiply(emit, precision, tile, found, part, loaded)
            if not precision.tensor_cores:
                emit.sync_warp()  # the loads of all chunks at once would need too many registers
        return found

    def one_chunk(space):
        @ops.macro(returns=kind, count=sums)
        def chunk(emit, found, address, operand, row_bytes):
            rows = _row_addresses(emit, precision, tile, operand, row_bytes)
            part = _load_fragments(emit, space, address, tile.tiles)
            loaded = [emit.load4(operand_space, row) for row in rows]
            found = multiply(emit, precision, tile, found, part, loaded)
            if space == "shared":
                emit.sync_warp()  # nor those of several turns of the loop, when none takes long
            return found

        return chunk

    @ops.macro(returns=None)
    def store(emit, found, address, stride):
        if precision.tensor_cores:
            _store_mma(emit, tile, found, address, stride)
        else:
            _store_fma(emit, precision, tile, found, address, stride)

    return Products(zeros, weights, resident, one_chunk("shared"), one_chunk("constant"), store)


def number_of_sums(precision: Precision, tile: Tile) -> int:
    """Of a lane: a quarter of its share with tensor cores; without, before lanes are added up."""
    return tile.rows * tile.tiles // (4 if precision.tensor_cores else 1)


@cache
def lane_offsets(precision: Precision, tile: Tile) -> Any:
    """``(lane, row_bytes, stride_bytes) -> (operand offset, sums offset)`` of a lane."""
    size = precision.sum_bytes

    def offsets(lane, row_bytes, stride):
        g = lane >> 2
        q = lane & 3
        if precision_tensor_cores:
            return g * row_bytes + q * LANE_BYTES, g * stride + q * 2 * size
        if rows >= 4:
            return q * LANE_BYTES, q * stride + g * size
        return q * LANE_BYTES, g * size

    precision_tensor_cores, rows = precision.tensor_cores, tile.rows
    return ops.device_function(offsets)


def _load_fragments(emit, space, address, count):
    found = []
    for n in range(count):
        found += emit.load4(space, address, FRAGMENT_BYTES * n)
    return found


def _row_addresses(emit, precision, tile, operand, row_bytes):
    """The operand rows that a lane reads: all of them, or with tensor cores every eighth."""
    step = 8 if precision.tensor_cores else 1
    return [emit.iadd(operand, emit.imul(row_bytes, row)) for row in range(0, tile.rows, step)]


def multiply(emit, precision, tile, sums, weights, rows):
    """Add the products of sixteen bytes of each row with those of each weight row."""
    way = _multiply_mma if precision.tensor_cores else _multiply_fma
    return way(emit, precision, tile, sums, weights, rows)


def _multiply_mma(emit, precision, tile, sums, weights, rows):
    """Two tensor-core products for each 16 rows × tile: of the lane's first 8 bytes and second."""
    sums = list(sums)
    for block in range(tile.rows // 16):
        upper, lower = rows[2 * block], rows[2 * block + 1]
        for j in range(tile.tiles):
            at = slice(4 * (block * tile.tiles + j), 4 * (block * tile.tiles + j) + 4)
            w = weights[4 * j : 4 * j + 4]
            for half in (0, 2):
                a = [upper[half], lower[half], upper[half + 1], lower[half + 1]]
                sums[at] = emit.mma(precision.name, sums[at], a, w[half : half + 2])
    return sums


def _multiply_fma(emit, precision, tile, sums, weights, rows):
    sums = list(sums)
    factors = [_numbers(emit, precision, row) for row in rows]
    for j in range(tile.tiles):
        w = _numbers(emit, precision, weights[4 * j : 4 * j + 4])
        for k in range(len(w)):
            for row, h in enumerate(factors):
                n = j * tile.rows + row
                sums[n] = emit.fma(w[k], h[k], sums[n])
    return sums


def _numbers(emit, precision, words):
    """What sixteen bytes hold, without tensor cores."""
    if precision.storage == "f64":
        return [emit.as_f64(*words[n : n + 2]) for n in (0, 2)]
    return [emit.as_f32(word) for word in words]


def _store_mma(emit, tile, sums, address, stride):
    """Sum n of a lane: rows g and g + 8, columns 2q and 2q + 1 of a tile (lane_offsets)."""
    for block in range(tile.rows // 16):
        for half in (0, 1):
            row = emit.iadd(address, emit.imul(stride, 16 * block + 8 * half))
            for j in range(tile.tiles):
                first = 4 * (block * tile.tiles + j) + 2 * half
                for n in (0, 1):
                    emit.store("shared", "f32", row, sums[first + n], offset=32 * j + 4 * n)


def _store_fma(emit, precision, tile, sums, address, stride):
    """Add up four lanes' sums; each then stores a quarter of them, or all store the same."""
    kind, size = precision.sum, precision.sum_bytes
    if tile.rows < 4:
        for j in range(tile.tiles):
            for row in range(tile.rows):
                total = sums[j * tile.rows + row]
                for mask in (1, 2):
                    total = emit.add(total, emit.shuffle_xor(total, mask))
                place = emit.iadd(address, emit.imul(stride, row))
                emit.store("shared", kind, place, total, offset=8 * j * size)
        return
    lane = emit.special("tid.x")
    # After both steps lane q holds the whole of sums q, q + 4, q + 8, …
    for number, mask in ((0, 1), (1, 2)):
        odd = emit.bit(lane, number)
        halves = []
        for n in range(0, len(sums), 2):
            kept = emit.select(odd, sums[n + 1], sums[n])
            given = emit.select(odd, sums[n], sums[n + 1])
            halves.append(emit.add(kept, emit.shuffle_xor(given, mask)))
        sums = halves
    for n, total in enumerate(sums):
        j, row = divmod(4 * n, tile.rows)
        place = emit.iadd(address, emit.imul(stride, row))
        emit.store("shared", kind, place, total, offset=8 * j * size)
