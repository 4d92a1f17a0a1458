"""The CPU kernels against the float64 oracle and PyTorch, over every kind of network and shape."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from conftest import require_peer
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_trials import (
    check_against_oracle,
    make_layer,
    name_of,
    run_layer,
    states_of,
)

from lstmbench_kernels.cpu import workspace
from lstmbench_kernels.cpu.schedule import Schedule
from lstmbench_kernels.problem import make_problem
from lstmbench_kernels.spec import CELLS, CellSpec, Shape

SIZES = [
    Shape(1, 1, 1, 1),
    Shape(7, 3, 5, 9),  # nothing a vector width divides
    Shape(6, 1, 20, 52),
    Shape(23, 1, 20, 52),
    Shape(11, 2, 3, 40),  # a row for each of two threads
    Shape(1, 5, 3, 33),
    Shape(9, 13, 17, 64),
    Shape(2, 300, 4, 20),  # more rows than one panel of the weight gradient holds
]
STACKS = [
    {"num_layers": layers, "bidirectional": both, "bias": bias}
    for layers, both, bias in product((1, 2), (False, True), (True, False))
]
LARGE = Shape(25, 34, 130, 200, bidirectional=True)

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=name_of)
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])


@every_cell
@every_dtype
@pytest.mark.parametrize("size", SIZES, ids=name_of)
def test_kernels_agree_with_the_oracle(cell: CellSpec, dtype: str, size: Shape) -> None:
    for stack in STACKS:
        check_against_oracle(cell, replace(size, **stack), dtype, num_threads=2)


@every_cell
@every_dtype
def test_a_row_that_begins_the_steps_ahead_agrees_with_the_oracle(
    cell: CellSpec, dtype: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On every processor, also where it would not pay."""
    monkeypatch.setattr(workspace, "streams", lambda *_: True)
    for size in (Shape(23, 1, 20, 52), Shape(11, 2, 3, 40, bidirectional=True)):
        check_against_oracle(cell, size, dtype, num_threads=2)


@every_cell
@every_dtype
def test_a_large_network_agrees_with_the_oracle(cell: CellSpec, dtype: str) -> None:
    check_against_oracle(cell, LARGE, dtype, num_threads=2)


LENGTHS = {
    Shape(1, 3, 4, 5): (1, 1, 1),
    Shape(7, 1, 5, 9): (4,),
    Shape(9, 6, 20, 52): (4, 9, 1, 7, 9, 3),
    Shape(30, 13, 17, 64): (3, 30, 1, 28, 9, 9, 9, 17, 5, 2, 30, 11, 20),
    Shape(12, 4, 8, 40): (5, 9, 9, 2),  # none as long as the arrays have room for
    Shape(300, 2, 3, 8): (290, 3),  # more steps than one panel of the weight gradient holds
}


@every_cell
@every_dtype
@pytest.mark.parametrize("size", LENGTHS, ids=name_of)
def test_only_the_valid_steps_of_ragged_batches_count(
    cell: CellSpec, dtype: str, size: Shape
) -> None:
    for layers, both, threads in ((1, False, 1), (2, True, 2), (3, False, 2), (1, True, 3)):
        shape = replace(size, num_layers=layers, bidirectional=both)
        check_against_oracle(cell, shape, dtype, lengths=LENGTHS[size], num_threads=threads)


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_any_lengths_agree_with_the_oracle(data: st.DataObject) -> None:
    cell = data.draw(st.sampled_from(list(CELLS.values())))
    T, B = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 20))
    sizes = data.draw(st.tuples(st.integers(1, 70), st.integers(1, 70), st.integers(1, 3)))
    shape = Shape(T, B, *sizes, data.draw(st.booleans()), data.draw(st.booleans()))
    lengths = tuple(data.draw(st.lists(st.integers(1, T), min_size=B, max_size=B)))
    dtype, threads = (
        data.draw(st.sampled_from(["float32", "float64"])),
        data.draw(st.integers(1, 3)),
    )
    check_against_oracle(cell, shape, dtype, lengths=lengths, num_threads=threads)


@every_cell
@settings(deadline=None, max_examples=25)
@given(
    shape=st.builds(
        Shape,
        seq_len=st.integers(1, 12),
        batch_size=st.integers(1, 20),
        input_size=st.integers(1, 70),
        hidden_size=st.integers(1, 70),
        num_layers=st.integers(1, 3),
        bidirectional=st.booleans(),
        bias=st.booleans(),
    ),
    dtype=st.sampled_from(["float32", "float64"]),
    threads=st.integers(1, 3),
    seed=st.integers(0, 2**32),
)
def test_any_shape_agrees_with_the_oracle(
    cell: CellSpec, shape: Shape, dtype: str, threads: int, seed: int
) -> None:
    check_against_oracle(cell, shape, dtype, seed=seed, num_threads=threads)


SCHEDULES = [
    Schedule(1, 1, 1, 1),
    Schedule(2, 1, 2, 1),
    Schedule(2, 1, 1, 2),
    Schedule(2, 2, 1, 1),
    Schedule(4, 2, 1, 2),
    Schedule(4, 1, 2, 2),
    Schedule(5, 1, 1, 5),
]


@every_cell
@pytest.mark.parametrize("schedule", SCHEDULES, ids=str)
def test_every_schedule_agrees_with_the_oracle(
    cell: CellSpec, schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that this machine would not choose, with more threads than it has cores."""
    monkeypatch.setattr("lstmbench_kernels.cpu.workspace.choose_schedule", lambda *_: schedule)
    shape = Shape(5, 7, 19, 70, num_layers=2, bidirectional=True)
    check_against_oracle(cell, shape, "float32", num_threads=schedule.threads)


@every_cell
@pytest.mark.parametrize("groups", [2, 3])
@pytest.mark.parametrize("batch_size", [1, 7])
def test_layers_that_overlap_agree_with_the_oracle(
    cell: CellSpec, groups: int, batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each layer a piece of the steps behind the one below; fewer threads give the same bits."""
    overlapping = Schedule(groups, 1, 1, 1, layer_groups=groups)
    monkeypatch.setattr(
        "lstmbench_kernels.cpu.workspace.choose_schedule",
        lambda *arguments: Schedule(1, 1, 1, 1) if arguments[-1] else overlapping,
    )
    shape = Shape(37, batch_size, 19, 70, num_layers=4)
    check_against_oracle(cell, shape, "float32", num_threads=groups)

    problem = make_problem(cell, shape)
    layer = make_layer(cell, shape, num_threads=groups)
    results = [run_layer(layer, problem, training=False)[0] for _ in range(4)]
    for other in results[1:]:
        for name, array in results[0].items():
            np.testing.assert_array_equal(other[name], array, err_msg=name)


@every_cell
def test_threads_change_results_by_rounding_only(cell: CellSpec) -> None:
    problem = make_problem(cell, Shape(20, 17, 40, 72, num_layers=2, bidirectional=True))
    results = [
        run_layer(make_layer(cell, problem.shape, num_threads=threads), problem)
        for threads in (1, 2, 3)
    ]
    for other in results[1:]:
        for alone, shared in zip(results[0], other, strict=True):
            for name, array in alone.items():
                np.testing.assert_allclose(shared[name], array, rtol=2e-5, atol=2e-5, err_msg=name)


@every_cell
def test_the_same_call_gives_the_same_bits(cell: CellSpec) -> None:
    problem = make_problem(cell, Shape(20, 9, 33, 65, bidirectional=True))
    layer = make_layer(cell, problem.shape, num_threads=2)
    first, again = run_layer(layer, problem), run_layer(layer, problem)
    for one, two in zip(first, again, strict=True):
        for name, array in one.items():
            np.testing.assert_array_equal(two[name], array, err_msg=name)


@every_cell
def test_hostile_numbers_go_through(cell: CellSpec) -> None:
    """Infinite and huge inputs saturate, NaN stays where it belongs, and nothing hangs."""
    problem = make_problem(cell, Shape(3, 4, 5, 7))
    x = problem.inputs["x"].copy()
    clean, _ = run_layer(make_layer(cell, problem.shape), problem, training=False)
    x[:, 1] = np.nan
    x[:, 2] = 1e30
    layer = make_layer(cell, problem.shape)
    layer.load_state_dict(problem.parameters)
    with np.errstate(all="ignore"):
        y, _ = layer.forward(x, states_of(cell, problem.inputs, "0"))
    np.testing.assert_array_equal(y[:, [0, 3]], clean["y"][:, [0, 3]])
    assert np.isnan(y[:, 1]).all()
    if cell.name != "rnn-relu":  # whose outputs have no bound
        assert np.abs(y[:, 2]).max() <= max(1.0, np.abs(problem.inputs["h0"]).max())


@pytest.mark.peer
@every_cell
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_kernels_agree_with_torch(cell: CellSpec, bidirectional: bool, bias: bool) -> None:
    torch = require_peer("torch")
    shape = Shape(11, 6, 13, 37, num_layers=2, bidirectional=bidirectional, bias=bias)
    problem = make_problem(cell, shape, dtype="float64")
    kind = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.get(cell.name, torch.nn.RNN)
    options = {"nonlinearity": cell.name[4:]} if cell.name.startswith("rnn") else {}
    peer = kind(13, 37, 2, bidirectional=bidirectional, bias=bias, **options).double()
    problem = replace(problem, parameters={k: v.numpy() for k, v in peer.state_dict().items()})

    inputs = {k: torch.from_numpy(v).requires_grad_() for k, v in problem.inputs.items()}
    y, states = peer(inputs["x"], states_of(cell, inputs, "0"))
    several = states if isinstance(states, tuple) else (states,)
    ends = [torch.from_numpy(problem.upstream[f"d{name}T"]) for name in cell.states]
    torch.autograd.backward((y, *several), (torch.from_numpy(problem.upstream["dy"]), *ends))

    outputs, gradients = run_layer(make_layer(cell, shape, "float64"), problem)
    expected = {"y": y, **{f"{n}T": s for n, s in zip(cell.states, several, strict=True)}}
    for name, tensor in expected.items():
        np.testing.assert_allclose(outputs[name], tensor.detach().numpy(), rtol=0, atol=1e-12)
    named = {**inputs, **dict(peer.named_parameters())}
    for name, array in gradients.items():
        truth = named[name].grad.numpy()
        np.testing.assert_allclose(
            array, truth, rtol=0, atol=1e-12 * max(1, np.abs(truth).max()), err_msg=name
        )
