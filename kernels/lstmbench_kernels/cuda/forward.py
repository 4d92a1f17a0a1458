"""Forward through time: one kernel for every cell, precision and rung (``recurrence.py``)."""

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
from .precision import loaded
from .recurrence import Kind, parts_of


@cache
def make_forward(kind: Kind) -> Any:
    """The kernel ``(records, first, last)``: steps -1 to T, one record for each direction."""
    layout, training, ragged = LAYOUTS[kind.cell], kind.training, kind.ragged
    keeps_h = ragged and training
    parts = parts_of(kind)
    precision, values, resident_weights = parts.precision, parts.values, parts.resident_weights
    begin, sum_tile = parts.begin, parts.sum_tile
    gate_place, length_of = parts.gate_place, parts.length_of
    load_states, store_states, come = parts.load_states, parts.store_states, parts.come
    item, size, tile_rows = precision.item_bytes, precision.sum_bytes, kind.tile.rows
    slots, x_slots = layout.slots, len(layout.x_gates)
    h_first, h_slots = layout.h_first, len(layout.h_gates)
    has_state, has_c = layout.state, layout.state and not layout.carry_is_h
    whole, waits = kind.whole, kind.waits
    step = on_device(layout.step, precision.sum)
    load, store, store_operand = values.load, values.store, values.store_operand
    load_sum, store_sum, store_slots = values.load_sum, values.store_sum, values.store_slots
    load_kept, store_kept, zero = values.load_kept, values.store_kept, values.zero
    cooperative, sync_block = ops.cooperative, ops.sync_block

    W = RECURRENCE.at

    @ops.macro(returns=precision.bits, count=x_slots)
    def input_part(emit, address, slot_bytes, there):
        """The input's part of each sum, as it is stored; 0 where nothing is there."""
        places = [emit.iadd(address, emit.imul(slot_bytes, slot)) for slot in range(x_slots)]
        return [emit.load("global", precision.storage, place, when=there) for place in places]

    @ops.macro(returns=precision.sum, count=slots)
    def with_biases(emit, parts, address, slot_bytes):
        """Each sum's bias, which the block keeps, and the input's part of those that have one."""
        found = []
        for slot in range(slots):
            place = emit.iadd(address, emit.imul(slot_bytes, slot))
            bias = emit.load("shared", precision.sum, place)
            if slot < x_slots:
                bias = emit.add(loaded(emit, precision, parts[slot]), bias)
            found.append(bias)
        return found

    @ops.macro(returns=precision.sum, count=slots)
    def add_part(emit, sums, address, slot_bytes):
        """What one part of k adds to each sum."""
        found = list(sums)
        for slot in range(h_slots):
            place = emit.iadd(address, emit.imul(slot_bytes, slot))
            part = emit.load("shared", precision.sum, place)
            found[h_first + slot] = emit.add(found[h_first + slot], part)
        return found

    @ops.device_function
    def add_parts(pre, part):
        """What the parts of k sum up to."""
        part_bytes, slot_bytes = tile_rows * told(W.sums_stride), told(W.units) * size
        for _ in range(1 << told(W.warps_k_shift)):
            pre = add_part(pre, part, slot_bytes)
            part += part_bytes
        return pre

    @ops.device_function
    def biases_behind(own_states):
        return own_states + (told(W.group_rows) << told(W.units_shift)) * size

    @ops.device_function
    def keep_biases(own_states, thread, threads, units):
        """Those of the block's units: every step would wait for the L2 cache to read them again."""
        n, units_shift = thread, told(W.units_shift)
        while n < slots << units_shift:
            slot, unit = n >> units_shift, n & ((1 << units_shift) - 1)
            if unit < units:
                at = slot * told(W.hidden) + block_x() * told(W.units) + unit
                bias = load_sum(told(W.bias) + at * size)
                store_kept(biases_behind(own_states) + n * size, bias)
            n += threads

    @ops.device_function
    def is_final(step_number, t, b):
        """Whether a row has no step after this one."""
        if ragged and told(W.reverse) == 0:
            return t == length_of(b) - 1
        return step_number == told(W.steps) - 1

    def forward(records, first, last):
        if waits:
            cooperative()
        thread, threads = thread_id(), num_threads()
        (
            weights,
            kept_weights,
            streamed_weights,
            sums,
            warp_sums,
            own_states,
            operand,
            warp_operand,
        ) = begin(records, thread, threads)
        register_weights = resident_weights(weights)
        if has_state and first >= 0:
            load_states(own_states)

        # This thread takes numbers n, n + threads, …: of unit n mod 2^units_shift, and row n over
        # 2^units_shift.
        units_shift = told(W.units_shift)
        units_mask = (1 << units_shift) - 1
        first_row, first_unit = block_y() * told(W.group_rows), block_x() * told(W.units)
        rows = min(told(W.group_rows), told(W.batch) - first_row)
        units = min(told(W.units), told(W.hidden) - first_unit)
        keep_biases(own_states, thread, threads, units)

        for step_number in range(first, last):
            t = told(W.steps) - 1 - step_number if told(W.reverse) else step_number
            for tile_first in range(0, rows, tile_rows):
                n = thread
                row, unit = tile_first + (n >> units_shift), n & units_mask
                # The first of this thread's inputs arrives while it waits for other blocks.
                # Nothing is done with it before then: that would wait for it.
                inputs = input_part(
                    gate_place(t, first_row + row, first_unit + unit),
                    told(W.hidden) * item,
                    step_number >= 0 and row < rows and unit < units,
                )
                if step_number >= 0:
                    sum_tile(
                        register_weights,
                        kept_weights,
                        streamed_weights,
                        warp_operand,
                        warp_sums,
                        step_number,
                        tile_first,
                        step_number + 1,
                    )
                while n < tile_rows << units_shift:
                    if row < rows and unit < units:
                        b, u = first_row + row, first_unit + unit
                        own_state = own_states + ((row << units_shift) + unit) * size
                        at = b * told(W.hidden) + u  # in an array (B, H)
                        if step_number < 0:
                            h = load(told(W.h0) + at * item)
                            if has_state:
                                before = load(told(W.state0) + at * item)
                                store_kept(own_state, before)
                                if training:
                                    store_sum(told(W.states) + at * size, before)
                        elif ragged and t >= length_of(b):
                            h = load(told(W.h0) + at * item)
                            y = told(W.y) + t * told(W.y_step) + b * told(W.y_row)
                            store(y + u * item, zero())
                            if training and has_state:
                                state_at = (step_number + 1) * told(W.batch) * told(W.hidden) + at
                                store_sum(told(W.states) + state_at * size, load_kept(own_state))
                        else:
                            place, slot_bytes = gate_place(t, b, u), told(W.hidden) * item
                            if n >= threads:
                                inputs = input_part(place, slot_bytes, True)
                            own_bias = biases_behind(own_states) + unit * size
                            pre = with_biases(inputs, own_bias, size << units_shift)
                            part = sums + (row - tile_first) * told(W.sums_stride) + unit * size
                            pre = add_parts(pre, part)
                            before = load_kept(own_state) if has_state else zero()
                            result = step(before, *pre)
                            h, after = result[0], result[1]
                            if has_state:
                                store_kept(own_state, after)
                            if training:
                                store_slots(result[2:], place, slot_bytes)
                                if has_state:
                                    step_size = told(W.batch) * told(W.hidden)
                                    state_at = (step_number + 1) * step_size + at
                                    store_sum(told(W.states) + state_at * size, after)
                            y = told(W.y) + t * told(W.y_step) + b * told(W.y_row)
                            store(y + u * item, h)
                            if is_final(step_number, t, b):
                                store(told(W.hT) + at * item, h)
                                if has_c:
                                    store(told(W.cT) + at * item, after)
                        if keeps_h:
                            t_after = t - 1 if told(W.reverse) else t + 1
                            if t_after >= 0 and t_after < told(W.steps):
                                before_at = t_after * told(W.batch) * told(W.hidden) + at
                                store(told(W.h_before) + before_at * item, h)
                        target = operand + ((step_number + 1) & 1) * told(W.operand_bytes)
                        store_operand(target + row * told(W.row_bytes) + u * item, h)
                    n += threads
                    row, unit = tile_first + (n >> units_shift), n & units_mask
                sync_block()
            if waits:
                come(step_number == last - 1)

        if has_state and not whole:
            store_states(own_states)

    return ops.kernel(forward, THREADS)
