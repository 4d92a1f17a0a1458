"""The CUDA kernels in the simulator, against the float64 oracle: every rung, cell and precision.

Shapes are tiny, because every thread is a piece of Python; ``test_cuda_gate.py`` compiles the same
kernels for real devices.
"""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

from dataclasses import replace

import numpy as np
import pytest
from kernel_trials import (
    MULTIPLE,
    ROUNDING,
    check_against_oracle,
    check_low_precision,
    make_layer,
    name_of,
    named,
    run_layer,
    run_reference,
    states_of,
)

pytest.importorskip("greenlet")

from lstmbench_kernels.cuda import schedule, simulator
from lstmbench_kernels.cuda.limits import Limits
from lstmbench_kernels.cuda.precision import PRECISIONS
from lstmbench_kernels.cuda.schedule import Sizes, candidates
from lstmbench_kernels.dtypes import ARRAY_DTYPES
from lstmbench_kernels.problem import make_problem
from lstmbench_kernels.spec import CELLS, LSTM, CellSpec, Shape

SMALL = Shape(3, 2, 3, 5)
STACK = Shape(2, 3, 4, 6, num_layers=2, bidirectional=True, bias=False)

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=name_of)
every_rung = pytest.mark.parametrize("rung", schedule.RUNGS)
every_low_precision = pytest.mark.parametrize("dtype", list(ROUNDING))


@every_cell
@every_rung
def test_every_rung_agrees_with_the_oracle(cell: CellSpec, rung: str) -> None:
    check_against_oracle(cell, SMALL, "float32", device="cuda", algorithm=rung)


@every_rung
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_stacks_in_both_directions_agree_with_the_oracle(rung: str, dtype: str) -> None:
    check_against_oracle(LSTM, STACK, dtype, device="cuda", algorithm=rung)


@pytest.mark.parametrize(
    ("cell", "rung"),
    [*((cell, "persistent") for cell in CELLS.values()), (LSTM, "step"), (LSTM, "graph")],
    ids=lambda case: case if isinstance(case, str) else case.name,
)
def test_only_the_valid_steps_of_ragged_batches_count(cell: CellSpec, rung: str) -> None:
    shape = replace(SMALL, seq_len=4, batch_size=3, bidirectional=True)
    check_against_oracle(cell, shape, "float32", lengths=(2, 4, 1), device="cuda", algorithm=rung)


@pytest.mark.parametrize("lengths", [(1, 1, 1), (1, 2, 1), (2, 2, 2)])
def test_stacks_of_ragged_batches_agree_with_the_oracle(lengths: tuple[int, ...]) -> None:
    check_against_oracle(LSTM, STACK, "float64", lengths=lengths, device="cuda")


def test_other_lengths_of_the_same_arrays_are_another_call() -> None:
    problem = make_problem(LSTM, Shape(3, 2, 2, 3))
    layer = make_layer(LSTM, problem.shape, device="cuda")
    layer.load_state_dict(problem.parameters)
    for lengths in ((3, 1), (), (2, 3)):
        _, wanted = run_reference(replace(problem, lengths=lengths).astype("float64"))
        _, gradients = run_layer(layer, replace(problem, lengths=lengths))
        for name, expected in wanted.items():
            np.testing.assert_allclose(gradients[name], expected, atol=1e-5, err_msg=name)


@every_cell
def test_float64_agrees_with_the_oracle(cell: CellSpec) -> None:
    check_against_oracle(cell, SMALL, "float64", device="cuda", algorithm="persistent")


@every_cell
@every_low_precision
def test_tensor_cores_agree_with_the_oracle(cell: CellSpec, dtype: str) -> None:
    check_low_precision(cell, SMALL, dtype, algorithm="persistent")


@every_low_precision
@every_rung
def test_tensor_cores_on_every_rung(dtype: str, rung: str) -> None:
    check_low_precision(LSTM, replace(SMALL, bidirectional=True), dtype, algorithm=rung)


@every_cell
@pytest.mark.parametrize(
    "shape",
    [Shape(1, 1, 1, 1), Shape(2, 9, 2, 3), Shape(2, 1, 1, 17), Shape(3, 1, 33, 2)],
    ids=name_of,
)
def test_odd_shapes_agree_with_the_oracle(cell: CellSpec, shape: Shape) -> None:
    check_against_oracle(cell, shape, "float32", device="cuda")


def plans(precision: str, sizes: Sizes, limits: Limits):
    """The candidates that differ in more than their numbers: one of each sort."""
    found = {}
    for plan in candidates(PRECISIONS[precision], sizes, limits, whole=True):
        sort = (
            plan.tile,
            plan.alone,
            plan.groups > 1,
            plan.warps_n > 1,
            plan.warps_k_shift > 0,
            plan.kept > 0,
            plan.chunks > plan.kept + plan.tile.resident,
        )
        found.setdefault(sort, plan)
    return list(found.values())


@pytest.mark.parametrize("precision", ["float32", "float16"])
@pytest.mark.parametrize("shared_bytes", [6 * 1024, 227 * 1024])
def test_every_sort_of_plan_gives_the_same(
    precision: str, shared_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that are never the fastest; with little shared memory, weights come from L2."""
    limits = Limits(simulator.LIMITS.multiprocessors, shared_bytes)
    shape = Shape(2, 3, 2, 20)
    problem = make_problem(LSTM, shape, dtype=ARRAY_DTYPES[precision])
    truth, _ = run_reference(problem.astype("float64"))
    sizes = Sizes(hidden=20, unit_rows=4, depth=20, batch=3, directions=1)
    of_each_sort = plans(precision, sizes, limits)
    assert len(of_each_sort) > 5
    for plan in of_each_sort:
        monkeypatch.setattr(schedule, "choose", lambda *_, plan=plan: plan)
        layer = make_layer(LSTM, shape, precision, device="cuda", algorithm="persistent")
        outputs, _ = run_layer(layer, problem, training=False)
        for name, expected in truth.items():
            error = np.abs(outputs[name].astype(np.float64) - expected).max()
            assert error <= MULTIPLE * (2**-11 if precision == "float16" else 2**-24), plan


def test_the_order_of_threads_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing barrier would show: the same bits whoever comes first."""
    problem = make_problem(LSTM, STACK)
    found = []
    for seed in range(3):
        monkeypatch.setattr(simulator, "SEED", seed)
        layer = make_layer(LSTM, STACK, device="cuda", algorithm="persistent")
        outputs, gradients = run_layer(layer, problem)
        found.append({**outputs, **gradients})
    for other in found[1:]:
        for name, array in found[0].items():
            np.testing.assert_array_equal(array, other[name], err_msg=name)


@every_cell
def test_a_replayed_graph_agrees_with_the_oracle(cell: CellSpec) -> None:
    """The second call with the same arrays is the first that is replayed."""
    problem = make_problem(cell, SMALL)
    truth, true_gradients = run_reference(problem.astype("float64"))
    layer = make_layer(cell, SMALL, device="cuda", algorithm="graph")
    layer.load_state_dict(problem.parameters)
    states = states_of(cell, problem.inputs, "0")
    dstates = states_of(cell, {k[1:]: v for k, v in problem.upstream.items()}, "T")
    out, gradients = None, None
    for _ in range(3):
        out = layer.forward(problem.inputs["x"], states, training=True, out=out)
        gradients = layer.backward(problem.upstream["dy"], dstates, out=gradients)
        assert gradients is not None
        for got, wanted in ((named(cell, *out), truth), (gradients, true_gradients)):
            for name, expected in wanted.items():
                np.testing.assert_allclose(got[name], expected, atol=1e-5, err_msg=name)
                if name != "y":  # so that what is not written again shows
                    got[name][...] = np.nan


def test_a_layer_can_be_called_again_with_other_shapes_and_weights() -> None:
    layer = make_layer(LSTM, SMALL, device="cuda")
    for seed, shape in enumerate((SMALL, replace(SMALL, seq_len=2, batch_size=4), SMALL)):
        problem = make_problem(LSTM, shape, seed=seed)
        truth, gradients = run_reference(problem.astype("float64"))
        outputs, found = run_layer(layer, problem)
        for got, wanted in ((outputs, truth), (found, gradients)):
            for name, expected in wanted.items():
                np.testing.assert_allclose(got[name], expected, atol=1e-5, err_msg=name)
