"""Products of the input on the register tile: W·x before the loop over time, dx = dpre·W after it.

Each is one product over all steps (Appleyard et al., arXiv 1604.01946, section 3), split over
threads by what each writes.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, U = vectors of units in a block

from .cells import is_ragged, slots, x_gates
from .compile import inner
from .host import registers
from .rows import place_of, steps_of
from .simd import (
    WIDTH,
    item_bytes,
    load,
    load_up_to,
    splat,
    store,
    store_up_to,
)
from .tile import TILE_ROWS, TILE_VECTORS, call_tile

FEW_REGISTERS = registers().few

# Scratch of one thread: a row of zeros, a row of tiles for each row of the batch, and what the
# weight gradients pack.
ROW_BYTES = TILE_VECTORS * WIDTH
ZERO_OFFSET = 0
TILE_OFFSET = ZERO_OFFSET + ROW_BYTES


@inner
def tiles_end(B):
    """Where the rows of tiles end in scratch."""
    return TILE_OFFSET + max(B, TILE_ROWS) * ROW_BYTES


@inner
def as_even(total, most):
    """The largest of as few pieces of ``total`` as ``most`` a piece allow, as even as they come."""
    pieces = (total + most - 1) // most
    return (total + pieces - 1) // pieces


@inner
def next_rows(left, vectors):
    """Rows of the next tile: as few tiles as ``left`` rows need, as even as they come.

    With few registers six rows of three vectors are two unequal groups, four are one; and four rows
    of four vectors are two groups with as many sums as hide the latency of FMA, and none to spare.
    """
    most = 4 if FEW_REGISTERS and vectors == 3 else TILE_ROWS
    rows = as_even(left, most)
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
def gate_strides(cell, j):
    """Bytes from row to row, from block to block and from step to step of the gates."""
    row = slots(cell) * j.U * WIDTH
    return row, j.B * row, j.blocks * j.B * row


@inner
def runs_along_time(cell, steps, rows):
    """Whether the rows of a tile are steps of one row of the batch, and not rows of one step.

    Where the batch does not fill tiles, and steps fill them more: rows of one step lie side by
    side, steps far apart.  Those of a ragged batch always: its rows end at different times and lie
    in another order.
    """
    return is_ragged(cell) or rows < min(steps, TILE_ROWS)


@inner
def project(cell, j, t_first, t_end, gates, b_first, b_end, block_first, block_end):
    """Start the sums of some steps: W·x + b.  ``gates`` is the address of step ``t_first``'s."""
    one = cell.one
    size = item_bytes(one)
    row, block, step = gate_strides(cell, j)
    vectors = len(x_gates(cell)) * j.U
    rest = slots(cell) * j.U - vectors
    along_time = runs_along_time(cell, t_end - t_first, b_end - b_first)
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
    row, block, step = gate_strides(cell, j)
    inner = len(x_gates(cell)) * j.U * lanes
    scratch = share.scratch + TILE_OFFSET
    zero = share.scratch + ZERO_OFFSET
    columns = (j.I + lanes - 1) // lanes
    t_first, t_end, b_first, b_end = 0, j.T, 0, j.B
    if is_ragged(cell) or j.T > j.B:
        t_first, t_end = even_share(j.T, part, share.parts)
    else:
        b_first, b_end = even_share(j.B, part, share.parts)
    along_time = runs_along_time(cell, t_end - t_first, b_end - b_first)
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
