"""The loop over time, forward.  It does not know which cell it runs."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, U = vectors of units in a block

from .cells import h_first, h_gates, has_state, is_ragged, load_state, slot_numbers, slots, step
from .compile import inner
from .gemm import even_share, gate_strides, next_rows, project
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
from .stream import AHEAD, call_stream
from .sync import atomic_store
from .team import barrier, finish, start, step_barrier, wait_for
from .tile import call_tile


def make_forward(cell):
    """The function that runs all layers; every member of the team calls it with its own number.

    ``jobs`` and ``shares`` are the addresses of the records.  There is a member for each share; or
    fewer, who take turns, where no shares meet at each step.
    """

    def forward(jobs, shares, thread, members):
        jobs, shares = records(jobs, shares)
        mine = shares[thread]
        start(mine, members)
        for layer in range(mine.layers):
            for n in range(thread, len(shares), members):
                share = shares[n]
                if layer % share.layer_groups == share.layer_turn:
                    for direction in range(share.direction_first, share.direction_end):
                        _run_direction(cell, jobs[layer * share.directions + direction], share)
            if layer < mine.layers - 1 and mine.layer_groups == 1:
                barrier(mine, members)
        finish(mine, members)
        if thread == 0 and mine.layer_groups > 1:
            for layer in range(mine.layers):
                atomic_store(jobs[layer].done, 0)

    return forward


@inner
def _run_direction(cell, j, share):
    streaming = _is_streaming(cell, j, share)
    at_once = AHEAD if streaming else j.chunk
    for s in range(j.T):
        if j.below != 0:
            needed = s - s % at_once + (2 * AHEAD if streaming else at_once)
            wait_for(j.below, min(needed, j.T))
        # A row alone begins the sums of the steps ahead on its way, all but the first and the last.
        if s % at_once == 0 and (s == 0 or not streaming or s + AHEAD > j.T):
            end = min(s + at_once, j.T)
            t_first = j.T - end if j.reverse else s
            project(cell, j, t_first, t_first + end - s,
                    _gates_of(cell, j, share, end - 1 if j.reverse else s),
                    share.b_first, share.b_end, share.block_first, share.block_end)  # fmt: skip
        _run_step(cell, j, share, s)
        step_barrier(share, j.blocks, j.panels)
        if j.done != 0:
            atomic_store(j.done, s + 1)


@inner
def _is_streaming(cell, j, share):
    return not is_ragged(cell) and j.stream != 0 and share.b_end - share.b_first == 1


@inner
def _gates_of(cell, j, share, s):
    """Where the sums of step ``s`` lie: in order of time, in inference a few steps in a ring."""
    _, _, step = gate_strides(cell, j)
    kept, n = j.T, s
    if not j.training:
        kept = 2 * AHEAD if _is_streaming(cell, j, share) else j.chunk
        n = s % kept
    return j.gates + (kept - 1 - n if j.reverse else n) * step


@inner
def _start_rows(cell, j, share, s, b_first, b_end):
    """Lay the initial state of rows that begin with step ``s`` out as ``[block][b][U][lanes]``."""
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    # All of h, whose units every thread needs, and gets the same from each; but not from one whose
    # units another has taken over: it runs on alone, and may be many steps late.
    if is_ragged(cell) and share.block_first < share.block_end:
        for b in range(b_first, b_end):
            source = j.h0 + place_of(cell, j, b) * j.H * size
            for unit in range(0, j.H, lanes):
                value = load_up_to(one, source + unit * size, j.H - unit)
                store_up_to(one, _ring(cell, j, s - 1, b) + unit * size, value, j.H - unit)
    if not has_state(cell):
        return
    for k in range(share.block_first, share.block_end):
        for b in range(b_first, b_end):
            for u in range(j.U):
                unit = (k * j.U + u) * lanes
                source = j.state0 + (place_of(cell, j, b) * j.H + unit) * size
                value = load_up_to(one, source, j.H - unit)
                to = j.state + s * j.state_step
                store(to + ((k * j.B + b) * j.U + u) * WIDTH, value)


@inner
def _ring(cell, j, s, b):
    """Where row ``b`` of h after step ``s`` lies: two steps are kept, in the order of the rows."""
    return j.ring + ((s % 2) * j.B + b) * j.H * item_bytes(cell.one)


@inner
def _run_step(cell, j, share, s):
    """Step ``s``: sums += R·h_prev, then the cell, for a thread's units and rows."""
    one = cell.one
    size = item_bytes(one)
    row = slots(cell) * j.U * WIDTH
    vectors = len(h_gates(cell)) * j.U
    first = h_first(cell) * j.U * WIDTH
    active, carried = end_at(cell, j, share, _time(j, s)), end_at(cell, j, share, _time(j, s - 1))
    if carried < active:
        _start_rows(cell, j, share, s, carried, active)
    h, h_row = j.h0, j.H * size
    if is_ragged(cell):
        h = _ring(cell, j, s - 1, 0)
    elif s > 0:
        h, h_row = j.y + _time(j, s - 1) * j.y_step, j.y_row
    gates = _gates_of(cell, j, share, s)
    # A row alone begins a part of each of the next steps' sums while it waits for its weights.
    later = s - s % AHEAD + AHEAD
    streaming = _is_streaming(cell, j, share) and later + AHEAD <= j.T
    ahead = _gates_of(cell, j, share, later) if streaming else 0
    for n in range(share.block_first, share.block_end):
        # Every other step sweeps the blocks backwards: what is still in cache is used first.
        k = share.block_first + share.block_end - 1 - n if s % 2 else n
        panel = j.weight_h + k * j.H * vectors * WIDTH
        b = share.b_first
        while b < active:
            rows = next_rows(active - b, vectors)
            c = gates + (k * j.B + b) * row
            if ahead != 0:
                to = ahead + (k * j.B + b) * row
                _stream(cell, j, s % AHEAD, _time(j, later), k, b, c + first, h + b * h_row, to)
            else:
                call_tile(j.tile, rows, vectors, c + first, row, c + first, row,
                     h + b * h_row, h_row, size, 0, panel, j.H, 1)  # fmt: skip
            _apply_cell(cell, j, s, k, b, rows, end_at(cell, j, share, _time(j, s + 1)), c)
            b += rows
        if is_ragged(cell):
            _clear_padding(cell, j, s, k, active, share.b_end)


@inner
def _time(j, s):
    """The index of step ``s`` in x and y."""
    return j.T - 1 - s if j.reverse else s


@inner
def _stream(cell, j, part, t, k, b, sums, h, ahead):
    """sums += R·h, and part of AHEAD of the input product for AHEAD steps from time ``t`` on."""
    one = cell.one
    size = item_bytes(one)
    row, _, step = gate_strides(cell, j)
    vectors = len(h_gates(cell)) * j.U
    panel = k * vectors * WIDTH
    bias = j.bias + k * row
    i_first, i_end = even_share(j.I, part, AHEAD)
    c_row = -step if j.reverse else step
    z, z_row = ahead, c_row
    if part == 0:
        z, z_row = bias, 0
        for v in range(vectors, slots(cell) * j.U):  # slots without an input product
            for r in range(AHEAD):
                store(ahead + r * c_row + v * WIDTH, load(one, bias + v * WIDTH))
    call_stream(j.stream, vectors, sums, h, j.weight_h + panel * j.H, j.H,
                ahead, c_row, z, z_row,
                j.x + t * j.x_step + b * j.x_row + i_first * size,
                -j.x_step if j.reverse else j.x_step,
                j.weight_x + panel * j.I + i_first * vectors * WIDTH, i_end - i_first)  # fmt: skip


@inner
def _clear_padding(cell, j, s, k, b_first, b_end):
    """Rows without a step are zero in y."""
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    for b in range(b_first, b_end):
        y = j.y + _time(j, s) * j.y_step + place_of(cell, j, b) * j.y_row
        for unit in range(k * j.U * lanes, min((k + 1) * j.U * lanes, j.H), lanes):
            store_up_to(one, y + unit * size, splat(one, 0), j.H - unit)


@inner
def _apply_cell(cell, j, s, k, b_first, rows, going_on, sums):
    """The elementwise step for one tile: sums in, h and state out, gates kept in training.

    Rows from ``going_on`` on have no step after this one: their states are the final ones.
    """
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    U, H, B = j.U, j.H, j.B
    training = j.training
    hT, cT = j.hT, j.cT
    y = j.y + _time(j, s) * j.y_step
    y_row = j.y_row
    state = j.state + s * j.state_step
    state_next = state + j.state_step
    row = slots(cell) * U * WIDTH
    for r in range(rows):
        b = b_first + r
        place = place_of(cell, j, b)
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
            store_up_to(one, y + place * y_row + unit * size, result[0], H - unit)
            if is_ragged(cell):
                store_up_to(one, _ring(cell, j, s, b) + unit * size, result[0], H - unit)
            if b >= going_on:
                store_up_to(one, hT + (place * H + unit) * size, result[0], H - unit)
                if has_state(cell) and cT != 0:
                    store_up_to(one, cT + (place * H + unit) * size, result[1], H - unit)
