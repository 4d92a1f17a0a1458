"""The matrix of ``verify`` leaves nothing out, and its table names the worst of each kind."""

from collections import Counter
from itertools import product

import pytest
from conftest import a_row, a_workload
from rich.console import Console

from lstmbench.records import Errors, Outcome
from lstmbench.running import verification
from lstmbench.running.verification import SHAPES, make_plan, matrix, share_of_tolerance, worst_of
from lstmbench_kernels.spec import CELLS


def verified(workload, output, gradient, tolerance=1e-6, backend="fake"):
    error = Errors(output=output, gradient=gradient, tolerance=tolerance)
    outcome = Outcome(status="skipped", reason="verified only", error=error)
    return a_row(workload, backend=backend, outcome=outcome)


def test_every_combination_is_there_exactly_once():
    found = Counter(
        (w.cell, w.bidirectional, w.num_layers, w.bias, w.dtype, w.mode,
         (w.seq_len, w.batch_size, w.input_size, w.hidden_size))
        for w in matrix()
    )  # fmt: skip

    assert found == Counter(
        product(
            ("rnn-tanh", "rnn-relu", "lstm", "gru"), (False, True), (1, 2), (True, False),
            ("float32", "float64"), ("infer", "train"), SHAPES,
        )
    )  # fmt: skip
    assert set(found.values()) == {1}


def test_the_precisions_are_those_that_are_asked_for():
    assert {w.dtype for w in matrix(dtypes=("tf32", "float16"))} == {"tf32", "float16"}


def test_the_shapes_hold_the_cases_that_break_kernels():
    assert (1, 1, 1, 1) in SHAPES
    assert any(T > 1 and B == 1 for T, B, _, _ in SHAPES)
    assert any(T == 1 and B > 1 for T, B, _, _ in SHAPES)
    assert any(all(size % 2 and size > 1 for size in shape) for shape in SHAPES)
    assert any(T * B * H >= 100_000 for T, B, _, H in SHAPES)


def test_every_row_of_the_matrix_has_its_own_id():
    ids = [w.id for w in matrix()]

    assert len(set(ids)) == len(ids)


def test_a_plan_has_the_matrix_of_the_cells_that_were_asked_for():
    plan = make_plan(["fake", "numpy"], matrix(["gru"]), required=True, threads=[2])

    assert {w.cell for w in plan.workloads} == {"gru"}
    assert len(plan.workloads) * len(CELLS) == len(list(matrix()))
    assert (plan.backends, plan.threads, plan.required) == (("fake", "numpy"), (2,), True)


@pytest.mark.parametrize(
    ("output", "gradient", "share"), [(2e-7, None, 0.2), (2e-7, 5e-7, 0.5), (2e-6, 0.0, 2.0)]
)
def test_the_share_is_the_worst_error_over_the_tolerance(output, gradient, share):
    workload = a_workload(mode="train" if gradient is not None else "infer")

    assert share_of_tolerance(verified(workload, output, gradient)) == pytest.approx(share)


def test_the_worst_of_a_backend_cell_and_precision_may_be_three_rows():
    small, middle, large = (a_workload(mode="train", seq_len=n) for n in (1, 2, 3))
    rows = [
        verified(small, 5e-7, 1e-7),
        verified(middle, 1e-7, 6e-7),
        verified(large, 2e-7, 2e-7, tolerance=2.1e-7),
        verified(a_workload(mode="infer"), 1e-7, None),
    ]

    (worst,) = worst_of(rows)

    assert (worst.backend, worst.cell, worst.dtype, worst.rows) == ("fake", "lstm", "float32", 4)
    assert worst.output is rows[0]
    assert worst.gradient is rows[1]
    assert worst.share is rows[2]


def test_backends_cells_directions_and_precisions_are_kept_apart():
    one = verified(a_workload(), 1e-7, None)
    others = [
        verified(a_workload(), 1e-7, None, backend="numpy"),
        verified(a_workload(cell="gru"), 1e-7, None),
        verified(a_workload(bidirectional=True), 1e-7, None),
        verified(a_workload(dtype="float64"), 1e-7, None),
    ]

    assert [worst.rows for worst in worst_of([one, *others])] == [1] * 5


def test_a_row_without_an_error_has_no_place_among_the_worst():
    row = a_row(outcome=Outcome(status="unavailable", reason="not here"))

    assert worst_of([row]) == []


def test_the_table_marks_what_is_above_its_bound():
    rows = [
        verified(a_workload(mode="train"), 1.4e-6, 3e-7),
        verified(a_workload(cell="gru"), 2e-7, None),
    ]
    console = Console(width=100, no_color=True)
    with console.capture() as capture:
        console.print(verification.table(worst_of(rows)))
    lines = capture.get().splitlines()

    assert lines[1].split()[:7] == ["fake", "lstm", "float32", "1", "1.4e-06", "3.0e-07", "140.0"]
    assert "train T3-B2-I4-H5-L1" in lines[1]
    assert lines[2].split()[:6] == ["fake", "gru", "float32", "1", "2.0e-07", "20.0"]
    assert max(map(len, lines)) <= 100


def test_random_shapes_are_as_many_as_asked_and_the_same_for_a_seed():
    first = list(verification.random_workloads(50, 3, ("lstm", "gru")))
    assert len(first) == 50
    assert first == list(verification.random_workloads(50, 3, ("lstm", "gru")))
    assert first != list(verification.random_workloads(50, 4, ("lstm", "gru")))


def test_random_shapes_reach_every_kind_and_every_order_of_magnitude():
    found = list(verification.random_workloads(400, 0, tuple(CELLS)))
    assert {w.cell for w in found} == set(CELLS)
    assert {(w.mode, w.dtype, w.bidirectional, w.bias) for w in found} == set(
        product(("infer", "train"), ("float32", "float64"), (False, True), (False, True))
    )
    assert {w.num_layers for w in found} == {1, 2, 3}
    sizes = [w.hidden_size for w in found]
    assert min(sizes) == 1
    assert 100 < max(sizes) <= 150
