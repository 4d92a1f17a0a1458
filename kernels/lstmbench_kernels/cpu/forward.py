"""The loop over time, forward.  It does not know which cell it runs."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, U = vectors of units in a block

from numba.extending import register_jitable

from .cells import h_first, h_gates, has_state, load_state, slot_numbers, slots, step
from .compile import kernel
from .gemm import next_rows, project
from .simd import WIDTH, item_bytes, load_slots, load_up_to, store, store_slots, store_up_to
from .team import barrier, finish, start, step_barrier
from .tile import call_tile


@kernel
def forward(cell, jobs, shares, thread):
    """Run all layers; every thread of the team calls it with its own number."""
    share = shares[thread]
    start(share)
    for layer in range(share.layers):
        for direction in range(share.direction_first, share.direction_end):
            _run_direction(cell, jobs[layer * share.directions + direction], share)
        if layer < share.layers - 1:
            barrier(share.team_counter, share.threads)
    finish(share)


@register_jitable
def _run_direction(cell, j, share):
    _start_state(cell, j, share)
    gate_step = j.blocks * j.B * slots(cell) * j.U * WIDTH
    done = 0
    while done < j.T:
        steps = min(j.chunk, j.T - done)
        t_first = j.T - done - steps if j.reverse else done
        # In training the sums of every step are kept, in inference those of one chunk.
        gates = j.gates + (t_first * gate_step if j.training else 0)
        project(cell, j, t_first, t_first + steps, gates,
                share.b_first, share.b_end, share.block_first, share.block_end)  # fmt: skip
        for s in range(done, done + steps):
            t = j.T - 1 - s if j.reverse else s
            _run_step(cell, j, share, s, t, gates + (t - t_first) * gate_step)
            step_barrier(share, j.blocks, j.panels)
        done += steps


@register_jitable
def _start_state(cell, j, share):
    """Lay the initial state out as ``[block][b][U][lanes]``."""
    if not has_state(cell):
        return
    one = cell.one
    lanes = WIDTH // item_bytes(one)
    for k in range(share.block_first, share.block_end):
        for b in range(share.b_first, share.b_end):
            for u in range(j.U):
                unit = (k * j.U + u) * lanes
                source = j.state0 + (b * j.H + unit) * item_bytes(one)
                value = load_up_to(one, source, j.H - unit)
                store(j.state + ((k * j.B + b) * j.U + u) * WIDTH, value)


@register_jitable
def _run_step(cell, j, share, s, t, gates):
    """Step ``s`` at time ``t``: pre += R·h_prev, then the cell, for a thread's units and rows."""
    one = cell.one
    size = item_bytes(one)
    row = slots(cell) * j.U * WIDTH
    vectors = len(h_gates(cell)) * j.U
    first = h_first(cell) * j.U * WIDTH
    t_prev = t + 1 if j.reverse else t - 1
    h, h_row = j.h0, j.H * size
    if s > 0:
        h, h_row = j.y + t_prev * j.y_step, j.y_row
    for n in range(share.block_first, share.block_end):
        # Every other step sweeps the blocks backwards: what is still in cache is used first.
        k = share.block_first + share.block_end - 1 - n if s % 2 else n
        panel = j.weight_h + k * j.H * vectors * WIDTH
        b = share.b_first
        while b < share.b_end:
            rows = next_rows(share.b_end - b)
            c = gates + (k * j.B + b) * row
            call_tile(j.tile, rows, vectors, c + first, row, c + first, row,
                 h + b * h_row, h_row, size, 0, panel, j.H, 1)  # fmt: skip
            _apply_cell(cell, j, s, t, k, b, rows, c)
            b += rows


@register_jitable
def _apply_cell(cell, j, s, t, k, b_first, rows, sums):
    """The elementwise step for one tile: sums in, h and state out, gates kept in training."""
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    U, H, B = j.U, j.H, j.B
    last = s == j.T - 1
    training = j.training
    hT, cT = j.hT, j.cT
    y = j.y + t * j.y_step
    y_row = j.y_row
    state = j.state + s * j.state_step
    state_next = state + j.state_step
    row = slots(cell) * U * WIDTH
    for r in range(rows):
        b = b_first + r
        for u in range(U):
            here = sums + r * row + u * WIDTH
            where = ((k * B + b) * U + u) * WIDTH
            unit = (k * U + u) * lanes
            pre = load_slots(one, here, U * WIDTH, slot_numbers(cell))
            result = step(cell, load_state(cell, state + where), pre)
            if training:
                store_slots(here, U * WIDTH, result[2:])
            if has_state(cell):
                store(state_next + where, result[1])
            store_up_to(one, y + b * y_row + unit * size, result[0], H - unit)
            if last:
                store_up_to(one, hT + (b * H + unit) * size, result[0], H - unit)
                if has_state(cell) and cT != 0:
                    store_up_to(one, cT + (b * H + unit) * size, result[1], H - unit)
