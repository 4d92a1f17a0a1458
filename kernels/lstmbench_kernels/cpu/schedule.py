"""How a team of threads shares one network: the choice, and the small cost model behind it.

The model knows three things: multiply-adds in the register tile, weights that have to come from a
cache or from memory, and meetings of threads.  Its constants are round figures of one kind of
machine; only their ratios matter for a choice.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, G = gates

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from ..spec import CellSpec, Shape
from .host import l2_bytes, last_cache_bytes, registers

TILE_FLOPS = 110e9  # a thread's multiply-adds in full tiles, float32
NEAR_BYTES = 100e9  # weights per second from a thread's own second-level cache
FAR_BYTES = 50e9  # and from the last cache
MEMORY_BYTES = 25e9  # and from memory, all threads together
POINTWISE = (
    0.8e-9  # seconds for one unit's slot of one row: the cell, and beginning and ending tiles
)
MEETING = 0.15e-6  # a step's barrier, for each thread that has to be waited for
GATHERING = 5e-6  # sending a team off, and waiting for its last thread
PIECES = 8  # of the steps that a layer gives to the one above at a time, where layers overlap
WORTHWHILE = 0.85  # of the time alone: a team must promise more than the model may be wrong by


@dataclass(frozen=True)
class Schedule:
    """Who does what in the loop over time.

    Attributes:
        threads: how many take part.
        direction_groups: 2 where half of the team runs each direction.
        row_groups: shares of the batch; the threads of different shares never wait for each other.
        unit_groups: shares of the hidden units; they meet at a barrier every step.
        layer_groups: layers at a time, each a piece of the steps behind the one below.
    """

    threads: int
    direction_groups: int
    row_groups: int
    unit_groups: int
    layer_groups: int = 1


ALONE = Schedule(1, 1, 1, 1)


def step_seconds(cell: CellSpec, shape: Shape, itemsize: int, schedule: Schedule) -> float:
    """What one step of one direction takes one thread, its meeting included."""
    G, H = cell.num_gates, shape.hidden_size
    rows = ceil(shape.batch_size / schedule.row_groups)
    units = ceil(H / schedule.unit_groups)
    weights = G * units * H * itemsize
    products = 2.0 * rows * G * units * H * (itemsize / 4) / TILE_FLOPS
    at_work = G * H * H * itemsize * schedule.direction_groups * schedule.layer_groups
    if weights * 1.2 < l2_bytes():
        traffic = weights / NEAR_BYTES
    elif at_work * 1.2 < last_cache_bytes():
        traffic = weights / FAR_BYTES
    else:
        traffic = weights / (MEMORY_BYTES / schedule.threads)
    meeting = MEETING * (schedule.unit_groups - 1)
    return max(products, traffic) + rows * units * G * POINTWISE * (itemsize / 4) + meeting


def forward_seconds(cell: CellSpec, shape: Shape, itemsize: int, schedule: Schedule) -> float:
    """What all layers take, forward."""
    G, H, T, B = cell.num_gates, shape.hidden_size, shape.seq_len, shape.batch_size
    share = schedule.row_groups * schedule.unit_groups
    steps = T * step_seconds(cell, shape, itemsize, schedule)
    directions = shape.num_directions / schedule.direction_groups
    layers = []
    for layer in range(shape.num_layers):
        inputs = shape.input_size if layer == 0 else shape.num_directions * H
        projection = 2.0 * T * B * G * H * inputs * (itemsize / 4) / TILE_FLOPS / share
        layers.append(directions * (steps + projection))
    groups = schedule.layer_groups
    behind = (groups - 1) / PIECES * max(layers)
    longest = max(sum(layers[first::groups]) for first in range(groups))
    return longest + behind + (GATHERING if schedule.threads > 1 else 0.0)


def possible_schedules(shape: Shape, threads: int, training: bool) -> Iterator[Schedule]:
    """Every way to share a network among all of the threads, or all that find work."""
    for direction_groups in {1, shape.num_directions}:
        group = threads // direction_groups
        for row_groups in range(1, min(group, shape.batch_size) + 1):
            for unit_groups in {1, min(group // row_groups, shape.hidden_size)}:
                used = direction_groups * row_groups * unit_groups
                if used > 1:
                    yield Schedule(used, direction_groups, row_groups, unit_groups)
    # A second direction needs all of the layer below, and backward goes through it as a whole.
    layer_groups = min(threads, shape.num_layers)
    if layer_groups > 1 and shape.num_directions == 1 and not training:
        yield Schedule(layer_groups, 1, 1, 1, layer_groups)


def choose_schedule(
    cell: CellSpec, shape: Shape, itemsize: int, threads: int, training: bool
) -> Schedule:
    """The schedule of least estimated time for one shape and at most ``threads`` threads."""

    def seconds(schedule: Schedule) -> float:
        return forward_seconds(cell, shape, itemsize, schedule)

    best = min(possible_schedules(shape, threads, training), key=seconds, default=ALONE)
    return best if seconds(best) < WORTHWHILE * seconds(ALONE) else ALONE


def streams(G: int, shape: Shape, input_size: int, itemsize: int) -> bool:
    """Whether a row alone begins the sums of steps ahead while its recurrent weights stream in.

    It reads the input weights once in a few steps, which is more often than it would in a product
    of their own: a loss once they and the recurrent weights push each other out of the last cache,
    and where registers hold so few rows ahead that a product of their own reads half as much.
    """
    if registers().few:
        return False
    weights = G * shape.hidden_size * (input_size + shape.hidden_size) * itemsize
    return weights * shape.num_directions <= last_cache_bytes() / 2
