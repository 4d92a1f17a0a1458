"""Products on the register tile: everything that is not inside the loop over time.

dx = dpre · W,  dW = dpreᵀ · x,  dR = dpreᵀ · h_prev,  each as one product over all steps (Appleyard
et al., arXiv 1604.01946, section 3), split over threads by what each writes.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, U = vectors of units in a block

from .cells import h_first, h_gates, is_ragged, slots, x_gates
from .compile import inner
from .rows import place_of, steps_of
from .simd import (
    WIDTH,
    item_bytes,
    load,
    load_scalar,
    load_up_to,
    splat,
    store,
    store_scalar,
    store_up_to,
)
from .tile import FEW_REGISTERS, TILE_ROWS, TILE_VECTORS, call_tile

# Steps × rows that one packed panel holds: four 64-byte vectors of 256 rows, 64 KiB, stay in the
# second-level cache while all of a thread's rows of dW go by; 16 KiB of shorter ones in the first.
CHUNK_ROWS = 256 if WIDTH == 64 else 128
# Scratch of one thread: a panel, a row of zeros, and a row of tiles for each row of the batch.
ROW_BYTES = TILE_VECTORS * WIDTH
ZERO_OFFSET = CHUNK_ROWS * ROW_BYTES
TILE_OFFSET = ZERO_OFFSET + ROW_BYTES


def scratch_bytes(B: int) -> int:
    """Scratch that one thread needs for ``B`` rows."""
    return TILE_OFFSET + max(B, TILE_ROWS) * ROW_BYTES


@inner
def next_rows(left, vectors):
    """Rows of the next tile: as few tiles as ``left`` rows need, as even as they come.

    With few registers six rows of three vectors are two unequal groups, four are one; and four rows
    of four vectors are two groups with as many sums as hide the latency of FMA, and none to spare.
    """
    most = 4 if FEW_REGISTERS and vectors == 3 else TILE_ROWS
    tiles = (left + most - 1) // most
    rows = (left + tiles - 1) // tiles
    return 5 if FEW_REGISTERS and vectors == 4 and rows == 4 and left > 4 else rows


@inner
def even_share(total, index, count):
    """The ``index``-th of ``count`` even, contiguous shares of ``range(total)``."""
    return total * index // count, total * (index + 1) // count


@inner
def add_tile(one, target, target_row, rows, vectors, columns, source, add):
    """Copy a dense tile into, or add it to, rows that are only ``columns`` numbers wide."""
    lanes = WIDTH // item_bytes(one)
    for r in range(rows):
        for v in range(vectors):
            value = load(one, source + (r * vectors + v) * WIDTH)
            to = target + r * target_row + v * WIDTH
            if add:
                value = value + load_up_to(one, to, columns - v * lanes)
            store_up_to(one, to, value, columns - v * lanes)


@inner
def project(cell, j, t_first, t_end, gates, b_first, b_end, block_first, block_end):
    """Start the sums of some steps: W·x + b.  ``gates`` is the address of step ``t_first``'s.

    Tiles run along time where there are more steps than rows: a batch of one fills them too.  Those
    of a ragged batch always do: its rows end at different times and lie in another order.
    """
    one = cell.one
    size = item_bytes(one)
    row = slots(cell) * j.U * WIDTH
    block = j.B * row
    step = j.blocks * block
    vectors = len(x_gates(cell)) * j.U
    rest = slots(cell) * j.U - vectors
    along_time = is_ragged(cell) or b_end - b_first < TILE_ROWS
    a_row = j.x_step if along_time else j.x_row
    c_row = step if along_time else row
    outer = b_end - b_first if along_time else t_end - t_first
    for k in range(block_first, block_end):
        panel = j.weight_x + k * j.I * vectors * WIDTH
        bias = j.bias + k * row
        for m in range(outer):
            if along_time:
                b = b_first + m
                a = j.x + t_first * j.x_step + place_of(cell, j, b) * j.x_row
                c = gates + k * block + b * row
                left = min(t_end, steps_of(cell, j, b)) - t_first
            else:
                a = j.x + (t_first + m) * j.x_step + b_first * j.x_row
                c = gates + m * step + k * block + b_first * row
                left = b_end - b_first
            while left > 0:
                rows = next_rows(left, vectors)
                call_tile(
                    j.tile, rows, vectors, c, c_row, bias, 0, a, a_row, size, 0, panel, j.I, 1
                )
                for v in range(vectors, vectors + rest):
                    value = load(one, bias + v * WIDTH)
                    for r in range(rows):
                        store(c + r * c_row + v * WIDTH, value)
                a += rows * a_row
                c += rows * c_row
                left -= rows


@inner
def input_gradient(cell, j, share, part, add):
    """dx (+)= dpre · W for one part of the steps or of the rows; of each row's own steps."""
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    row = slots(cell) * j.U * WIDTH
    block = j.B * row
    step = j.blocks * block
    inner = len(x_gates(cell)) * j.U * lanes
    scratch = share.scratch + TILE_OFFSET
    zero = share.scratch + ZERO_OFFSET
    columns = (j.I + lanes - 1) // lanes
    t_first, t_end, b_first, b_end = 0, j.T, 0, j.B
    if is_ragged(cell) or j.T > j.B:
        t_first, t_end = even_share(j.T, part, share.parts)
    else:
        b_first, b_end = even_share(j.B, part, share.parts)
    along_time = is_ragged(cell) or b_end - b_first < TILE_ROWS
    a_row = step if along_time else row
    c_row = j.dx_step if along_time else j.dx_row
    for v in range(0, columns, TILE_VECTORS):
        vectors = min(TILE_VECTORS, columns - v)
        width = j.I - v * lanes
        panel = j.weight_x_t + v * WIDTH * j.blocks * inner
        at_once = panel_blocks(j, vectors * WIDTH * inner)
        for k in range(0, j.blocks, at_once):
            outer = min(at_once, j.blocks - k)
            p = panel + k * inner * vectors * WIDTH
            more = add or k > 0
            for m in range(b_end - b_first if along_time else t_end - t_first):
                t = t_first if along_time else t_first + m
                b = b_first + m if along_time else b_first
                left = t_end - t_first if along_time else b_end - b_first
                if is_ragged(cell):
                    t, t_last = even_share(steps_of(cell, j, b), part, share.parts)
                    left = t_last - t
                a = j.gates + t * step + k * block + b * row
                c = j.dx + t * j.dx_step + place_of(cell, j, b) * j.dx_row + v * WIDTH
                while left > 0:
                    rows = next_rows(left, vectors)
                    if width >= vectors * lanes:
                        z = c if more else zero
                        z_row = c_row if more else 0
                        call_tile(j.tile, rows, vectors, c, c_row, z, z_row,
                                  a, a_row, size, block, p, inner, outer)  # fmt: skip
                    else:
                        call_tile(j.tile, rows, vectors, scratch, vectors * WIDTH, zero, 0,
                                  a, a_row, size, block, p, inner, outer)  # fmt: skip
                        add_tile(one, c, c_row, rows, vectors, width, scratch, more)
                    a += rows * a_row
                    c += rows * c_row
                    left -= rows


@inner
def clear_padding(cell, j, share, part):
    """dx is zero where a row has no step."""
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    for b in range(part, j.B, share.parts):
        for t in range(steps_of(cell, j, b), j.T):
            dx = j.dx + t * j.dx_step + place_of(cell, j, b) * j.dx_row
            for i in range(0, j.I, lanes):
                store_up_to(one, dx + i * size, splat(one, 0), j.I - i)


@inner
def panel_blocks(j, block_bytes):
    """Blocks of a transposed panel to pass over at once, so that they stay in cache meanwhile."""
    return max(1, min(j.blocks, j.cache // block_bytes))


@inner
def pack_rows(one, panel, vectors, source, source_row, rows, columns):
    """Lay rows of ``columns`` numbers side by side as rows of whole vectors, padded with zeros."""
    lanes = WIDTH // item_bytes(one)
    for r in range(rows):
        for v in range(vectors):
            value = load_up_to(one, source + r * source_row + v * WIDTH, columns - v * lanes)
            store(panel + (r * vectors + v) * WIDTH, value)


@inner
def weight_gradient(cell, j, share, part, hidden):
    """dW = dpreᵀ · x and its bias, or (``hidden``) dR = dpreᵀ · h_prev and its bias.

    A part owns some (block, slot) pairs: the rows of a gradient that one vector of units gives.
    The sum goes over many steps of several rows at once, in a ragged batch over those of one.
    """
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    row = slots(cell) * j.U * WIDTH
    block = j.B * row
    step = j.blocks * block
    groups = len(x_gates(cell)) * j.U
    gates = j.gates + (h_first(cell) * j.U * WIDTH if hidden else 0)
    K = j.H if hidden else j.I
    target = j.dweight_hh if hidden else j.dweight_ih
    bias, twin = biases(cell, j, hidden)
    scratch = share.scratch + TILE_OFFSET
    zero = share.scratch + ZERO_OFFSET
    if is_narrow(cell, j) and not hidden:
        narrow_gradient(cell, j, share, part)
        return
    columns = (K + lanes - 1) // lanes
    task_first, task_end = even_share(j.blocks * groups, part, share.parts)
    if task_first == task_end:
        return
    rows_at_once = 1 if is_ragged(cell) else min(j.B, CHUNK_ROWS)
    steps = CHUNK_ROWS // rows_at_once
    for v in range(0, columns, TILE_VECTORS):
        vectors = min(TILE_VECTORS, columns - v)
        width = K - v * lanes
        for t in range(0, j.T, steps):
            for b in range(0, j.B, rows_at_once):
                t_count = min(steps, steps_of(cell, j, b) - t)
                if t_count <= 0:
                    continue
                b_count = min(rows_at_once, j.B - b)
                first = t == 0 and b == 0
                for m in range(t_count):
                    if hidden:
                        t_prev = t + m + 1 if j.reverse else t + m - 1
                        if t_prev < 0 or t_prev >= steps_of(cell, j, b):
                            source, source_row = j.h0, j.H * size
                        else:
                            source, source_row = j.y + t_prev * j.y_step, j.y_row
                    else:
                        source, source_row = j.x + (t + m) * j.x_step, j.x_row
                    pack_rows(one, share.scratch + m * b_count * vectors * WIDTH, vectors,
                              source + place_of(cell, j, b) * source_row + v * WIDTH, source_row,
                              b_count, width)  # fmt: skip
                if rows_at_once == 1:
                    inner, outer, a_step, a_skip = t_count, 1, step, 0
                else:
                    inner, outer, a_step, a_skip = b_count, t_count, row, step
                for task in range(task_first, task_end):
                    k = task // groups
                    slot = (task - k * groups) // j.U
                    unit = (k * j.U + task % groups - slot * j.U) * lanes
                    gate = h_gates(cell)[slot] if hidden else x_gates(cell)[slot]
                    a = gates + t * step + k * block + b * row + (task - k * groups) * WIDTH
                    units = min(lanes, j.H - unit)
                    if units <= 0:
                        continue
                    if bias != 0 and v == 0:
                        place = (gate * j.H + unit) * size
                        add_bias(one, bias + place, twin + place if twin != 0 else 0, units, first,
                                 a, a_step, inner, a_skip, outer)  # fmt: skip
                    c = target + (gate * j.H + unit) * K * size + v * WIDTH
                    left = units
                    while left > 0:
                        rows = next_rows(left, vectors)
                        if width >= vectors * lanes:
                            z = zero if first else c
                            z_row = 0 if first else K * size
                            call_tile(j.tile, rows, vectors, c, K * size, z, z_row,
                                 a, size, a_step, a_skip, share.scratch, inner, outer)  # fmt: skip
                        else:
                            call_tile(j.tile, rows, vectors, scratch, vectors * WIDTH, zero, 0,
                                 a, size, a_step, a_skip, share.scratch, inner, outer)  # fmt: skip
                            add_tile(one, c, K * size, rows, vectors, width, scratch, not first)
                        a += rows * size
                        c += rows * K * size
                        left -= rows


@inner
def biases(cell, j, hidden):
    """Where the sums of the gradients go, and where the same ones go too; 0 for nowhere.

    Where a slot has both products, its two biases have one gradient.
    """
    if h_first(cell) == 0:
        return (0, 0) if hidden else (j.dbias_ih, j.dbias_hh)
    return (j.dbias_hh if hidden else j.dbias_ih), 0


@inner
def is_narrow(cell, j):
    """Whether an input has so few numbers that they are the rows of a tile, not its vectors."""
    return not is_ragged(cell) and j.I < TILE_ROWS


@inner
def narrow_gradient(cell, j, share, part):
    """dWᵀ = xᵀ · dpre and its bias for one part of the blocks, where an input is narrow.

    A vector of dW along the input would be mostly padding.  The gates are the panel as they lie; a
    row of ones, after those of x, gives the bias.
    """
    one = cell.one
    size = item_bytes(one)
    vectors = slots(cell) * j.U
    block = j.B * vectors * WIDTH
    sums = share.scratch + TILE_OFFSET
    total = sums + j.I * vectors * WIDTH
    store_scalar(share.scratch, one)
    first, end = even_share(j.blocks, part, share.parts)
    for k in range(first, end):
        z, z_row = share.scratch + ZERO_OFFSET, 0
        for t in range(j.T):
            gates = j.gates + (t * j.blocks + k) * block
            call_tile(j.tile, j.I, vectors, sums, vectors * WIDTH, z, z_row,
                      j.x + t * j.x_step, size, j.x_row, 0, gates, j.B, 1)  # fmt: skip
            call_tile(j.tile, 1, vectors, total, 0, total if t > 0 else z, 0,
                      share.scratch, 0, 0, 0, gates, j.B, 1)  # fmt: skip
            z, z_row = sums, vectors * WIDTH
        store_narrow(cell, j, k, sums, total)


@inner
def store_narrow(cell, j, k, sums, total):
    """What block ``k`` gives of dW, laid out anew, and of the biases."""
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    vectors = slots(cell) * j.U
    bias, twin = biases(cell, j, False)
    for n in range(len(x_gates(cell)) * j.U):
        slot = n // j.U
        unit = (k * j.U + n - slot * j.U) * lanes
        units = min(lanes, j.H - unit)
        place = x_gates(cell)[slot] * j.H + unit
        for u in range(units):
            for i in range(j.I):
                value = load_scalar(one, sums + (i * vectors + n) * WIDTH + u * size)
                store_scalar(j.dweight_ih + ((place + u) * j.I + i) * size, value)
        if units > 0 and bias != 0:
            value = load(one, total + n * WIDTH)
            store_up_to(one, bias + place * size, value, units)
            if twin != 0:
                store_up_to(one, twin + place * size, value, units)


@inner
def add_bias(one, bias, twin, units, first, a, a_step, inner, a_skip, outer):
    """A bias' gradient, and its twin's: the sum of its sums' gradients over steps and rows."""
    total = splat(one, 0)
    for j in range(outer):
        for i in range(inner):
            total = total + load(one, a + j * a_skip + i * a_step)
    if not first:
        total = total + load_up_to(one, bias, units)
    store_up_to(one, bias, total, units)
    if twin != 0:
        store_up_to(one, twin, total, units)
