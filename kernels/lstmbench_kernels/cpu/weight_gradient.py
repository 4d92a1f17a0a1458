"""Gradients of the weights: dW = dpreᵀ · x and dR = dpreᵀ · h_prev, on the register tile.

Each is one product over all steps (Appleyard et al., arXiv 1604.01946, section 3), split over
threads by what each writes.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, U = vectors of units in a block

from .cells import h_first, h_gates, is_ragged, slots, x_gates
from .compile import inner
from .gemm import (
    ROW_BYTES,
    TILE_OFFSET,
    ZERO_OFFSET,
    add_tile,
    as_even,
    even_share,
    gate_strides,
    next_rows,
    tiles_end,
)
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
from .tile import TILE_ROWS, TILE_VECTORS, call_tile

# Steps × rows that one packed panel holds: four 64-byte vectors of 256 rows, 64 KiB, stay in the
# second-level cache while all of a thread's rows of dW go by; 16 KiB of shorter ones in the first.
CHUNK_ROWS = 256 if WIDTH == 64 else 128
PANEL_BYTES = CHUNK_ROWS * ROW_BYTES


@inner
def panels_at_once(cache, columns, itemsize):
    """Panels of so many numbers side by side that stay in cache while a thread's rows go by."""
    needed = -(-columns * itemsize // ROW_BYTES)
    return max(1, min(needed, cache // PANEL_BYTES))


def scratch_bytes(B: int, columns: int, itemsize: int, cache: int) -> int:
    """Scratch that one thread needs for ``B`` rows and gradients of so many columns at most."""
    size: int = tiles_end(B) + panels_at_once(cache, columns, itemsize) * PANEL_BYTES
    return size


@inner
def pack_rows(one, panel, vectors, source, source_row, rows, columns):
    """Lay rows of ``columns`` numbers side by side as rows of whole vectors, padded with zeros."""
    lanes = WIDTH // item_bytes(one)
    for r in range(rows):
        for v in range(vectors):
            value = load_up_to(one, source + r * source_row + v * WIDTH, columns - v * lanes)
            store(panel + (r * vectors + v) * WIDTH, value)


@inner
def _panel(one, panels, i, width):
    """The panel that begins with number ``i`` of ``width``, and how many vectors wide it is."""
    lanes = WIDTH // item_bytes(one)
    place = panels + i * item_bytes(one) // ROW_BYTES * PANEL_BYTES
    return place, min(TILE_VECTORS, (width - i + lanes - 1) // lanes)


@inner
def _pack_panels(one, panels, first, source, source_row, rows, width):
    """Pack rows of ``width`` numbers as rows ``first`` and on of panels side by side."""
    size = item_bytes(one)
    for i in range(0, width, ROW_BYTES // size):
        panel, vectors = _panel(one, panels, i, width)
        pack_rows(one, panel + first * vectors * WIDTH, vectors,
                  source + i * size, source_row, rows, width - i)  # fmt: skip


@inner
def weight_gradient(cell, j, share, part, hidden):
    """dW = dpreᵀ · x and its bias, or (``hidden``) dR = dpreᵀ · h_prev and its bias.

    A part owns some (block, slot) pairs: the rows of a gradient that one vector of units gives.
    The sum goes over many steps of several rows at once, in a ragged batch over those of one.
    """
    one = cell.one
    size = item_bytes(one)
    lanes = WIDTH // size
    row, block, step = gate_strides(cell, j)
    groups = len(x_gates(cell)) * j.U
    gates = j.gates + (h_first(cell) * j.U * WIDTH if hidden else 0)
    K = j.H if hidden else j.I
    target = j.dweight_hh if hidden else j.dweight_ih
    bias, twin = biases(cell, j, hidden)
    if is_narrow(cell, j) and not hidden:
        narrow_gradient(cell, j, share, part)
        return
    task_first, task_end = even_share(j.blocks * groups, part, share.parts)
    if task_first == task_end:
        return
    rows_at_once = 1 if is_ragged(cell) else min(j.B, CHUNK_ROWS)
    steps = as_even(j.T, CHUNK_ROWS // rows_at_once)
    panels = share.scratch + tiles_end(j.B)
    columns = ROW_BYTES // size
    # All of a row at once where the gradient is too large to stay near until the next columns.
    stays = j.blocks * groups * WIDTH * K <= j.cache
    at_once = columns if stays else columns * panels_at_once(j.cache, K, size)
    for i in range(0, K, at_once):
        i_end = min(i + at_once, K)
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
                    source += place_of(cell, j, b) * source_row
                    _pack_panels(one, panels, m * b_count, source + i * size, source_row,
                                 b_count, i_end - i)  # fmt: skip
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
                    if bias != 0 and i == 0:
                        place = (gate * j.H + unit) * size
                        add_bias(one, bias + place, twin + place if twin != 0 else 0, units, first,
                                 a, a_step, inner, a_skip, outer)  # fmt: skip
                    c = target + ((gate * j.H + unit) * K + i) * size
                    _add_products(one, j.tile, c, K * size, units, i_end - i, first, share.scratch,
                                  a, a_step, a_skip, panels, inner, outer)  # fmt: skip


@inner
def _add_products(
    one, tile, c, c_row, units, width, first, scratch, a, a_step, a_skip, panels, inner, outer
):
    """Add the products of one chunk to ``units`` rows of a gradient, ``width`` numbers each."""
    size = item_bytes(one)
    lanes = WIDTH // size
    tiles, zero = scratch + TILE_OFFSET, scratch + ZERO_OFFSET
    for i in range(0, width, ROW_BYTES // size):
        panel, vectors = _panel(one, panels, i, width)
        r = 0
        while r < units:
            rows = next_rows(units - r, vectors)
            to = c + r * c_row + i * size
            if width - i >= vectors * lanes:
                z = zero if first else to
                z_row = 0 if first else c_row
                call_tile(tile, rows, vectors, to, c_row, z, z_row,
                          a + r * size, size, a_step, a_skip, panel, inner, outer)  # fmt: skip
            else:
                call_tile(tile, rows, vectors, tiles, vectors * WIDTH, zero, 0,
                          a + r * size, size, a_step, a_skip, panel, inner, outer)  # fmt: skip
                add_tile(one, to, c_row, rows, vectors, width - i, tiles, not first)
            r += rows


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
    number_one = share.scratch + tiles_end(j.B)
    store_scalar(number_one, one)
    first, end = even_share(j.blocks, part, share.parts)
    for k in range(first, end):
        z, z_row = share.scratch + ZERO_OFFSET, 0
        for t in range(j.T):
            gates = j.gates + (t * j.blocks + k) * block
            call_tile(j.tile, j.I, vectors, sums, vectors * WIDTH, z, z_row,
                      j.x + t * j.x_step, size, j.x_row, 0, gates, j.B, 1)  # fmt: skip
            call_tile(j.tile, 1, vectors, total, 0, total if t > 0 else z, 0,
                      number_one, 0, 0, 0, gates, j.B, 1)  # fmt: skip
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
