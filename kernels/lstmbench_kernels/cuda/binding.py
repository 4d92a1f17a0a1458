"""What a call of a network launches: kernels bound to the arrays of the call."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

from math import ceil
from typing import Any

from .arrays import Operand
from .backward import make_backward
from .forward import make_forward
from .job import PADDING, RECURRENCE
from .limits import THREADS
from .padding import make_padded_copy
from .products import bias_gradients, product
from .recurrence import Kind
from .schedule import Plan
from .work import Launch, Operands, Work

_FORWARD_ONLY = {"bias", "h0", "state0", "y", "y_step", "y_row", "hT", "cT"}
_BACKWARD_ONLY = {"dy", "dy_step", "dy_row", "dhT", "dcT", "dh0", "dc0"}


def bind_forward(
    work: Work, plan: Plan, inputs: Operands, outputs: Operands, training: bool
) -> list[Launch]:
    launches: list[Launch] = []
    work.inputs, work.outputs = inputs, outputs
    x = inputs["x"]
    if training and work.is_ragged:
        launches += _padded_copy(work, x)
    for layer in range(work.shape.num_layers):
        last = layer == work.shape.num_layers - 1
        y = outputs["y"] if last else work.between("y", layer)
        for direction in range(work.shape.num_directions):
            launches += _input_part(work, layer, direction, x)
        records = work.record(
            f"forward {layer}",
            RECURRENCE,
            [
                _recurrence(work, plan, "recurrent", layer, direction)
                | _forward_arrays(work, layer, direction, inputs, outputs, y)
                for direction in range(work.shape.num_directions)
            ],
        )
        kind = Kind(
            work.cell.name,
            work.precision.name,
            plan.tile,
            plan.whole,
            plan.alone,
            training,
            work.is_ragged,
        )
        launches += _steps(make_forward(kind), plan, records, -1, work.steps)
        x = y
    return launches


def _forward_arrays(
    work: Work,
    layer: int,
    direction: int,
    inputs: Operands,
    outputs: Operands,
    y: Operand,
) -> dict[str, int]:
    index = layer * work.shape.num_directions + direction
    item, H = work.precision.item_bytes, work.shape.hidden_size
    state_bytes = index * work.batch * H * item
    own_state = "h0" if work.layout.carry_is_h else "c0"

    bias = work.weights.address("bias", layer)
    return {
        **dict.fromkeys(_BACKWARD_ONLY, 0),
        "bias": bias + direction * work.weights.nbytes("bias", layer),
        "h0": _state(work, inputs, "h0", state_bytes),
        "state0": _state(work, inputs, own_state, state_bytes),
        "y": y.address + direction * H * item,
        "y_step": y.strides[0],
        "y_row": y.strides[1],
        "hT": outputs["hT"].address + state_bytes,
        "cT": outputs["cT"].address + state_bytes if "cT" in outputs else 0,
    }


def _recurrence(work: Work, plan: Plan, weights: str, layer: int, direction: int) -> dict[str, int]:
    """What both passes tell their kernel."""
    B, H, size = work.batch, work.shape.hidden_size, work.precision.sum_bytes
    place = f"{weights} {layer} {direction}"
    states = (work.steps + 1) * B * H * size if work.layout.state else 16
    own = work.weights.address(weights, layer, plan)
    return {
        "steps": work.steps,
        "batch": B,
        "hidden": H,
        "units": plan.units,
        "units_shift": plan.units_shift,
        "group_rows": plan.group_rows,
        "blocks": plan.blocks,
        "warps_k_shift": plan.warps_k_shift,
        "chunks": plan.chunks,
        "kept_chunks": plan.kept,
        "row_bytes": plan.row_bytes,
        "sums_stride": plan.stride,
        "reverse": direction,
        "weights": own + direction * work.weights.nbytes(weights, layer, plan),
        "gates": work.gates(layer, direction)[0],
        "states": work.arena.address(f"states {layer} {direction}", states),
        "state": work.arena.address(f"state {place}", B * H * size),
        "operand": work.arena.address(f"operand {place}", 2 * plan.operand_bytes, zero=True),
        "operand_bytes": plan.operand_bytes,
        "counters": work.arena.address(f"counters {place}", 4 * plan.groups, zero=True),
        "lengths": work.lengths_address(),
        "h_before": work.h_before(layer, direction),
    }


def _padded(work: Work, x: Operand) -> Operand:
    """Where the input of a ragged batch lies, with zeros beyond the ends."""
    T, B, I = x.shape
    item = work.precision.item_bytes
    address = work.arena.address("padded x", T * B * I * item)
    return Operand(None, address, x.shape, (B * I * item, I * item, item))


def _padded_copy(work: Work, x: Operand) -> list[Launch]:
    T, B, I = x.shape
    record = work.record(
        "padded x",
        PADDING,
        [
            {
                "steps": T,
                "batch": B,
                "columns": I,
                "lengths": work.lengths_address(),
                "source": x.address,
                "source_step": x.strides[0],
                "source_row": x.strides[1],
                "target": _padded(work, x).address,
            }
        ],
    )
    kernel = make_padded_copy(work.precision.name)
    grid = B, ceil(I / THREADS), 1
    return [lambda stream: kernel.launch(grid, THREADS, 0, stream, record)]


def _input_part(work: Work, layer: int, direction: int, x: Operand) -> list[Launch]:
    """x·W of all steps, into the gates."""
    row = work.weights.row_bytes("input", layer)
    weights = work.weights.address("input", layer)
    gates, gate_row = work.gates(layer, direction)
    item = work.precision.item_bytes
    # Rows of x are one behind the other, or one step after the other with a row each.
    return product(
        work,
        f"input part {layer} {direction}",
        rows=work.steps * work.batch,
        columns=len(work.layout.x_gates) * work.shape.hidden_size,
        depth=x.shape[2],
        a=(x.address, x.strides[1], item),
        b=(weights + direction * work.weights.nbytes("input", layer), row, item),
        c=(gates, gate_row),
    )


def bind_backward(work: Work, plan: Plan, upstream: Operands, gradients: Operands) -> list[Launch]:
    launches: list[Launch] = []
    directions, layers = work.shape.num_directions, work.shape.num_layers
    inputs, outputs = work.inputs, work.outputs
    for layer in reversed(range(layers)):
        dy = upstream["dy"] if layer == layers - 1 else work.between("dy", layer)
        dx = gradients.get("x") if layer == 0 else work.between("dy", layer - 1)
        x = inputs["x"] if layer == 0 else work.between("y", layer - 1)
        if layer == 0 and work.is_ragged:
            x = _padded(work, x)
        y = outputs["y"] if layer == layers - 1 else work.between("y", layer)
        records = work.record(
            f"backward {layer}",
            RECURRENCE,
            [
                _recurrence(work, plan, "recurrent_transposed", layer, direction)
                | _backward_arrays(work, layer, direction, upstream, gradients, dy)
                for direction in range(directions)
            ],
        )
        kind = Kind(
            work.cell.name,
            work.precision.name,
            plan.tile,
            plan.whole,
            plan.alone,
            ragged=work.is_ragged,
        )
        launches += _steps(make_backward(kind), plan, records, 0, work.steps + 1)
        for direction in range(directions):
            launches += _after(work, layer, direction, inputs, x, y, dx, gradients)
    return launches


def _backward_arrays(
    work: Work,
    layer: int,
    direction: int,
    upstream: Operands,
    gradients: Operands,
    dy: Operand,
) -> dict[str, int]:
    index = layer * work.shape.num_directions + direction
    item, H = work.precision.item_bytes, work.shape.hidden_size
    state_bytes = index * work.batch * H * item

    return {
        **dict.fromkeys(_FORWARD_ONLY, 0),
        "dy": dy.address + direction * H * item,
        "dy_step": dy.strides[0],
        "dy_row": dy.strides[1],
        "dhT": _state(work, upstream, "dhT", state_bytes),
        "dcT": _state(work, upstream, "dcT", state_bytes),
        "dh0": gradients["h0"].address + state_bytes,
        "dc0": gradients["c0"].address + state_bytes if "c0" in gradients else 0,
    }


def _after(
    work: Work,
    layer: int,
    direction: int,
    inputs: Operands,
    x: Operand,
    y: Operand,
    dx: Operand | None,
    gradients: Operands,
) -> list[Launch]:
    """The products over all steps: dx, dW, dR, and the sums that are the biases' gradients."""
    T, B, H, item = work.steps, work.batch, work.shape.hidden_size, work.precision.item_bytes
    layout, index = work.layout, layer * work.shape.num_directions + direction
    suffix = list(work.shape.layers())[index][2]
    gates, gate_row = work.gates(layer, direction)
    x_columns, h_columns = len(layout.x_gates) * H, len(layout.h_gates) * H
    h_gates = gates + layout.h_first * H * item
    # Slot 0 belongs to gate x_gates[0]; the other gates follow round.
    rotate = layout.x_gates[0] * H
    place = f"{layer} {direction}"
    transposed = work.weights.address("input_transposed", layer)
    transposed += direction * work.weights.nbytes("input_transposed", layer)
    launches = []
    if dx is not None:
        launches += product(
            work,
            f"dx {place}",
            rows=T * B,
            columns=x.shape[2],
            depth=x_columns,
            a=(gates, gate_row, item),
            b=(transposed, work.weights.row_bytes("input_transposed", layer), item),
            c=(dx.address, dx.strides[1]),
            accumulate=direction > 0,
        )
    launches += product(
        work,
        f"dW {place}",
        rows=x_columns,
        columns=x.shape[2],
        depth=T * B,
        a=(gates, item, gate_row),
        b=(x.address, item, x.strides[1]),
        c=(gradients["weight_ih" + suffix].address, x.shape[2] * item),
        rotate=rotate,
    )
    # The hidden state before each step: y of the step before, and at first h0.
    y_own, y_row = y.address + direction * H * item, y.strides[1]
    h0 = _state(work, inputs, "h0", index * B * H * item)
    if work.is_ragged:  # rows begin at different steps
        before = rest = (work.h_before(layer, direction), H * item)
        first = T * B
    elif direction:
        before, rest, first = (y_own + B * y_row, y_row), (h0, H * item), (T - 1) * B
    else:
        before, rest, first = (h0, H * item), (y_own, y_row), B
    launches += product(
        work,
        f"dR {place}",
        rows=h_columns,
        columns=H,
        depth=T * B,
        a=(h_gates, item, gate_row),
        b=(before[0], item, before[1]),
        b_rest=(first, *rest),
        c=(gradients["weight_hh" + suffix].address, H * item),
    )
    if work.shape.bias:
        launches += bias_gradients(work, place, gates, suffix, gradients)
    return launches


def _state(work: Work, given: Operands, name: str, state_bytes: int) -> int:
    """The address of one direction's part of a state, or of zeros where it is left out."""
    return given[name].address + state_bytes if name in given else work.zeros()


def _steps(kernel: Any, plan: Plan, records: int, first: int, last: int) -> list[Launch]:
    """One launch for all steps from first to last, or one for each."""
    spans = [(first, last)] if plan.whole else [(n, n + 1) for n in range(first, last)]

    def launch_of(begin: int, end: int) -> Launch:
        return lambda stream: kernel.launch(
            plan.grid, plan.threads, plan.shared_bytes, stream, records, begin, end
        )

    return [launch_of(*span) for span in spans]
