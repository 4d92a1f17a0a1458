"""A seed is a problem: the same in every run, in every precision, and for every x."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmbench_kernels.problem import Problem, initial_parameters, make_problem
from lstmbench_kernels.spec import (
    CELLS,
    GRU,
    LSTM,
    Shape,
    input_shapes,
    output_shapes,
    parameter_shapes,
)

SHAPE = Shape(6, 3, 4, 5, num_layers=2, bidirectional=True)

shapes = st.builds(
    Shape,
    seq_len=st.integers(1, 6),
    batch_size=st.integers(1, 5),
    input_size=st.integers(1, 7),
    hidden_size=st.integers(1, 7),
    num_layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    bias=st.booleans(),
)


def arrays_of(problem: Problem) -> dict[str, np.ndarray]:
    return {**problem.inputs, **problem.parameters, **problem.upstream}


def assert_equal_problems(one: Problem, other: Problem) -> None:
    assert arrays_of(one).keys() == arrays_of(other).keys()
    for name, array in arrays_of(one).items():
        assert array.dtype == arrays_of(other)[name].dtype, name
        np.testing.assert_array_equal(array, arrays_of(other)[name], err_msg=name)


@settings(deadline=None, max_examples=50, derandomize=True)
@given(cell=st.sampled_from(list(CELLS.values())), shape=shapes)
def test_a_problem_has_the_arrays_that_the_spec_names(cell, shape):
    problem = make_problem(cell, shape)

    def dims(arrays) -> dict:
        return {name: array.shape for name, array in arrays.items()}

    assert dims(problem.inputs) == input_shapes(cell, shape)
    assert dims(problem.parameters) == parameter_shapes(cell, shape)
    outputs = output_shapes(cell, shape)
    assert dims(problem.upstream) == {f"d{name}": dims for name, dims in outputs.items()}


def test_the_same_seed_gives_the_same_arrays():
    assert_equal_problems(make_problem(LSTM, SHAPE, seed=5), make_problem(LSTM, SHAPE, seed=5))


def test_another_seed_gives_other_arrays():
    one, other = arrays_of(make_problem(LSTM, SHAPE, seed=5)), make_problem(LSTM, SHAPE, seed=6)

    for name, array in arrays_of(other).items():
        assert not np.any(array == one[name]), name


def test_no_number_of_a_problem_is_used_twice():
    arrays = arrays_of(make_problem(LSTM, SHAPE, dtype="float64")).values()

    assert len({number for array in arrays for number in array.flat}) == sum(
        array.size for array in arrays
    )


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_every_dtype_is_a_rounding_of_the_same_draw(dtype):
    exact = make_problem(GRU, SHAPE, dtype="float64", seed=8)

    assert_equal_problems(make_problem(GRU, SHAPE, dtype=dtype, seed=8), exact.astype(dtype))


def test_arrays_are_float32_unless_asked_otherwise():
    assert {array.dtype.name for array in arrays_of(make_problem(GRU, SHAPE)).values()} == {
        "float32"
    }


def test_a_real_x_replaces_only_x():
    series = np.linspace(-1.0, 1.0, 6 * 3 * 4).reshape(6, 3, 4)
    real, drawn = make_problem(LSTM, SHAPE, x=series), make_problem(LSTM, SHAPE)

    np.testing.assert_array_equal(real.inputs["x"], series.astype("float32"))
    real.inputs["x"][:] = drawn.inputs["x"]
    assert_equal_problems(real, drawn)


def test_a_real_x_is_not_written_to():
    series = np.zeros((6, 3, 4), dtype="float32")
    series.flags.writeable = False

    np.testing.assert_array_equal(make_problem(LSTM, SHAPE, x=series).inputs["x"], series)


def test_a_real_x_of_another_size_is_refused():
    with pytest.raises(ValueError, match="x: expected"):
        make_problem(LSTM, SHAPE, x=np.zeros((6, 3, 5)))


def test_inputs_and_upstream_gradients_are_standard_normal():
    problem = make_problem(LSTM, Shape(50, 20, 30, 40))

    for name, array in {**problem.inputs, **problem.upstream}.items():
        five_sigma = 5 / np.sqrt(array.size)
        assert abs(array.mean()) < five_sigma, name
        assert abs(array.std() - 1) < five_sigma, name


def test_weights_fill_the_interval_of_the_default_initialisation():
    bound = 1 / np.sqrt(40)
    for name, array in make_problem(LSTM, Shape(1, 1, 30, 40)).parameters.items():
        assert 0.95 * bound < np.abs(array).max() <= bound, name
        assert array.min() < 0 < array.max(), name


def test_initial_parameters_are_those_of_their_seed():
    one, other = (initial_parameters(LSTM, SHAPE, dtype="float32", seed=3) for _ in range(2))

    for name, array in one.items():
        np.testing.assert_array_equal(array, other[name], err_msg=name)
