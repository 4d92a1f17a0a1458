"""The buffers and records of one (T, B): made once, used by every call of that shape."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, U = unit vectors

from collections import Counter
from dataclasses import dataclass, field, replace
from time import perf_counter_ns as clock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..spec import CellSpec, Shape
from .host import l2_bytes
from .job import JOB, SHARE
from .pack import Geometry, aligned_zeros
from .rows import Deal, deal_rows
from .schedule import PIECES, Schedule, choose_schedule, step_seconds, streams
from .stream import AHEAD, stream_code
from .team import TEAM
from .tile import tile_code
from .weight_gradient import scratch_bytes
from .weights import Weights

Array = NDArray[Any]

CHUNK_BYTES = 1 << 18  # of sums that inference keeps in cache between projection and recurrence
# A thread takes over the hidden units of its group when it has waited for longer than its whole
# loop should take, and for longer than this many seconds.
SHORTEST_PATIENCE = 60e-6
LONGEST_REST = 128  # calls that fewer threads run after late ones
TRIALS = (2, 3)  # calls that fewer threads run, to know how long they take: not the very first
TAKEOVER = 1  # which number beside a group's counter says so
COUNTER_BYTES = 128  # apart, so that two counters never share a cache line or its neighbour


def address_of(array: Array) -> int:
    """Where an array's numbers begin."""
    address: int = array.__array_interface__["data"][0]  # a third of the time of array.ctypes
    return address


def near_bytes() -> int:
    """What panels may take of a core's second-level cache: the rest is for what they meet."""
    return l2_bytes() // 2


@dataclass
class Workspace:
    """What one (T, B) needs for inference or for training, and how its threads have fared."""

    jobs: Any
    shares: Any = None
    fresh_shares: Any = None
    resting_shares: Any = None
    counters: Any = None
    keep: list[Array] = field(default_factory=list)
    layer_outputs: list[Array] = field(default_factory=list)
    layer_gradients: list[Array] = field(default_factory=list)
    geometries: list[Geometry] = field(default_factory=list)
    patience: int = 0  # nanoseconds
    # Addresses, kept because NumPy takes 20 µs to tell one of a record: that of the jobs, and of
    # the shares with their number.
    jobs_address: int = 0
    sharing: tuple[int, int] = (0, 0)
    resting: tuple[int, int] = (0, 0)
    waited: Any = None  # nanoseconds that each thread waited in a call, where that was long
    zeros: Any = None
    bound: dict[str, object] = field(default_factory=dict)  # the call whose arrays jobs point to
    rest: int = 0  # calls to go before as many threads as there are shares take part again
    late: int = 0  # calls in a row that fewer threads would have been through with earlier
    waking: bool = False  # whether the threads may be asleep from a rest
    calls: Counter[int] = field(default_factory=Counter)  # of each entry
    fewer_took: dict[int, float] = field(default_factory=dict)  # nanoseconds a step, at the least
    # Of the call whose arrays are bound: steps of its longest row, and of all rows together.
    steps: int = 1
    valid_steps: int = 1
    row_groups: int = 1
    chunks: tuple[int, int] = (1, 1)  # of steps, in a full and in a ragged batch
    deal: Deal | None = None
    rings: list[Array] = field(default_factory=list)

    @property
    def is_ragged(self) -> bool:
        """Whether the rows of the call have different lengths."""
        return self.deal is not None

    def run(self, entry: int) -> None:
        """Run a call on the team; where that was slower than with fewer threads, rest from it.

        While other work takes the processors, waiting for a thread that does not run would be many
        times slower than doing its work; see ``team.step_barrier``.  And two processors that hear
        of each other late, as those of a virtual machine at times do, lose more at the meetings of
        a small network than they gain.  The results are the same bits.
        """
        if len(self.shares) == 1:
            TEAM.run(entry, self.jobs_address, *self.sharing)
            return
        begin = clock()
        self.calls[entry] += 1
        if self.rest > 0 or self.calls[entry] in TRIALS:
            self.rest = max(0, self.rest - 1)
            TEAM.run(entry, self.jobs_address, *self.resting)
            took = (clock() - begin) / self.valid_steps
            self.fewer_took[entry] = min(took, self.fewer_took.get(entry, took))
            self.waking = True
            return
        TEAM.run(entry, self.jobs_address, *self.sharing)
        took = (clock() - begin) / self.valid_steps
        # The first call after a rest wakes the threads, which says nothing of the next.
        judged, self.waking = not self.waking, False
        if judged:
            self._judge(entry, took)
        if self.waited.max() > 0:
            self.shares[...] = self.fresh_shares
            self.counters[:, TAKEOVER] = 0

    def _judge(self, entry: int, took: float) -> None:
        """Rest after late calls: at first for about as long as was lost in the last one.

        Where calls stay late, each rest is twice as long.  One late call may be chance, or the
        first touch of new memory.
        """
        fewer = self.fewer_took.get(entry, took)
        if took <= fewer:
            self.late = 0
            return
        self.late += 1
        if self.late > 1:
            doubled = 2.0 ** min(self.late - 2, LONGEST_REST)
            self.rest = int(min(LONGEST_REST, doubled * (took / fewer - 1)))


def make_workspace(
    cell: CellSpec, weights: Weights, shape: Shape, threads: int, *, training: bool
) -> Workspace:
    """Choose a schedule for a shape, and set up all that stays the same from call to call."""
    T, B, H, D = shape.seq_len, shape.batch_size, shape.hidden_size, shape.num_directions
    dtype = weights.dtype
    layers = list(shape.layers())
    work = Workspace(np.zeros(len(layers), JOB))
    work.zeros = aligned_zeros((B, H), dtype)
    schedule = choose_schedule(cell, shape, dtype.itemsize, threads, training)
    # Layers in turn need what the one below gave; layers side by side are all at work in theirs.
    kept = shape.num_layers if training or schedule.layer_groups > 1 else 3
    buffers = min(kept, shape.num_layers) - 1
    outputs = [aligned_zeros((T, B, D * H), dtype) for _ in range(buffers)]
    work.layer_outputs = [outputs[n % buffers] for n in range(shape.num_layers - 1)]
    if training and shape.num_layers > 1:
        pair = [aligned_zeros((T, B, D * H), dtype) for _ in range(2)]
        work.layer_gradients = [pair[n % 2] for n in range(shape.num_layers - 1)]
    work.row_groups = schedule.row_groups
    work.geometries = [weights.geometry(n, schedule.unit_groups) for n in range(len(layers))]
    widest = max(H, *(input_size for _, input_size, _ in layers))
    room = scratch_bytes(B, widest, dtype.itemsize, near_bytes())
    loop = T * step_seconds(cell, shape, dtype.itemsize, schedule)
    work.patience = int(1e9 * max(SHORTEST_PATIENCE, loop))
    work.fresh_shares = _make_shares(work, schedule, shape, schedule.threads, room)
    work.shares = work.fresh_shares.copy()
    if schedule.unit_groups > 1:
        fewer = schedule.threads // schedule.unit_groups
        resting = replace(schedule, threads=fewer, unit_groups=1)
        counters = work.counters
        work.resting_shares = _make_shares(work, resting, shape, schedule.threads, room)
        work.counters = counters
    for index, (layer, input_size, _) in enumerate(layers):
        _fill_job(
            work, weights, index, layer, input_size, shape, training, schedule.layer_groups > 1
        )
    work.jobs_address, work.waited = address_of(work.jobs), work.shares["waited"]
    work.sharing = address_of(work.shares), len(work.shares)
    work.resting = work.sharing[0], max(1, len(work.shares) // 2)
    if work.resting_shares is not None:
        work.resting = address_of(work.resting_shares), len(work.resting_shares)
    return work


def _fill_job(
    work: Workspace,
    weights: Weights,
    index: int,
    layer: int,
    input_size: int,
    shape: Shape,
    training: bool,
    overlapping: bool,
) -> None:
    """What a layer and direction keep from call to call."""
    T, B, H, D = shape.seq_len, shape.batch_size, shape.hidden_size, shape.num_directions
    geometry, layout = work.geometries[index], weights.layout
    dtype, lanes, direction = weights.dtype, geometry.lanes, index % D
    blocks, U = geometry.blocks, geometry.unit_vectors
    step = (blocks, B, layout.slots, U, lanes)
    step_bytes = int(np.prod(step)) * dtype.itemsize
    chunk = max(1, min(T // PIECES if overlapping else T, CHUNK_BYTES // step_bytes))
    streaming = streams(len(layout.x_gates), shape, input_size, dtype.itemsize)
    kept = T if training else max(chunk, 2 * AHEAD)
    # A ragged batch is projected along time, whose tiles want to be full.
    work.chunks = chunk, max(chunk, min(T, 2 * AHEAD))
    gates = aligned_zeros((kept, *step), dtype)
    states = (T + 1 if training else 1) if layout.state else 0
    state = aligned_zeros((states, blocks, B, U, lanes), dtype)
    carry = aligned_zeros((geometry.vectors, B, lanes), dtype)
    work.keep += [gates, state, carry]
    values = {
        "tile": tile_code(dtype.name), "stream": stream_code(dtype.name) if streaming else 0,
        "T": T, "B": B, "I": input_size, "H": H, "U": U, "blocks": blocks, "reverse": direction,
        "training": training, "chunk": chunk, "cache": near_bytes(),
        "gates": address_of(gates), "state": address_of(state), "carry": address_of(carry),
        "state_step": step_bytes // layout.slots if training else 0,
        "panel_vectors": geometry.hidden_gradient_vectors, "panels": geometry.panels,
        "y_row": D * H * dtype.itemsize, "y_step": B * D * H * dtype.itemsize,
    }  # fmt: skip
    for name in ("weight_x", "weight_h", "bias"):
        values[name] = address_of(weights.packed(name, index, geometry))
    if layer > 0:
        below = work.layer_outputs[layer - 1]
        values["x"], (values["x_step"], values["x_row"], _) = address_of(below), below.strides
    if layer < shape.num_layers - 1:
        values["y"] = address_of(work.layer_outputs[layer]) + direction * H * dtype.itemsize
    if overlapping:
        values["done"] = address_of(work.counters[-1 - layer])
        values["below"] = address_of(work.counters[-layer]) if layer > 0 else 0
    for name, value in values.items():
        work.jobs[index][name] = value


def _make_shares(work: Workspace, schedule: Schedule, shape: Shape, parts: int, room: int) -> Any:
    """Each thread's record: directions, rows and units that are its own.

    The products after the loop come in ``parts``, always the same ones, so that fewer threads give
    the same bits.  ``room`` is the scratch of each thread.
    """
    D, B, n = shape.num_directions, shape.batch_size, schedule.threads
    blocks, panels = work.geometries[0].blocks, work.geometries[0].panels
    groups = schedule.direction_groups * schedule.row_groups
    # Of the team: two; of each group: one; of each layer, the first one last: one.
    counters = aligned_zeros((2 + groups + shape.num_layers, COUNTER_BYTES // 8), np.int64)
    work.counters = counters
    scratch = aligned_zeros((n, room), np.uint8)
    work.keep += [counters, scratch]
    shares = np.zeros(n, SHARE)
    for thread in range(n):
        # Where layers overlap, each thread runs all of its own.
        group, unit = divmod(0 if schedule.layer_groups > 1 else thread, schedule.unit_groups)
        direction, rows = divmod(group, schedule.row_groups)
        values = {
            "thread": thread, "threads": n, "parts": parts,
            "part_first": thread * parts // n, "part_end": (thread + 1) * parts // n,
            "layers": shape.num_layers, "directions": D,
            "layer_groups": schedule.layer_groups, "layer_turn": thread % schedule.layer_groups,
            "direction_first": direction * D // schedule.direction_groups,
            "direction_end": (direction + 1) * D // schedule.direction_groups,
            "row_group": rows,
            "b_first": rows * B // schedule.row_groups,
            "b_end": (rows + 1) * B // schedule.row_groups,
            "block_first": unit * blocks // schedule.unit_groups,
            "block_end": (unit + 1) * blocks // schedule.unit_groups,
            "panel_first": unit * panels // schedule.unit_groups,
            "panel_end": (unit + 1) * panels // schedule.unit_groups,
            "group_size": schedule.unit_groups, "unit": unit,
            "patience": work.patience,
            "group_counter": address_of(counters[2 + group]),
            "team_counter": address_of(counters[0]), "finish_counter": address_of(counters[1]),
            "start_counter": TEAM.start_address, "scratch": address_of(scratch[thread]),
        }  # fmt: skip
        for name, value in values.items():
            shares[thread][name] = value
    return shares


def bind_lengths(work: Workspace, lengths: Any, batch: tuple[int, int]) -> None:
    """Have the next calls run the steps that each row of a batch of ``(T, B)`` has.

    ``lengths`` is ``(B,)``, or None where all are T.  Rows of one length are a full batch of as
    many steps, whatever the arrays have room for.
    """
    T, B = batch
    work.steps = T if lengths is None else int(lengths.max())
    work.valid_steps = T * B if lengths is None else int(lengths.sum())
    ragged = work.valid_steps < work.steps * B
    work.deal = deal_rows(lengths, work.row_groups) if ragged else None
    work.jobs["T"] = work.steps
    work.jobs["chunk"] = min(work.chunks[ragged], work.steps)
    if work.deal is None:
        return
    for name, numbers in work.deal._asdict().items():
        work.jobs[name] = address_of(numbers)
    if not work.rings:
        rows = work.zeros.shape
        work.rings = [aligned_zeros((2, *rows), work.zeros.dtype) for _ in work.jobs]
        for job, ring in zip(work.jobs, work.rings, strict=True):
            job["ring"] = address_of(ring)
