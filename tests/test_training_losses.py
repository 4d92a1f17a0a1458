"""Losses: by hand, by finite differences, and where exponentials would overflow."""

import numpy as np
import pytest
from scipy.special import log_softmax, softmax

from lstmbench_kernels.training import cross_entropy, mean_squared_error

MASK = np.array([[True, True], [True, False]])


def test_the_mean_squared_error_is_a_mean_over_what_counts():
    outputs, targets = np.array([[[1.0], [2]], [[3], [9]]]), np.zeros((2, 2, 1))
    assert mean_squared_error(outputs, targets)[0] == (1 + 4 + 9 + 81) / 4
    loss, gradient = mean_squared_error(outputs, targets, MASK)
    assert loss == pytest.approx((1 + 4 + 9) / 3)
    np.testing.assert_allclose(gradient[..., 0], [[2 / 3, 4 / 3], [6 / 3, 0]])


def test_the_cross_entropy_of_equal_chances_is_the_logarithm_of_their_number():
    loss, gradient = cross_entropy(np.zeros((2, 2, 4)), np.array([[0, 1], [2, 3]]), MASK)
    assert loss == pytest.approx(np.log(4))
    np.testing.assert_allclose(gradient[0, 0], [-0.25, 1 / 12, 1 / 12, 1 / 12])
    assert not gradient[1, 1].any()


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "masked"])
@pytest.mark.parametrize("loss", [mean_squared_error, cross_entropy])
def test_gradients_are_those_of_finite_differences(loss, mask):
    random = np.random.default_rng(3)
    outputs = random.standard_normal((2, 2, 3))
    targets = random.standard_normal((2, 2, 3))
    if loss is cross_entropy:
        targets = random.integers(0, 3, (2, 2))
    _, gradient = loss(outputs, targets, mask)
    for place in np.ndindex(outputs.shape):
        shift = np.zeros_like(outputs)
        shift[place] = 1e-6
        slope = loss(outputs + shift, targets, mask)[0] - loss(outputs - shift, targets, mask)[0]
        assert slope / 2e-6 == pytest.approx(gradient[place], abs=1e-9)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_outputs_do_not_overflow(dtype):
    outputs = np.array([[1e4, 0.0], [-1e4, 1e4]], dtype)
    loss, gradient = cross_entropy(outputs, np.array([0, 0]))
    assert loss == 1e4
    np.testing.assert_array_equal(gradient, np.array([[0, 0], [-0.5, 0.5]], dtype))
    assert gradient.dtype == dtype


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_cross_entropy_of_rows_of_any_width_is_that_of_its_definition(dtype):
    random = np.random.default_rng(8)
    for O in (*range(1, 36), 51):  # all but the last columns in whole registers, or none
        outputs = random.normal(-50, 8, (5, 3, O)).astype(dtype)
        targets, mask = random.integers(0, O, (5, 3)), random.random((5, 3)) < 0.7
        outputs[~mask] = np.nan
        loss, gradient = cross_entropy(outputs, targets, mask)

        rows, classes = outputs[mask].astype("float64"), targets[mask]
        chosen = np.arange(len(rows)), classes
        expected = softmax(rows, axis=1)
        expected[chosen] -= 1
        tiny = 4 * float(np.finfo(dtype).eps)
        assert loss == pytest.approx(-log_softmax(rows, axis=1)[chosen].mean(), rel=8 * tiny)
        np.testing.assert_allclose(gradient[mask], expected / len(rows), rtol=8 * tiny, atol=tiny)
        assert not gradient[~mask].any()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("column", [0, 17, 18])
def test_a_number_that_is_none_makes_a_loss_that_is_none(bad, column):
    outputs = np.zeros((4, 19), "float32")
    outputs[2, column] = bad
    assert not np.isfinite(cross_entropy(outputs, np.zeros(4, int))[0])


def test_outputs_may_be_strided_and_classes_of_any_whole_numbers():
    random = np.random.default_rng(9)
    outputs, targets = random.standard_normal((6, 4, 7)), random.integers(0, 7, (4, 6))
    loss, gradient = cross_entropy(outputs.swapaxes(0, 1), targets.astype("uint8"))
    expected, of = cross_entropy(outputs.swapaxes(0, 1).copy(), targets)
    assert loss == expected
    np.testing.assert_array_equal(gradient, of)


def test_targets_of_another_precision_leave_that_of_the_outputs():
    outputs = np.zeros((3, 1), "float32")
    assert mean_squared_error(outputs, np.ones((3, 1)))[1].dtype == "float32"


def test_outputs_and_classes_of_other_kinds_are_refused():
    with pytest.raises(TypeError, match="outputs: expected float32 or float64, got float16"):
        cross_entropy(np.zeros((2, 3), "float16"), np.zeros(2, int))
    with pytest.raises(TypeError, match="Cannot cast"):
        cross_entropy(np.zeros((2, 3)), np.zeros(2))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: mean_squared_error(np.zeros((2, 1)), np.zeros(2)),
            "targets: expected (2, 1) as the outputs, got (2,)",
        ),
        (
            lambda: cross_entropy(np.zeros((2, 3)), np.zeros((2, 3), int)),
            "targets: expected (2,), got (2, 3)",
        ),
        (
            lambda: cross_entropy(np.zeros((2, 3)), np.array([0, 3])),
            "targets: expected 0 to 2, got 0 to 3",
        ),
        (
            lambda: cross_entropy(np.zeros((2, 3)), np.array([0, -1])),
            "targets: expected 0 to 2, got -1 to 0",
        ),
        (
            lambda: mean_squared_error(np.zeros((2, 1)), np.zeros((2, 1)), np.ones(2)),
            "mask: expected bool (2,), got float64 (2,)",
        ),
        (
            lambda: mean_squared_error(np.zeros((2, 1)), np.zeros((2, 1)), np.zeros(2, bool)),
            "mask: expected at least one true step, got none",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_one_clear_line(call, message):
    with pytest.raises(ValueError, match=r"^[^\n]*$") as raised:
        call()
    assert str(raised.value) == message
