"""Backward through time: gate gradients in place of the saved gates (``recurrence.py``).

The steps are those of forward in the other order.  At each a block sums, over all gates of all
units, the gradients of the step after times the recurrent weights: what arrives at its units'
hidden state.  The elementwise gradient follows.  Step T leaves the gradients of the initial states.
The gradients of weights and inputs are products over all steps, afterwards (``product.py``).
"""

# Numba infers the types of what it compiles.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from functools import cache
from typing import Any

from ..cells.layout import LAYOUTS
from . import ops
from .activations import on_device
from .job import RECURRENCE
from .limits import THREADS
from .ops import block_x, block_y, num_threads, thread_id, told
from .precision import as_operand, loaded
from .recurrence import Kind, parts_of


@cache
def make_backward(kind: Kind) -> Any:
    """The kernel ``(records, first, last)``: steps 0 to T + 1, one record for each direction."""
    layout = LAYOUTS[kind.cell]
    parts = parts_of(kind)
    precision, values, resident_weights = parts.precision, parts.values, parts.resident_weights
    begin, sum_tile = parts.begin, parts.sum_tile
    gate_place, length_of = parts.gate_place, parts.length_of
    load_states, store_states, come = parts.load_states, parts.store_states, parts.come
    item, size, tile_rows = precision.item_bytes, precision.sum_bytes, kind.tile.rows
    slots, h_first, h_slots = layout.slots, layout.h_first, len(layout.h_gates)
    has_state, carry_is_h = layout.state, layout.carry_is_h
    has_c = has_state and not carry_is_h
    whole, waits, ragged = kind.whole, kind.waits, kind.ragged
    space = kind.operand_space
    step_gradient = on_device(layout.step_gradient, precision.sum)
    load, store = values.load, values.store
    load_kept, store_kept, zero = values.load_kept, values.store_kept, values.zero
    add, store_slots = values.add, values.store_slots
    cooperative, sync_block = ops.cooperative, ops.sync_block

    W = RECURRENCE.at

    @ops.macro(returns=precision.bits, count=slots + 1)
    def saved_bits(emit, gates, slot_bytes, dy, there):
        """The gates and what arrives at the step's output, as they are stored."""
        places = [emit.iadd(gates, emit.imul(slot_bytes, slot)) for slot in range(slots)]
        return [emit.load("global", precision.storage, at, when=there) for at in (*places, dy)]

    @ops.macro(returns=precision.sum, count=2)
    def saved_states(emit, before, step_bytes, there):
        """The state before the step and after it."""
        if not has_state:
            return [emit.const(precision.sum, 0)] * 2
        places = (before, emit.iadd(before, step_bytes))
        return [emit.load("global", precision.sum, place, when=there) for place in places]

    @ops.device_function
    def saved(t, left, b, u, there):
        """What the step of a unit needs of the past, of row b; nothing where it is not there."""
        dy = told(W.dy) + t * told(W.dy_step) + b * told(W.dy_row) + u * item
        bits = saved_bits(gate_place(t, b, u), told(W.hidden) * item, dy, there)
        step_bytes = told(W.batch) * told(W.hidden) * size
        before = told(W.states) + left * step_bytes + (b * told(W.hidden) + u) * size
        return bits, saved_states(before, step_bytes, there)

    @ops.macro(returns=precision.sum, count=slots)
    def gates_of(emit, bits):
        return [loaded(emit, precision, each) for each in bits[:slots]]

    @ops.macro(returns=precision.sum)
    def add_arriving(emit, dh, bits):
        return emit.add(dh, loaded(emit, precision, bits[slots]))

    @ops.macro(returns=None)
    def store_operands(emit, gradients, address, slot_bytes):
        """Of the gates that the hidden state fed."""
        for slot in range(h_slots):
            place = emit.iadd(address, emit.imul(slot_bytes, slot))
            value = as_operand(emit, precision, gradients[h_first + slot])
            emit.store(space, precision.storage, place, value)

    @ops.macro(returns=precision.sum, count=slots)
    def no_gradients(emit):
        return [emit.const(precision.sum, 0)] * slots

    @ops.device_function
    def begins(step_number, t, b):
        """Whether what arrives at the final state of a row arrives at this step."""
        if ragged and told(W.reverse) == 0:
            return t == length_of(b) - 1
        return step_number == 0

    @ops.device_function
    def is_past(t, b):
        """Whether this step comes after the last of a row: its initial state is what is left."""
        if ragged and told(W.reverse):
            return t == length_of(b)
        return t < 0 or t == told(W.steps)

    @ops.device_function
    def sum_of_parts(part):
        """What the parts of k sum up to."""
        total, part_bytes = zero(), tile_rows * told(W.sums_stride)
        for _ in range(1 << told(W.warps_k_shift)):
            total = add(total, load_kept(part))
            part += part_bytes
        return total

    def backward(records, first, last):
        if waits:
            cooperative()
        thread, threads = thread_id(), num_threads()
        (
            weights,
            kept_weights,
            streamed_weights,
            sums,
            warp_sums,
            own_carries,
            operand,
            warp_operand,
        ) = begin(records, thread, threads)
        register_weights = resident_weights(weights)
        if has_state and first > 0:
            load_states(own_carries)

        # This thread takes numbers n, n + threads, …: of unit n mod 2^units_shift, and row n over
        # 2^units_shift.
        units_shift = told(W.units_shift)
        units_mask = (1 << units_shift) - 1
        first_row, first_unit = block_y() * told(W.group_rows), block_x() * told(W.units)
        rows = min(told(W.group_rows), told(W.batch) - first_row)
        units = min(told(W.units), told(W.hidden) - first_unit)

        for step_number in range(first, last):
            # The step of forward that this one goes back over; none is left after the last.
            left = told(W.steps) - 1 - step_number
            t = step_number if told(W.reverse) else left
            for tile_first in range(0, rows, tile_rows):
                n = thread
                row, unit = tile_first + (n >> units_shift), n & units_mask
                # What the first needs arrives while this thread waits for other blocks.  Nothing is
                # done with it before then: that would wait for it.
                there = left >= 0 and row < rows and unit < units
                bits, states = saved(t, left, first_row + row, first_unit + unit, there)
                if step_number > 0:
                    sum_tile(
                        register_weights,
                        kept_weights,
                        streamed_weights,
                        warp_operand,
                        warp_sums,
                        step_number,
                        tile_first,
                        step_number,
                    )
                while n < tile_rows << units_shift:
                    if row < rows and unit < units:
                        b, u = first_row + row, first_unit + unit
                        own_carry = own_carries + ((row << units_shift) + unit) * size
                        at = b * told(W.hidden) + u  # in an array (B, H)
                        carry = zero()
                        if not begins(step_number, t, b):
                            part = sums + (row - tile_first) * told(W.sums_stride) + unit * size
                            dh = sum_of_parts(part)
                            if has_state:
                                carry = load_kept(own_carry)
                        else:
                            dh = load(told(W.dhT) + at * item)
                            if has_c:
                                carry = load(told(W.dcT) + at * item)
                        if left >= 0 and t < length_of(b):
                            if n >= threads:
                                bits, states = saved(t, left, b, u, True)
                            dh = add_arriving(dh, bits)
                            place, slot_bytes = gate_place(t, b, u), told(W.hidden) * item
                            before, after = states
                            result = step_gradient(dh, carry, before, after, *gates_of(bits))
                            if has_state:
                                store_kept(own_carry, result[0])
                            store_slots(result[1:], place, slot_bytes)
                            target = operand + ((step_number + 1) & 1) * told(W.operand_bytes)
                            target += row * told(W.row_bytes) + u * item
                            store_operands(result[1:], target, slot_bytes)
                        else:
                            if is_past(t, b):
                                if carry_is_h:
                                    dh = add(dh, carry)
                                store(told(W.dh0) + at * item, dh)
                                if has_c:
                                    store(told(W.dc0) + at * item, carry)
                            if ragged and left >= 0:
                                slot_bytes = told(W.hidden) * item
                                store_slots(no_gradients(), gate_place(t, b, u), slot_bytes)
                                target = operand + ((step_number + 1) & 1) * told(W.operand_bytes)
                                target += row * told(W.row_bytes) + u * item
                                store_operands(no_gradients(), target, slot_bytes)
                    n += threads
                    row, unit = tile_first + (n >> units_shift), n & units_mask
                sync_block()
            if waits:
                come(step_number == last - 1)

        if has_state and not whole:
            store_states(own_carries)

    return ops.kernel(backward, THREADS)
