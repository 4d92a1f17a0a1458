"""The public layers: what they take, what they give back, and what they say when they refuse."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size

import subprocess
import sys

import numpy as np
import pytest
from kernel_trials import make_layer, name_of, named, run_layer, states_of

from lstmbench_kernels import GRU, LSTM, RNN
from lstmbench_kernels.cpu.network import CpuNetwork
from lstmbench_kernels.problem import make_problem
from lstmbench_kernels.spec import CELLS, CellSpec, Shape, gradient_shapes, output_shapes
from lstmbench_kernels.spec import LSTM as LSTM_SPEC

every_cell = pytest.mark.parametrize("cell", CELLS.values(), ids=name_of)
SHAPE = Shape(4, 3, 5, 6, num_layers=2, bidirectional=True)


def small(**options):
    return LSTM(3, 128, **options)


# --- weights ------------------------------------------------------------------


@every_cell
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_state_dict_comes_back_as_it_was_loaded(cell: CellSpec, dtype: str) -> None:
    problem = make_problem(cell, SHAPE, dtype=dtype)
    layer = make_layer(cell, SHAPE, dtype)
    layer.load_state_dict(problem.parameters)
    again = layer.state_dict()
    assert list(again) == list(problem.parameters)
    for name, array in problem.parameters.items():
        np.testing.assert_array_equal(again[name], array)
        again[name][...] = 0  # a copy: the layer keeps its own
    assert all(array.any() for array in layer.state_dict().values())


def test_the_same_seed_gives_the_same_weights() -> None:
    one, same, other = (LSTM(3, 4, seed=seed).state_dict() for seed in (1, 1, 2))
    assert all(np.array_equal(one[name], same[name]) for name in one)
    assert not any(np.array_equal(one[name], other[name]) for name in one)


@every_cell
def test_loading_replaces_weights_that_were_used_before(cell: CellSpec) -> None:
    shape = Shape(3, 2, 70, 37, bidirectional=True)  # several blocks and panels, the last not full
    problems = [make_problem(cell, shape, seed=seed) for seed in (0, 1)]
    layer = make_layer(cell, shape)
    for problem in (*problems, problems[0]):
        fresh = run_layer(make_layer(cell, shape), problem)
        for got, expected in zip(run_layer(layer, problem), fresh, strict=True):
            for name, array in expected.items():
                np.testing.assert_array_equal(got[name], array, err_msg=name)


def test_weights_that_were_loaded_are_copies() -> None:
    layer, x = LSTM(3, 4), np.ones((5, 2, 3), np.float32)
    given = layer.state_dict()
    for _ in range(2):  # a second load goes another way than the first
        layer.load_state_dict(given)
        before = layer.forward(x)[0]
        for array in given.values():
            array += 1
        np.testing.assert_array_equal(layer.forward(x)[0], before)
    assert np.abs(layer.state_dict()["weight_hh_l0"] - given["weight_hh_l0"]).min() > 0.5


def test_weights_may_be_strided() -> None:
    problem = make_problem(LSTM_SPEC, SHAPE)
    strided = {name: np.asfortranarray(array) for name, array in problem.parameters.items()}
    layer = make_layer(LSTM_SPEC, SHAPE)
    layer.load_state_dict(strided)
    for name, array in layer.state_dict().items():
        np.testing.assert_array_equal(array, problem.parameters[name])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"weight_hh_l0": np.zeros((512, 64), "float32")},
            ValueError,
            "weight_hh_l0: expected (4*H, H) = (512, 128), got (512, 64)",
        ),
        (
            {"bias_ih_l0": np.zeros(512)},
            TypeError,
            "bias_ih_l0: expected float32, got float64; convert with .astype('float32')",
        ),
        (
            {"bias_ih_l0": [0.0] * 512},
            TypeError,
            "bias_ih_l0: expected a NumPy array of float32, got builtins.list",
        ),
        (
            {"bias_ih_l0": None, "bias_hh_l0": ...},
            ValueError,
            "load_state_dict: missing bias_hh_l0",
        ),
        ({"weight_hr_l0": np.zeros(3)}, ValueError, "load_state_dict: unexpected weight_hr_l0"),
    ],
)
def test_a_wrong_state_dict_is_refused_with_one_clear_line(change, error, message) -> None:
    layer = small()
    state = {**layer.state_dict(), **change}
    state = {name: array for name, array in state.items() if array is not ...}
    with pytest.raises(error) as raised:
        layer.load_state_dict(state)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LSTM(0, 4), ValueError, "input_size: expected at least 1, got 0"),
        (lambda: LSTM(4, -1), ValueError, "hidden_size: expected at least 1, got -1"),
        (lambda: LSTM(4, 4.0), TypeError, "hidden_size: expected an integer, got 4.0"),
        (lambda: LSTM(4, 4, 0), ValueError, "num_layers: expected at least 1, got 0"),
        (lambda: LSTM(4, 4, num_threads=0), ValueError, "num_threads: expected at least 1, got 0"),
        (
            lambda: LSTM(4, 4, dtype="float16"),
            ValueError,
            "dtype: expected 'float32' or 'float64' on 'cpu', got float16",
        ),
        (lambda: LSTM(4, 4, dtype="colour"), ValueError, "dtype: expected 'float32' or 'float64'"),
        (lambda: LSTM(4, 4, device="tpu"), ValueError, "device: expected 'cpu' or 'cuda', got"),
        (
            lambda: RNN(4, 4, nonlinearity="gelu"),
            ValueError,
            "nonlinearity: expected 'tanh' or 'relu', got 'gelu'",
        ),
    ],
)
def test_impossible_options_are_refused(make, error, message) -> None:
    with pytest.raises(error) as raised:
        make()
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


# --- forward ------------------------------------------------------------------


@every_cell
def test_states_left_out_are_zeros(cell: CellSpec) -> None:
    problem = make_problem(cell, SHAPE)
    layer = make_layer(cell, SHAPE)
    zeros = {name: np.zeros_like(array) for name, array in problem.inputs.items()}
    x, dy = problem.inputs["x"], problem.upstream["dy"]
    expected = named(cell, *layer.forward(x, states_of(cell, zeros, "0"), training=True))
    ends = {f"{name}T": zeros[f"{name}0"] for name in cell.states}
    expected_gradients = layer.backward(dy, states_of(cell, ends, "T"))
    got = named(cell, *layer.forward(x, training=True))
    gradients = layer.backward(dy)
    for one, two in ((expected, got), (expected_gradients, gradients)):
        for name, array in one.items():
            np.testing.assert_array_equal(two[name], array, err_msg=name)


def test_one_of_two_states_may_be_left_out() -> None:
    layer, x = LSTM(3, 4), np.ones((2, 1, 3), np.float32)
    c0 = np.full((1, 1, 4), 0.5, np.float32)
    both = layer.forward(x, (np.zeros_like(c0), c0))[0]
    np.testing.assert_array_equal(layer.forward(x, (None, c0))[0], both)
    np.testing.assert_array_equal(layer.forward(x, [None, c0])[0], both)


@every_cell
def test_out_is_written_in_place(cell: CellSpec) -> None:
    problem = make_problem(cell, SHAPE)
    layer = make_layer(cell, SHAPE)
    expected, expected_gradients = run_layer(layer, problem)
    arrays = {n: np.full(d, np.nan, "float32") for n, d in output_shapes(cell, SHAPE).items()}
    out = arrays["y"], states_of(cell, arrays, "T")
    x, states = problem.inputs["x"], states_of(cell, problem.inputs, "0")
    y, ends = layer.forward(x, states, training=True, out=out)
    gradients = {n: np.full(d, np.nan, "float32") for n, d in gradient_shapes(cell, SHAPE).items()}
    arrived = {name[1:]: array for name, array in problem.upstream.items()}
    back = layer.backward(arrived["y"], states_of(cell, arrived, "T"), out=gradients)
    assert y is out[0]
    for name, array in named(cell, y, ends).items():
        assert array is arrays[name]
        np.testing.assert_array_equal(array, expected[name])
    assert list(back) == list(gradients)
    for name, array in back.items():
        assert array is gradients[name]
        np.testing.assert_array_equal(array, expected_gradients[name], err_msg=name)


def test_results_that_are_handed_back_are_bound_once(monkeypatch: pytest.MonkeyPatch) -> None:
    bound = []
    for name in ("_bind_forward", "_bind_backward"):
        bind = getattr(CpuNetwork, name)

        def counted(*arguments, name=name, bind=bind):
            bound.append(name)
            bind(*arguments)

        monkeypatch.setattr(CpuNetwork, name, counted)
    layer, x = LSTM(3, 4), np.ones((5, 2, 3), np.float32)
    dy = np.ones((5, 2, 4), np.float32)
    results, gradients = None, None
    for _ in range(5):
        results = layer.forward(x, training=True, out=results)
        gradients = layer.backward(dy, out=gradients)
    # The first of each made its arrays itself.
    assert bound == 2 * ["_bind_forward", "_bind_backward"]


def test_out_may_be_y_alone() -> None:
    layer, x = GRU(3, 4), np.ones((2, 1, 3), np.float32)
    y = np.empty((2, 1, 4), np.float32)
    got, hT = layer.forward(x, out=y)
    assert got is y
    np.testing.assert_array_equal(hT[0], y[-1])


def test_results_of_two_calls_do_not_share_memory() -> None:
    layer, x = LSTM(3, 4), np.ones((2, 1, 3), np.float32)
    first, (h, c) = layer.forward(x, training=True)
    gradients = layer.backward(first)
    kept = [array.copy() for array in (first, h, c, *gradients.values())]
    second, _ = layer.forward(-x, training=True)
    layer.backward(second)
    for array, copy in zip((first, h, c, *gradients.values()), kept, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_other_lengths_of_the_same_arrays_are_another_call() -> None:
    problem = make_problem(CELLS["gru"], Shape(6, 3, 4, 5))
    layer = GRU(4, 5, num_threads=1)
    x, y, hT = problem.inputs["x"], np.empty((6, 3, 5), "float32"), np.empty((1, 3, 5), "float32")
    lengths = np.array([6, 2, 4])
    for change in (lambda: None, lambda: lengths.fill(3), lambda: lengths.put(1, 5)):
        change()
        for valid in (lengths, None, lengths.tolist(), lengths):
            layer.forward(x, out=(y, hT), lengths=valid)
            for row, length in enumerate([6, 6, 6] if valid is None else lengths):
                alone, _ = layer.forward(np.ascontiguousarray(x[:length, row : row + 1]))
                np.testing.assert_allclose(y[:length, row], alone[:, 0], atol=1e-6)
                np.testing.assert_array_equal(hT[0, row], y[length - 1, row])
                assert not y[length:, row].any()


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([1, 2], ValueError, r"lengths: expected \(B,\) = \(3,\), got \(2,\)"),
        ([1, 2, 7], ValueError, "lengths: expected 1 to 6, got 1 to 7"),
        ([0, 2, 6], ValueError, "lengths: expected 1 to 6, got 0 to 6"),
        ([1.0, 2.0, 6.0], TypeError, r"lengths: expected \(B,\) whole numbers, got float64"),
        ([[1, 2, 6]], TypeError, r"whole numbers, got int64 of shape \(1, 3\)"),
        (6, TypeError, r"whole numbers, got int64 of shape \(\)"),
    ],
)
def test_lengths_that_no_batch_has_are_refused(lengths, error, message) -> None:
    layer = RNN(4, 5, num_threads=1)
    with pytest.raises(error, match=message):
        layer.forward(np.zeros((6, 3, 4), "float32"), lengths=lengths)


@every_cell
def test_inputs_may_be_strided(cell: CellSpec) -> None:
    """Batch-first arrays seen time-major, and arrays with gaps, give the same bits."""
    problem = make_problem(cell, SHAPE)
    layer = make_layer(cell, SHAPE)
    expected = run_layer(layer, problem)

    def batch_first(array):
        return np.ascontiguousarray(array.transpose(1, 0, 2)).transpose(1, 0, 2)

    def gaps(array):
        wide = np.zeros((*array.shape[:2], array.shape[2] * 2), array.dtype)
        wide[..., ::2] = array
        return wide[..., ::2]

    for change in (batch_first, gaps):
        inputs = {name: change(array) for name, array in problem.inputs.items()}
        upstream = {name: change(array) for name, array in problem.upstream.items()}
        other = type(problem)(cell, SHAPE, inputs, problem.parameters, upstream)
        for got, one in zip(run_layer(layer, other), expected, strict=True):
            for name, array in one.items():
                np.testing.assert_array_equal(got[name], array, err_msg=name)


def test_many_shapes_in_turn_do_not_disturb_each_other() -> None:
    layer = LSTM(5, 6, num_layers=2)
    problems = [make_problem(LSTM_SPEC, Shape(T, B, 5, 6, 2)) for T in (1, 3, 4) for B in (1, 2, 7)]
    expected = [run_layer(make_layer(LSTM_SPEC, p.shape), p) for p in problems]
    for _ in range(2):
        for problem, results in zip(problems, expected, strict=True):
            for got, one in zip(run_layer(layer, problem), results, strict=True):
                for name, array in one.items():
                    np.testing.assert_array_equal(got[name], array, err_msg=name)


F32 = np.float32


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        (
            [np.zeros((2, 1, 4), F32)],
            {},
            ValueError,
            "x: expected (T, B, I) = (T, B, 3), got (2, 1, 4)",
        ),
        ([np.zeros((2, 3), F32)], {}, ValueError, "x: expected (T, B, I) = (T, B, 3), got (2, 3)"),
        (
            [np.zeros((0, 1, 3), F32)],
            {},
            ValueError,
            "x: expected (T, B, I) = (T, B, 3), got (0, 1, 3)",
        ),
        ([np.zeros((2, 1, 3))], {}, TypeError, "x: expected float32, got float64"),
        ([[[[0.0] * 3]]], {}, TypeError, "x: expected a NumPy array of float32, got builtins.list"),
        (
            [np.zeros((2, 1, 3), F32), np.zeros((1, 1, 128), F32)],
            {},
            TypeError,
            "states: expected (h0, c0), got numpy.ndarray",
        ),
        (
            [np.zeros((2, 1, 3), F32), (np.zeros((1, 1, 128), F32), np.zeros((1, 128), F32))],
            {},
            ValueError,
            "c0: expected (L*D, B, H) = (1, 1, 128), got (1, 128)",
        ),
        (
            [np.zeros((2, 1, 3), F32)],
            {"out": np.zeros((2, 1, 64), F32)},
            ValueError,
            "out: y: expected (T, B, D*H) = (2, 1, 128), got (2, 1, 64)",
        ),
        (
            [np.zeros((2, 1, 3), F32)],
            {"out": np.zeros((2, 2, 128), F32)[:, ::2]},
            ValueError,
            "out: y: expected a C-contiguous, writeable array",
        ),
        (
            [np.zeros((2, 1, 3), F32)],
            {"out": (np.zeros((2, 1, 128), F32), np.zeros((1, 1, 128), F32))},
            TypeError,
            "out: expected the states (hT, cT), got numpy.ndarray",
        ),
    ],
)
def test_a_wrong_call_is_refused_with_one_clear_line(arguments, options, error, message) -> None:
    with pytest.raises(error) as raised:
        small().forward(*arguments, **options)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_out_that_overlaps_an_input_is_refused() -> None:
    layer, x = RNN(4, 4), np.ones((2, 1, 4), np.float32)
    with pytest.raises(ValueError, match="out: y shares memory with x"):
        layer.forward(x, out=x)
    y = np.empty_like(x)
    with pytest.raises(ValueError, match="out: hT shares memory with y"):
        layer.forward(x, out=(y, y[:1]))


def test_kernels_import_without_the_tool() -> None:
    code = (
        "import sys; from lstmbench_kernels import RNN, LSTM, GRU;"
        "assert not {'lstmbench', 'rich', 'torch', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
