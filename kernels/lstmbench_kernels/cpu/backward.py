"""The loop over time, backward, and the products after it.  It does not know which cell it runs."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, U = vectors of units in a block

from .cells import (
    carry_is_h,
    h_first,
    h_gates,
    has_state,
    is_ragged,
    load_state,
    slot_numbers,
    slots,
    step_gradient,
)
from .compile import inner
from .gemm import (
    TILE_OFFSET,
    ZERO_OFFSET,
    clear_padding,
    gate_strides,
    input_gradient,
    next_rows,
    panel_blocks,
)
from .job import records
from .rows import end_at, place_of
from .simd import (
    WIDTH,
    item_bytes,
    load,
    load_slots,
    load_up_to,
    splat,
    store,
    store_slots,
    store_up_to,
)
from .team import barrier, finish, start, step_barrier
from .tile import call_tile
from .weight_gradient import weight_gradient


def make_backward(cell):
    """The function that goes back through all layers, to be called as that of ``make_forward``."""

    def backward(jobs, shares, thread, members):
        jobs, shares = records(jobs, shares)
        mine = shares[thread]
        start(mine, members)
        for layer in range(mine.layers - 1, -1, -1):
            first = layer * mine.directions
            for n in range(thread, len(shares), members):
                share = shares[n]
                _clear(cell.one, share.scratch + ZERO_OFFSET)
                for direction in range(share.direction_first, share.direction_end):
                    _run_direction(cell, jobs[first + direction], share)
            barrier(mine, members)
            for n in range(thread, len(shares), members):
                _run_products(cell, jobs[first : first + mine.directions], shares[n])
            if layer > 0:  # the layer below reads dx as its dy
                barrier(mine, members)
        finish(mine, members)

    return backward


@inner
def _run_products(cell, jobs, share):
    for direction in range(share.directions):
        j = jobs[direction]
        for part in range(share.part_first, share.part_end):
            if j.dx != 0:
                if is_ragged(cell) and direction == 0:
                    clear_padding(cell, j, share, part)
                input_gradient(cell, j, share, part, direction > 0)
            weight_gradient(cell, j, share, part, False)
            weight_gradient(cell, j, share, part, True)


@inner
def _clear(one, zeros):
    for v in range(4):
        store(zeros + v * WIDTH, splat(one, 0))


@inner
def _run_direction(cell, j, share):
    _start_carry(cell, j, share)
    # The step before the first gives the gradient of the initial states.
    for n in range(j.T + 1):
        _run_step(cell, j, share, j.T - 1 - n)
        step_barrier(share, j.blocks, j.panels)


@inner
def _start_carry(cell, j, share):
    """What arrives at the last state, as ``[vector of units][b][lanes]``."""
    if not has_state(cell):
        return
    one = cell.one
    lanes = WIDTH // item_bytes(one)
    for v in range(share.panel_first * j.panel_vectors,
                   min(share.panel_end * j.panel_vectors, j.blocks * j.U)):  # fmt: skip
        for b in range(share.b_first, share.b_end):
            value = splat(one, 0)
            if j.dcT != 0:
                source = j.dcT + (place_of(cell, j, b) * j.H + v * lanes) * item_bytes(one)
                value = load_up_to(one, source, j.H - v * lanes)
            store(j.carry + (v * j.B + b) * WIDTH, value)


@inner
def _run_step(cell, j, share, s):
    """Step ``s``: dh = dpre_next · R, then the cell's gradient, for one thread's units and rows.

    Rows that had no step after this one begin with what arrives at their final state; for those
    that have none any more, what is left belongs to their initial state.
    """
    one = cell.one
    size = item_bytes(one)
    row, block, gate_step = gate_strides(cell, j)
    inner = len(h_gates(cell)) * j.U * (WIDTH // size)
    t = j.T - 1 - s if j.reverse else s
    t_next = t - 1 if j.reverse else t + 1
    active, came = end_at(cell, j, share, t), end_at(cell, j, share, t_next)
    both, end = min(active, came), max(active, came)
    gates_next = j.gates + t_next * gate_step + h_first(cell) * j.U * WIDTH
    zero = share.scratch + ZERO_OFFSET
    for n in range(share.panel_first, share.panel_end):
        p = share.panel_first + share.panel_end - 1 - n if s % 2 else n
        first = p * j.panel_vectors
        vectors = min(j.panel_vectors, j.blocks * j.U - first)
        panel = j.weight_h_t + first * WIDTH * j.blocks * inner
        at_once = panel_blocks(j, vectors * WIDTH * inner)
        for k in range(0, j.blocks, at_once):
            b = share.b_first
            while b < end:
                rows = next_rows((both if b < both else end) - b, vectors)
                dh = share.scratch + TILE_OFFSET + (b - share.b_first) * vectors * WIDTH
                if b < came:
                    z = zero if k == 0 else dh
                    z_row = 0 if k == 0 else vectors * WIDTH
                    call_tile(j.tile, rows, vectors, dh, vectors * WIDTH, z, z_row,
                              gates_next + k * block + b * row, row, size, block,
                              panel + k * inner * vectors * WIDTH, inner,
                              min(at_once, j.blocks - k))  # fmt: skip
                else:
                    _load_last(cell, j, dh, first, vectors, b, rows)
                if k + at_once >= j.blocks:
                    if b < active:
                        _apply_gradient(cell, j, s, first, vectors, b, rows, dh)
                    else:
                        _store_initial(cell, j, first, vectors, b, rows, dh)
                b += rows


@inner
def _load_last(cell, j, scratch, first, vectors, b_first, rows):
    """dhT as a tile."""
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    for r in range(rows):
        dhT = j.dhT + place_of(cell, j, b_first + r) * j.H * size
        for v in range(vectors):
            unit = (first + v) * lanes
            value = load_up_to(one, dhT + unit * size, j.H - unit)
            store(scratch + (r * vectors + v) * WIDTH, value)


@inner
def _apply_gradient(cell, j, s, first, vectors, b_first, rows, scratch):
    """The elementwise gradient for one tile: dh in, gradients of the sums in place of the gates."""
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    U, H, B = j.U, j.H, j.B
    t = j.T - 1 - s if j.reverse else s
    row = slots(cell) * U * WIDTH
    gates = j.gates + t * j.blocks * B * row
    state = j.state + s * j.state_step
    state_step = j.state_step
    dy = j.dy + t * j.dy_step
    dy_row = j.dy_row
    carry = j.carry
    for v in range(vectors):
        k = (first + v) // U
        u = first + v - k * U
        unit = (first + v) * lanes
        for r in range(rows):
            b = b_first + r
            place = place_of(cell, j, b)
            here = gates + (k * B + b) * row + u * WIDTH
            where = state + ((k * B + b) * U + u) * WIDTH
            dh = load(one, scratch + (r * vectors + v) * WIDTH)
            dh = dh + load_up_to(one, dy + place * dy_row + unit * size, H - unit)
            passed = carry + ((first + v) * B + b) * WIDTH
            saved = load_slots(one, here, U * WIDTH, slot_numbers(cell))
            result = step_gradient(
                cell,
                dh,
                load_state(cell, passed),
                load_state(cell, where),
                load_state(cell, where + state_step),
                saved,
            )
            if has_state(cell):
                store(passed, result[0])
            store_slots(here, U * WIDTH, result[1:])


@inner
def _store_initial(cell, j, first, vectors, b_first, rows, scratch):
    """What is left of dh and of the carry belongs to the initial states."""
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    for v in range(vectors):
        unit = (first + v) * lanes
        for r in range(rows):
            b = b_first + r
            dh = load(one, scratch + (r * vectors + v) * WIDTH)
            where = (place_of(cell, j, b) * j.H + unit) * size
            passed = load_state(cell, j.carry + ((first + v) * j.B + b) * WIDTH)
            if carry_is_h(cell):
                dh = dh + passed
            elif has_state(cell):
                store_up_to(one, j.dc0 + where, passed, j.H - unit)
            store_up_to(one, j.dh0 + where, dh, j.H - unit)
