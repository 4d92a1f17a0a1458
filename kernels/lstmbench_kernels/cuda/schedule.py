"""Which blocks do what: the one place that chooses, from sizes and the device's limits.

The time of a step is estimated for every way that fits, and the shortest is taken.  The constants
are those of an H200 as published; none of them has been measured yet.
"""

# H = hidden_size, B = batch_size

from collections.abc import Iterator
from itertools import product
from math import ceil
from typing import NamedTuple

from .limits import THREADS, WARP, Limits
from .precision import CHUNK_BYTES, Precision
from .recurrence import RECORD_BYTES, SLOTS
from .tile import FRAGMENT_BYTES, L2, NOWHERE, SHARED, Tile, number_of_sums

RUNGS = ("step", "graph", "persistent")
ALGORITHMS = ("auto", *RUNGS)

WARPS = THREADS // WARP
TILES = (1, 2, 3, 4)
RESIDENT = (0, 1, 2, 3, 4, 6, 8)
ROWS = {False: (1, 4, 8), True: (16, 32)}  # by tensor_cores
# Of 255, for sums, weights, and operands of two chunks, by where else weights lie (`Tile.beyond`):
# what leaves no kernel without registers for everything else (tests/cuda_gate.py).
REGISTERS = {NOWHERE: 176, SHARED: 120, L2: 0}
FMA_REGISTERS = 152  # at most, where the compiler has so many multiply-adds to move about
FMA_CHUNKS = 6  # of several rows: eight of a narrow tile are too much even where they take fewer

# Cycles of a multiprocessor, and bytes it moves in one.
SHARED_BYTES_PER_CYCLE = 128
L2_BYTES_PER_CYCLE = 32
L2_LATENCY, SHARED_LATENCY, ELEMENTWISE, SYNC = 300, 40, 200, 40
GRID_BARRIER = 1200
LAUNCH = 4000  # of a kernel in a graph


class Sizes(NamedTuple):
    """A recurrence as its schedule sees it.

    Attributes:
        hidden: units, H.
        unit_rows: rows of weights of each unit.
        depth: k: elements of an operand row.
        batch: B.
        directions: that go side by side.
    """

    hidden: int
    unit_rows: int
    depth: int
    batch: int
    directions: int


class Plan(NamedTuple):
    """How a recurrence is laid out over blocks, and a block's product over its warps.

    Attributes:
        tile: the compiled sizes of a warp's product.
        whole: whether one launch goes through all steps.
        blocks: of a group: each has ``units`` units.
        groups: of batch rows, ``group_rows`` each.
        warps_n: warps that share the rows of weights.
        warps_k_shift: log2 of the warps that share k.
        chunks: of k, of a warp.
        kept: of those, how many lie in shared memory.
        cycles: the estimate of a step.
    """

    tile: Tile
    whole: bool
    blocks: int
    units: int
    groups: int
    group_rows: int
    directions: int
    warps_n: int
    warps_k_shift: int
    chunks: int
    kept: int
    stride: int
    shared_bytes: int
    cycles: float

    @property
    def alone(self) -> bool:
        """Whether a block needs no other."""
        return self.whole and self.blocks == 1

    @property
    def units_shift(self) -> int:
        return (self.units - 1).bit_length()

    @property
    def warps(self) -> int:
        return self.warps_n << self.warps_k_shift

    @property
    def threads(self) -> int:
        return WARP * self.warps

    @property
    def grid(self) -> tuple[int, int, int]:
        return self.blocks, self.groups, self.directions

    @property
    def row_bytes(self) -> int:
        """Of an operand row, padded."""
        return (self.chunks << self.warps_k_shift) * CHUNK_BYTES

    @property
    def operand_bytes(self) -> int:
        """Of the operand of one step, all groups: of one group where the block is alone."""
        return self.group_rows * self.row_bytes * (1 if self.alone else self.groups)

    def describe(self) -> str:
        """One line for a report."""
        count = self.blocks * self.groups * self.directions
        weights = [
            f"{number} in {where}"
            for number, where in (
                (self.tile.resident, "registers"),
                (self.kept, "shared memory"),
                (self.chunks - self.tile.resident - self.kept, "L2"),
            )
            if number
        ]
        how = "one launch" if self.whole else "a launch a step"
        barrier = ", no grid barrier" if self.alone else ""
        return (
            f"{how}{barrier}, {count} blocks × {self.threads} threads, {self.units} units × "
            f"{self.group_rows} rows a block, weight chunks: {', '.join(weights)}"
        )


def choose(precision: Precision, sizes: Sizes, limits: Limits, rung: str) -> Plan:
    """The plan of the shortest estimated step; raises ``ValueError`` where none fits."""
    found = min(
        candidates(precision, sizes, limits, whole=rung == "persistent"),
        key=lambda plan: plan.cycles,
        default=None,
    )
    if found is None:
        raise ValueError(
            f"algorithm: {rung!r} does not fit hidden_size {sizes.hidden} at batch size "
            f"{sizes.batch} on this device; choose 'auto'"
        )
    return found


def choose_rung(precision: Precision, sizes: Sizes, limits: Limits) -> str:
    """The faster of one launch for all steps, and a graph of a launch for each."""
    plans = list(candidates(precision, sizes, limits, whole=True))
    if not plans:
        return "graph"
    whole = min(plan.cycles for plan in plans)
    return "persistent" if whole <= choose(precision, sizes, limits, "graph").cycles else "graph"


def candidates(
    precision: Precision, sizes: Sizes, limits: Limits, *, whole: bool
) -> Iterator[Plan]:
    """Every way that fits the device."""
    for rows, tiles in product(ROWS[precision.tensor_cores], TILES):
        for groups in _powers(ceil(sizes.batch / rows)):
            group_rows = ceil(ceil(sizes.batch / groups) / rows) * rows
            if group_rows * (groups - 1) >= sizes.batch:
                continue  # the last group would have no rows
            at_once = limits.multiprocessors // (sizes.directions * groups)
            for units in _units(sizes, at_once if whole else sizes.hidden, tiles):
                plan = _fit(
                    precision, sizes, limits, Tile(rows, tiles, 0, L2), groups, units, whole
                )
                if plan is not None:
                    yield plan


def _powers(bound: int) -> Iterator[int]:
    n = 1
    while n < 2 * bound:
        yield min(n, bound)
        n *= 2


def _units(sizes: Sizes, blocks: int, tiles: int) -> list[int]:
    """Units a block may have: few enough for the blocks there are, filling whole tiles."""
    if blocks < 1:
        return []
    fewest = ceil(sizes.hidden / blocks)
    most = min(sizes.hidden, 8 * tiles * WARPS // sizes.unit_rows)
    full = [
        units for units in range(fewest, most + 1) if units * sizes.unit_rows % (8 * tiles) == 0
    ]
    return sorted({units for units in (fewest, *full[:4], sizes.hidden) if fewest <= units <= most})


def _fit(
    precision: Precision,
    sizes: Sizes,
    limits: Limits,
    tile: Tile,
    groups: int,
    units: int,
    whole: bool,
) -> Plan | None:
    blocks = ceil(sizes.hidden / units)
    warps_n = ceil(units * sizes.unit_rows / (8 * tile.tiles))
    if warps_n > WARPS:
        return None
    all_chunks = ceil(sizes.depth / precision.chunk)
    shift = min(WARPS // warps_n, all_chunks).bit_length() - 1
    chunks = ceil(all_chunks / (1 << shift))
    group_rows = ceil(ceil(sizes.batch / groups) / tile.rows) * tile.rows
    # Eight more than the columns: rows of sums then begin in different banks.
    stride = (8 * tile.tiles * warps_n + 8) * precision.sum_bytes
    plan = Plan(
        tile=tile,
        whole=whole,
        blocks=blocks,
        units=units,
        groups=groups,
        group_rows=group_rows,
        directions=sizes.directions,
        warps_n=warps_n,
        warps_k_shift=shift,
        chunks=chunks,
        kept=0,
        stride=stride,
        shared_bytes=0,
        cycles=0.0,
    )
    needed = _shared_without_weights(precision, plan)
    if needed > limits.shared_bytes:
        return None
    if whole:
        tile, kept = _place_weights(precision, plan, limits.shared_bytes - needed)
        needed += kept * plan.warps * tile.tiles * FRAGMENT_BYTES
        plan = plan._replace(tile=tile, kept=kept)
    plan = plan._replace(shared_bytes=needed)
    return plan._replace(cycles=_cycles(precision, sizes, limits, plan))


def _place_weights(precision: Precision, plan: Plan, room: int) -> tuple[Tile, int]:
    """The tile with its resident chunks, and how many lie in so many bytes of shared memory."""
    chunk_bytes = plan.warps * plan.tile.tiles * FRAGMENT_BYTES
    for beyond in (NOWHERE, SHARED):
        tile = with_resident(precision, plan.tile, beyond, plan.chunks)
        kept = plan.chunks - tile.resident
        if kept * chunk_bytes <= (room if beyond == SHARED else 0):
            return tile, kept
    return plan.tile._replace(beyond=L2), room // chunk_bytes


def with_resident(precision: Precision, tile: Tile, beyond: int, chunks: int) -> Tile:
    """The tile with as many of the chunks in registers as there is room for."""
    operands = 2 * (tile.rows // 8 * 4 if precision.tensor_cores else tile.rows * 4)
    sums = number_of_sums(precision, tile) * precision.sum_bytes // 4
    most = FMA_REGISTERS
    if precision.tensor_cores:
        most = REGISTERS[NOWHERE]
    elif tile.rows > 1:
        chunks = min(chunks, FMA_CHUNKS)
    if precision.sum == "f64":  # a double takes two registers everywhere else as well
        most = REGISTERS[SHARED]
    free = min(REGISTERS[beyond], most)
    room = max(0, free - sums - operands) // (4 * tile.tiles)
    resident = max(n for n in RESIDENT if n <= min(chunks, room))
    return tile._replace(resident=resident, beyond=beyond)


def _shared_without_weights(precision: Precision, plan: Plan) -> int:
    sums = (plan.tile.rows * plan.stride) << plan.warps_k_shift
    states = ((plan.group_rows + SLOTS) << plan.units_shift) * precision.sum_bytes
    operand = 2 * plan.operand_bytes if plan.alone else 0
    return RECORD_BYTES + -(-(sums + states) // 16) * 16 + operand


def _cycles(precision: Precision, sizes: Sizes, limits: Limits, plan: Plan) -> float:
    """An estimate of one step: of one block, all being at work at once, or in turns."""
    tile, warps = plan.tile, plan.warps
    if precision.tensor_cores:
        instructions = 2 * (tile.rows // 16) * tile.tiles  # each 16×8 in half a chunk
        issue = 2.0 if precision.item_bytes == 2 else 4.0
    else:
        instructions = tile.rows * tile.tiles * precision.chunk // 4
        issue = 2.0 if precision.sum == "f64" else 1.0
    multiply = plan.chunks * instructions * issue * warps / 4
    operand = tile.rows * plan.chunks * CHUNK_BYTES * warps
    operand_cycles = operand / (SHARED_BYTES_PER_CYCLE if plan.alone else L2_BYTES_PER_CYCLE)
    fragments = warps * tile.tiles * FRAGMENT_BYTES
    kept = plan.kept * fragments / SHARED_BYTES_PER_CYCLE
    streamed = plan.chunks - tile.resident - plan.kept
    streamed_cycles = streamed * fragments / L2_BYTES_PER_CYCLE
    sums = 2 * ((tile.rows * plan.stride) << plan.warps_k_shift) / SHARED_BYTES_PER_CYCLE
    items = ceil((tile.rows << plan.units_shift) / plan.threads)
    latency = (SHARED_LATENCY if plan.alone else L2_LATENCY) + ELEMENTWISE * items + 2 * SYNC
    one = max(multiply, operand_cycles + streamed_cycles, kept) + sums + latency
    turns = ceil(plan.blocks * plan.groups * sizes.directions / limits.multiprocessors)
    total = one * (plan.group_rows // tile.rows) * turns
    if not plan.whole:
        return total + LAUNCH
    return total + (0 if plan.alone else GRID_BARRIER)
