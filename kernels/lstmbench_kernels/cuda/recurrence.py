"""What the kernels forward and backward through time share.

A launch carries out the steps from ``first`` up to ``last``, which it is told: one step (the next
launch is then the barrier between them), or all of them with a barrier of its own.  Blocks are laid
out as ``(unit block, batch group, direction)``.  A block owns all gates of its units, so that what
it sums needs no other block, and before each step it waits only until the blocks of its group have
written the operand: the hidden state before (forward), the gate gradients after (backward).

One step of a block: its warps multiply the operand with the weights they keep, each along its part
of k; the sums meet in shared memory; there each thread takes units of batch rows and does the
elementwise step.  Step -1 of forward writes the initial state, step T of backward the gradient of
it.  In a ragged batch a row beyond its end keeps its state, and hands on what changes nothing:
forward its initial h, which is what the direction back in time begins with, backward zeros.  A
block keeps the state of its units to itself, and its weights in registers, in shared memory
behind those, and in what is left of the L2 cache.
"""

# Numba infers the types of what it compiles.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import cache
from typing import Any, NamedTuple

from ..cells.layout import LAYOUTS
from . import ops
from .job import RECURRENCE
from .ops import word
from .precision import CHUNK_BYTES, PRECISIONS, Precision
from .tile import (
    FRAGMENT_BYTES,
    L2,
    LANE_BYTES,
    SHARED,
    Tile,
    lane_offsets,
    make_products,
)
from .values import Values, make_values

SLOTS = max(layout.slots for layout in LAYOUTS.values())
RECORD_BYTES = -(-RECURRENCE.nbytes // 16) * 16  # of shared memory


class Kind(NamedTuple):
    """What a recurrence kernel is compiled for.

    Attributes:
        cell: of ``spec.CELLS``.
        precision: of ``PRECISIONS``.
        tile: the sizes of a warp's product.
        whole: whether one launch goes through all steps.
        alone: whether a block has all units of its batch rows, and keeps the operand to itself.
        training: whether forward saves what backward needs.
        ragged: whether the rows have lengths of their own.
    """

    cell: str
    precision: str
    tile: Tile
    whole: bool
    alone: bool
    training: bool = False
    ragged: bool = False

    @property
    def operand_space(self) -> str:
        return "shared" if self.alone else "exchange"

    @property
    def waits(self) -> bool:
        """Whether its blocks wait for each other."""
        return self.whole and not self.alone


@ops.macro(returns=None)
def keep_16_bytes(emit, target, source):
    """From global to shared memory."""
    emit.store4("shared", target, emit.load4("constant", source))


@ops.macro(returns=None)
def clear_16_bytes(emit, target):
    emit.store4("shared", target, [emit.const("u32", 0)] * 4)


@cache
def make_begin(precision: Precision, tile: Tile, alone: bool) -> Any:
    """``(records, thread, threads)`` to the addresses that a thread works with.

    Shared memory holds, in this order: the record, the kept weights, the sums of each part of k,
    the state of the group's rows, room for a row of each slot's biases, and, where the block is
    alone, the operand (``schedule.shared_bytes``).

    Returns ``(weights, kept_weights, streamed_weights, sums, warp_sums, state, operand,
    warp_operand)``: the lane's weights in registers, in shared memory and behind those; the sums,
    and where this lane stores its own; the state; the operand's row 0, and where this lane reads
    it.
    """
    size, (rows, tiles, resident, _) = precision.sum_bytes, tile
    fragment, some_kept = tiles * FRAGMENT_BYTES, tile.beyond >= SHARED
    offsets = lane_offsets(precision, tile)
    W = RECURRENCE.at
    record_words, record_bytes = len(RECURRENCE.names), RECORD_BYTES

    @ops.device_function
    def begin(records, thread, threads):
        record = records + block_z() * (8 * record_words)
        n = thread
        while n < record_words:
            tell(n, word(record, n))
            n += threads
        sync_block()
        lane, warp, warps = thread & 31, thread >> 5, threads >> 5
        shift, chunks, kept = told(W.warps_k_shift), told(W.chunks), told(W.kept_chunks)
        row_bytes, stride = told(W.row_bytes), told(W.sums_stride)
        warp_k, warp_n = warp & ((1 << shift) - 1), warp >> shift
        operand_offset, sums_offset = offsets(lane, row_bytes, stride)

        memory = shared_memory() + record_bytes
        kept_weights = memory + warp * kept * fragment + lane * LANE_BYTES
        sums = memory + warps * kept * fragment
        part_bytes = rows * stride
        state = sums + (part_bytes << shift)
        warp_sums = sums + warp_k * part_bytes + warp_n * (8 * tiles * size) + sums_offset
        weights = told(W.weights) + lane * LANE_BYTES
        weights += (block_x() * warps + warp) * chunks * fragment
        if some_kept:
            for n in range(kept * tiles):
                place = n * FRAGMENT_BYTES
                keep_16_bytes(kept_weights + place, weights + resident * fragment + place)
        streamed_weights = weights + (resident + kept) * fragment
        group_rows = told(W.group_rows)
        if alone:
            kept_rows = group_rows + SLOTS
            operand = (state + (kept_rows << told(W.units_shift)) * size + 15) & -16
            operand_bytes = 2 * told(W.operand_bytes)
            place = thread * 16  # a range with a step would be a division
            while place < operand_bytes:
                clear_16_bytes(operand + place)
                place += threads * 16
            sync_block()
        else:
            operand = told(W.operand) + block_y() * group_rows * row_bytes
        warp_operand = operand + operand_offset + warp_k * chunks * CHUNK_BYTES
        return (
            weights,
            kept_weights,
            streamed_weights,
            sums,
            warp_sums,
            state,
            operand,
            warp_operand,
        )

    shared_memory, sync_block = ops.shared_memory, ops.sync_block
    block_x, block_y, block_z = ops.block_x, ops.block_y, ops.block_z
    tell, told = ops.tell, ops.told
    return begin


@cache
def make_states(precision: Precision, values: Values) -> tuple[Any, Any]:
    """``(own states)`` of the group's rows and the block's units, from and to ``state``."""
    size = precision.sum_bytes
    load_sum, store_sum = values.load_sum, values.store_sum
    load_kept, store_kept = values.load_kept, values.store_kept
    thread_id, num_threads, told = ops.thread_id, ops.num_threads, ops.told
    block_x, block_y = ops.block_x, ops.block_y
    W = RECURRENCE.at

    @ops.device_function
    def place_of(n):
        """The address of number n in ``state``; 0 where there is none."""
        shift, hidden = told(W.units_shift), told(W.hidden)
        row = block_y() * told(W.group_rows) + (n >> shift)
        own = n & ((1 << shift) - 1)
        unit = block_x() * told(W.units) + own
        if row < told(W.batch) and own < told(W.units) and unit < hidden:
            return told(W.state) + (row * hidden + unit) * size
        return 0

    @ops.device_function
    def load_states(own_states):
        n = thread_id()
        while n < told(W.group_rows) << told(W.units_shift):
            place = place_of(n)
            if place != 0:
                store_kept(own_states + n * size, load_sum(place))
            n += num_threads()

    @ops.device_function
    def store_states(own_states):
        n = thread_id()
        while n < told(W.group_rows) << told(W.units_shift):
            place = place_of(n)
            if place != 0:
                store_sum(place, load_kept(own_states + n * size))
            n += num_threads()

    return load_states, store_states


@cache
def make_meeting() -> tuple[Any, Any]:
    """How the blocks of a group wait for each other: one counter, which only grows in a launch.

    Why that is enough, in the terms of PTX ISA's memory consistency model:

    - What was written is read.  The stores of a block's threads come before the barrier that ends
      the step, and that before the release of its first thread.  Where the first thread of another
      block acquires the full count, it has synchronized with the release of every block: the count
      only went through atomic operations since.  What its block reads comes after one more barrier.
    - Nothing is written too early.  At a step a block reads one half of the operand and writes the
      other, which was read at the step before.  It has waited until all had come past that step,
      with their reads: a read cannot find what only follows it.
    - The counter is ready for the next launch.  Who comes last sets it to 0; all others have waited
      for the last time before they came for the last time, and a launch begins after all that the
      one before has stored.
    - The wait ends.  All blocks are at work at once (``ops.cooperative``), and ``ops.look`` is
      carried out each time: the compiler may neither move nor merge what has a side effect.
    """
    W = RECURRENCE.at
    thread_id, block_y, told, sync_block = ops.thread_id, ops.block_y, ops.told, ops.sync_block
    await_count, reset = ops.await_count, ops.reset
    signal, signal_and_count = ops.signal, ops.signal_and_count

    @ops.device_function
    def await_others(times):
        """Wait until every block has come so many times."""
        if thread_id() == 0:
            await_count(told(W.counters) + 4 * block_y(), told(W.blocks) * times)
        sync_block()

    @ops.device_function
    def come(last):
        """Say that this block has written its part of the operand, or has done the last step."""
        if thread_id() == 0:
            counter = told(W.counters) + 4 * block_y()
            if not last:
                signal(counter)
            elif signal_and_count(counter) == told(W.blocks) * (told(W.steps) + 1) - 1:
                reset(counter)  # all others have come past it: ready for the next launch

    return await_others, come


@cache
def make_sum_tile(
    precision: Precision, tile: Tile, operand_space: str, waits: bool, await_others: Any
) -> Any:
    """One tile of the operand's rows times the weights: the sums of each part of k.

    ``times`` is how often all blocks must have come before the first tile of a step.
    """
    products = make_products(precision, tile, operand_space)
    zeros, product, store_sums = products.zeros, products.resident, products.store
    shared_product, streamed_product = products.shared, products.streamed
    resident, fragment = tile.resident, tile.tiles * FRAGMENT_BYTES
    some_kept, some_streamed = tile.beyond >= SHARED, tile.beyond >= L2
    W, told, sync_block = RECURRENCE.at, ops.told, ops.sync_block

    @ops.device_function
    def sum_tile(
        weights, kept_weights, streamed_weights, operand, warp_sums, step_number, tile_first, times
    ):
        row_bytes = told(W.row_bytes)
        operand += (step_number & 1) * told(W.operand_bytes) + tile_first * row_bytes
        if waits and tile_first == 0:
            await_others(times)
        sums = product(zeros(), weights, operand, row_bytes)
        operand += resident * CHUNK_BYTES
        if some_kept:
            for _ in range(told(W.kept_chunks)):
                sums = shared_product(sums, kept_weights, operand, row_bytes)
                kept_weights += fragment
                operand += CHUNK_BYTES
        if some_streamed:
            for _ in range(told(W.chunks) - resident - told(W.kept_chunks)):
                sums = streamed_product(sums, streamed_weights, operand, row_bytes)
                streamed_weights += fragment
                operand += CHUNK_BYTES
        store_sums(sums, warp_sums, told(W.sums_stride))
        sync_block()

    return sum_tile


@cache
def make_gate_place(item: int, slots: int) -> Any:
    """``(t, row, unit)`` to the address of the unit's first slot, of a row of the batch."""
    W, told = RECURRENCE.at, ops.told

    @ops.device_function
    def gate_place(t, row, unit):
        row_bytes = told(W.hidden) * item
        return told(W.gates) + (t * told(W.batch) + row) * slots * row_bytes + unit * item

    return gate_place


@cache
def make_length(ragged: bool) -> Any:
    """``(row of the batch)`` to how many steps it has."""
    W, told = RECURRENCE.at, ops.told

    @ops.device_function
    def length_of(b):
        return word(told(W.lengths), b) if ragged else told(W.steps)

    return length_of


class Parts(NamedTuple):
    """What a kernel is made of."""

    precision: Precision
    values: Values
    resident_weights: Any
    begin: Any
    sum_tile: Any
    gate_place: Any
    length_of: Any
    load_states: Any
    store_states: Any
    come: Any


def parts_of(kind: Kind) -> Parts:
    """The parts of a kernel of this kind."""
    precision, space = PRECISIONS[kind.precision], kind.operand_space
    values = make_values(precision, space)
    await_others, come = make_meeting()
    return Parts(
        precision,
        values,
        make_products(precision, kind.tile, space).weights,
        make_begin(precision, kind.tile, kind.alone),
        make_sum_tile(precision, kind.tile, space, kind.waits, await_others),
        make_gate_place(precision.item_bytes, LAYOUTS[kind.cell].slots),
        make_length(kind.ragged),
        *make_states(precision, values),
        come,
    )
