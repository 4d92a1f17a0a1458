"""How a team of threads shares one network: the choice, and each thread's part of it."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, G = gates

from dataclasses import dataclass

from ..spec import CellSpec, Shape

# Below this many floating-point operations one thread is done before a second one has woken up.
SMALL_WORK = 2e6


@dataclass(frozen=True)
class Schedule:
    """Who does what in the loop over time.

    Attributes:
        threads: how many take part.
        direction_groups: 2 where half of the team runs each direction.
        row_groups: shares of the batch; the threads of different shares never wait for each other.
        unit_groups: shares of the hidden units; they meet at a barrier every step.
    """

    threads: int
    direction_groups: int
    row_groups: int
    unit_groups: int


ALONE = Schedule(1, 1, 1, 1)


def work(cell: CellSpec, shape: Shape) -> float:
    """Floating-point operations of the products of one forward pass."""
    G, H, B, T = cell.num_gates, shape.hidden_size, shape.batch_size, shape.seq_len
    return sum(2.0 * T * B * G * H * (I + H) for _, I, _ in shape.layers())


def choose_schedule(cell: CellSpec, shape: Shape, threads: int) -> Schedule:
    """The schedule for one shape and at most ``threads`` threads."""
    if threads == 1 or work(cell, shape) < SMALL_WORK:
        return ALONE
    direction_groups = 2 if shape.bidirectional and threads % 2 == 0 else 1
    group = threads // direction_groups
    if shape.batch_size >= 4 * group:
        return Schedule(threads, direction_groups, group, 1)
    return Schedule(threads, direction_groups, 1, group)
