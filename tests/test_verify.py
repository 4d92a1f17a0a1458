"""What is right is right by a stated rule, and nothing that is wrong passes for it."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import a_workload

from lstmbench.backends import numpy_cpu
from lstmbench.correctness.rounding import to_significand
from lstmbench.correctness.verify import (
    FLOAT32_CEILING,
    FLOAT64_TOLERANCE,
    FLOOR,
    MIXED_CEILING,
    MIXED_FLOOR,
    MULTIPLE,
    Oracle,
    Verdict,
    evaluate,
    evaluate_rounded,
    relative_error,
)
from lstmbench.precision import PRECISIONS
from lstmbench.running.worker import perform, problem_of
from lstmbench.timing.measure import Target
from lstmbench_kernels.problem import make_problem
from lstmbench_kernels.spec import CELLS, GATE_ORDERS, LSTM, Shape, permute_gates


def oracle_of(*, gradients=True, **given):
    workload = a_workload(mode="train", **given)
    problem = problem_of(workload)
    return problem, Oracle.of(problem, gradients=gradients, precision=workload.dtype)


def right_answer(dtype="float64"):
    problem, oracle = oracle_of(dtype=dtype)
    outputs, gradients = evaluate(problem, True)
    return oracle, dict(outputs), dict(gradients)


# --- the metric


def test_the_error_is_the_largest_difference_over_the_largest_right_value():
    want = np.array([[1.0, -4.0], [2.0, 0.0]])
    got = np.array([[1.0, -4.0], [2.5, 0.1]])

    assert relative_error(got, want) == (0.125, (1, 0))


def test_the_error_of_a_right_answer_of_zeros_is_absolute():
    assert relative_error(np.array([0.0, 0.25]), np.zeros(2)) == (0.25, (1,))


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_an_element_that_is_not_finite_is_an_infinite_error_where_it_is(poison):
    got = np.ones((2, 3))
    got[1, 2] = poison

    assert relative_error(got, np.ones((2, 3))) == (np.inf, (1, 2))


# --- the tolerance


def test_float64_must_agree_to_one_in_a_million_millions():
    _, oracle = oracle_of(dtype="float64")

    assert oracle.tolerance == FLOAT64_TOLERANCE == 1e-12


def test_float32_may_be_eight_times_as_wrong_as_numpy_in_float32():
    problem, oracle = oracle_of(seq_len=100, hidden_size=80)
    outputs, gradients = evaluate(problem, True)
    right, right_gradients = evaluate(problem.astype("float64"), True)

    pairs = [(outputs[n], right[n]) for n in right]
    pairs += [(gradients[n], right_gradients[n]) for n in right_gradients]
    worst = max(np.max(np.abs(got - want)) / max(1, np.max(np.abs(want))) for got, want in pairs)

    assert FLOOR < oracle.tolerance < FLOAT32_CEILING
    assert oracle.tolerance == pytest.approx(MULTIPLE * worst)
    assert MULTIPLE == 8


def test_float32_may_always_be_sixteen_roundings_off():
    _, oracle = oracle_of(seq_len=1, batch_size=1, input_size=1, hidden_size=1)

    assert oracle.tolerance == FLOOR == 16 * 2.0**-23


def test_float32_may_never_be_off_by_more_than_the_ceiling(monkeypatch):
    monkeypatch.setattr("lstmbench.correctness.verify.MULTIPLE", 1e6)

    _, oracle = oracle_of()

    assert oracle.tolerance == FLOAT32_CEILING == 5e-5


def test_the_tolerance_of_inference_does_not_look_at_gradients(monkeypatch):
    monkeypatch.setattr("lstmbench_kernels.reference.backward", lambda *_: pytest.fail("called"))

    _, oracle = oracle_of(gradients=False)

    assert oracle.gradients is None


# --- the tolerance of products whose factors are rounded

MIXED = [name for name, each in PRECISIONS.items() if each.is_mixed]


def in_roundoffs(tolerance, dtype):
    return tolerance / PRECISIONS[dtype].roundoff


@pytest.mark.parametrize(("dtype", "bits"), [("float16", 11), ("bfloat16", 8), ("tf32", 11)])
def test_the_reference_of_such_a_row_rounds_the_factors_of_its_products_alone(dtype, bits):
    problem = problem_of(a_workload(cell="rnn-tanh", seq_len=1, mode="train", dtype=dtype))
    outputs, _ = evaluate_rounded(problem, PRECISIONS[dtype], False)

    plain = problem.astype("float32")
    weights, x, h0 = plain.parameters, plain.inputs["x"][0], plain.inputs["h0"][0]
    pre = to_significand(x, bits) @ to_significand(weights["weight_ih_l0"], bits).T
    pre = pre + weights["bias_ih_l0"] + weights["bias_hh_l0"]
    pre = pre + to_significand(h0, bits) @ to_significand(weights["weight_hh_l0"], bits).T

    stored = problem.inputs["x"].dtype
    assert outputs["y"].dtype == stored
    assert relative_error(outputs["y"][0], np.tanh(pre).astype(stored))[0] <= 2.0**-bits


@pytest.mark.parametrize("dtype", MIXED)
def test_it_may_be_eight_times_as_wrong_as_that_reference(dtype):
    problem, oracle = oracle_of(seq_len=60, hidden_size=48, num_layers=2, dtype=dtype)
    verdict = oracle.judge(*evaluate_rounded(problem, PRECISIONS[dtype], True))

    bound = MULTIPLE * max(verdict.output, verdict.gradient)
    least, most = (k * PRECISIONS[dtype].roundoff for k in (MIXED_FLOOR, MIXED_CEILING))
    assert oracle.tolerance == pytest.approx(min(max(bound, least), most))


@pytest.mark.parametrize("dtype", MIXED)
def test_such_a_row_may_always_be_a_few_roundoffs_off_and_never_very_many(dtype, monkeypatch):
    _, oracle = oracle_of(seq_len=1, batch_size=1, input_size=1, hidden_size=1, dtype=dtype)
    assert in_roundoffs(oracle.tolerance, dtype) >= MIXED_FLOOR

    monkeypatch.setattr("lstmbench.correctness.verify.MULTIPLE", 1e6)
    _, oracle = oracle_of(dtype=dtype)
    assert in_roundoffs(oracle.tolerance, dtype) == MIXED_CEILING


@pytest.mark.parametrize("dtype", MIXED)
def test_a_finer_precision_passes_for_a_coarser_one(dtype):
    problem, oracle = oracle_of(dtype=dtype)
    outputs, gradients = evaluate(problem.astype("float64"), True)
    stored = problem.inputs["x"].dtype

    verdict = oracle.judge(
        *({n: a.astype(stored) for n, a in arrays.items()} for arrays in (outputs, gradients))
    )

    assert verdict.correct


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("dtype", MIXED)
def test_two_gates_that_were_swapped_are_wrong_in_every_precision(dtype, cell):
    problem, oracle = oracle_of(cell=cell, dtype=dtype, seq_len=7, batch_size=4, hidden_size=16)
    swapped = {
        name: permute_gates(array, problem.cell, "torch", "onnx")
        for name, array in problem.parameters.items()
    }

    verdict = oracle.judge(
        *evaluate_rounded(replace(problem, parameters=swapped), PRECISIONS[dtype], True)
    )

    assert not verdict.correct


@pytest.mark.parametrize("dtype", MIXED)
@pytest.mark.parametrize("lost", ["bias_hh_l0", "weight_hh_l0"])
def test_a_part_of_the_sum_that_was_left_out_is_wrong_in_every_precision(dtype, lost):
    problem, oracle = oracle_of(dtype=dtype, seq_len=7, batch_size=4, hidden_size=16)
    without = {**problem.parameters, lost: np.zeros_like(problem.parameters[lost])}

    verdict = oracle.judge(
        *evaluate_rounded(replace(problem, parameters=without), PRECISIONS[dtype], True)
    )

    assert not verdict.correct


@pytest.mark.parametrize("dtype", MIXED)
def test_a_row_of_tf32_is_float32_and_one_of_two_bytes_is_not(dtype):
    problem, oracle = oracle_of(dtype=dtype)
    outputs, gradients = evaluate(problem.astype("float32"), True)

    assert (oracle.judge(outputs, gradients).output < 1) is (dtype == "tf32")


# --- verdicts


def test_the_right_answer_is_correct():
    oracle, outputs, gradients = right_answer()

    verdict = oracle.judge(outputs, gradients)

    assert verdict.correct
    assert verdict.output == verdict.gradient == 0.0


@pytest.mark.parametrize("of", ["outputs", "gradients"])
def test_one_element_off_in_any_array_is_incorrect_and_named(of):
    oracle, outputs, gradients = right_answer()
    arrays = {"outputs": outputs, "gradients": gradients}[of]
    for name in arrays:
        right = arrays[name]
        arrays[name] = right.copy()
        index = tuple(size - 1 for size in right.shape)
        arrays[name][index] += 1e-3 * max(1.0, np.max(np.abs(right)))

        verdict = oracle.judge(outputs, gradients)

        assert not verdict.correct
        assert max(verdict.output, verdict.gradient) == pytest.approx(1e-3)
        prefix = "gradient of " if of == "gradients" else ""
        assert verdict.worst.startswith(f"{prefix}{name}{list(index)}: expected ")
        arrays[name] = right


def test_what_a_saturated_unit_passes_on_is_known_to_a_rounding_of_one():
    # y is tanh(18): within 1e-15 of 1, so that 1 - y² is little but the rounding of y.
    problem = make_problem(CELLS["rnn-tanh"], Shape(1, 1, 1, 1), dtype="float64", seed=3)
    parameters = {name: np.zeros_like(array) for name, array in problem.parameters.items()}
    parameters["bias_ih_l0"] = np.array([18.0])
    problem = replace(problem, parameters=parameters)
    oracle = Oracle.of(problem, gradients=True)
    outputs, gradients = evaluate(problem, True)
    off_by_a_rounding = {name: array + 2.3e-16 for name, array in gradients.items()}

    assert abs(gradients["bias_ih_l0"]).max() < 1e-14
    assert oracle.judge(outputs, off_by_a_rounding).correct


@pytest.mark.parametrize("of", ["outputs", "gradients"])
@pytest.mark.parametrize("damage", ["missing", "surplus", "misshapen", "nan"])
def test_a_damaged_set_of_arrays_is_an_infinite_error(of, damage):
    oracle, outputs, gradients = right_answer()
    arrays = {"outputs": outputs, "gradients": gradients}[of]
    name = next(iter(arrays))
    if damage == "missing":
        del arrays[name]
    elif damage == "surplus":
        arrays["extra"] = arrays[name]
    elif damage == "misshapen":
        arrays[name] = arrays[name].swapaxes(0, 1)
    else:
        arrays[name] = arrays[name] * np.nan

    verdict = oracle.judge(outputs, gradients)

    assert not verdict.correct
    assert max(verdict.output, verdict.gradient) == np.inf


def test_a_right_shape_is_not_enough_a_broadcast_one_is_refused():
    oracle, outputs, gradients = right_answer()
    outputs["hT"] = outputs["hT"][0]

    verdict = oracle.judge(outputs, gradients)

    assert verdict.output == np.inf
    assert verdict.worst == "hT: expected shape (1, 2, 5), got (2, 5)"


def test_no_gradients_where_there_should_be_some_is_an_infinite_error():
    oracle, outputs, _ = right_answer()

    assert oracle.judge(outputs, None).gradient == np.inf


def test_an_error_just_at_the_tolerance_is_correct_and_just_above_is_not():
    assert Verdict(1e-6, None, 1e-6, "").correct
    assert Verdict(1e-6, 1e-6, 1e-6, "").correct
    assert not Verdict(np.nextafter(1e-6, 1), None, 1e-6, "").correct
    assert not Verdict(0.0, np.nextafter(1e-6, 1), 1e-6, "").correct


# --- through the worker


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize("mode", ["infer", "forward", "train", "backward"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_numpy_backend_verifies(cell, mode, bidirectional):
    workload = a_workload(
        cell=cell, mode=mode, bidirectional=bidirectional, num_layers=2, seq_len=7, hidden_size=11
    )

    outcome = perform(numpy_cpu.make(), workload, None)

    assert (outcome.status, outcome.reason) == ("skipped", "verified only")
    assert (outcome.error.gradient is None) == (mode in ("infer", "forward"))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_backend_that_swaps_two_gates_is_incorrect_and_gets_no_time(cell, monkeypatch):
    class Swapped(numpy_cpu.Network):
        def __init__(self, problem):
            spec = problem.cell
            assert GATE_ORDERS["torch"][cell] != GATE_ORDERS["onnx"][cell]
            parameters = {
                name: permute_gates(array, spec, "torch", "onnx")
                for name, array in problem.parameters.items()
            }
            problem = type(problem)(
                spec, problem.shape, problem.inputs, parameters, problem.upstream
            )
            super().__init__(problem)

    monkeypatch.setattr(numpy_cpu, "Network", Swapped)

    outcome = perform(numpy_cpu.make(), a_workload(cell=cell), Target(budget=0.01))

    assert outcome.status == "incorrect"
    assert "above the tolerance" in outcome.reason
    assert outcome.time_s is None
    assert outcome.samples_s == ()
    assert outcome.error.output > 1e-3


# --- the kink of relu, where either slope is right

RELU = CELLS["rnn-relu"]


def kinked(bias):
    """Two sequences of one step; the sum of the first is the bias, far below float32's rounding."""
    problem = make_problem(RELU, Shape(1, 2, 1, 1), seed=3)
    inputs = {"x": np.array([[[1.0], [2.0]]], "f4"), "h0": np.ones((1, 2, 1), "f4")}
    weights = {"weight_ih_l0": [[1.0]], "weight_hh_l0": [[-1.0]], "bias_ih_l0": [bias]}
    parameters = {name: np.array(weights.get(name, [0.0]), "f4") for name in problem.parameters}
    return replace(problem, inputs=inputs, parameters=parameters)


def test_at_the_kink_of_a_relu_either_slope_is_right():
    oracle = Oracle.of(kinked(1e-8), gradients=True)
    outputs, one_side = evaluate(kinked(1e-6), True)
    _, other_side = evaluate(kinked(-1e-6), True)

    assert abs(one_side["x"] - other_side["x"]).max() > 0.1
    assert oracle.judge(outputs, one_side).correct
    assert oracle.judge(outputs, other_side).correct


def test_what_neither_slope_explains_is_wrong_at_the_kink_too():
    problem = kinked(1e-8)
    oracle = Oracle.of(problem, gradients=True)
    outputs, gradients = evaluate(problem, True)
    doubled = {name: 3 * array for name, array in gradients.items()}

    assert not oracle.judge(outputs, doubled).correct


def test_away_from_the_kink_a_relu_is_held_to_the_bound_of_every_cell():
    problem = make_problem(RELU, Shape(6, 3, 4, 5, 2, True), seed=1)
    oracle = Oracle.of(problem, gradients=True)
    outputs, gradients = evaluate(problem, True)
    off = {**gradients, "x": gradients["x"] + np.float32(1e-4) * np.abs(gradients["x"]).max()}

    assert oracle.judge(outputs, gradients).correct
    assert not oracle.judge(outputs, off).correct


def test_a_smooth_cell_has_no_slack():
    assert not Oracle.of(make_problem(LSTM, Shape(2, 2, 3, 4)), gradients=True).slack


def test_a_result_in_another_precision_is_wrong_however_near():
    problem = make_problem(LSTM, Shape(2, 2, 3, 4))
    oracle = Oracle.of(problem, gradients=True)
    outputs, gradients = evaluate(problem, True)
    wide = {name: array.astype(np.float64) for name, array in outputs.items()}

    verdict = oracle.judge(wide, gradients)

    assert verdict.output == float("inf")
    assert "expected float32, got float64" in verdict.worst
