"""The head against NumPy in float64: every width of a tile, several chunks, one thread and two."""

# N = rows, F = features, O = outputs

import numpy as np
import pytest

from lstmbench_kernels.cpu.team import TEAM
from lstmbench_kernels.cpu.weight_gradient import CHUNK_ROWS
from lstmbench_kernels.training.dense import Dense

SIZES = [
    (1, 1, 1),
    (3, 17, 5),
    (7, 64, 64),
    (CHUNK_ROWS + 1, 33, 1),
    (2 * CHUNK_ROWS + 88, 130, 70),
]


def a_place(shape, dtype):
    """An array to write into, and what lies around it."""
    count = int(np.prod(shape))
    around = np.full(count + 128, np.nan, dtype)
    return around[64 : 64 + count].reshape(shape), (around[:64], around[64 + count :])


@pytest.mark.parametrize(("dtype", "close"), [("float32", 2e-6), ("float64", 1e-14)])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_outputs_and_gradients_are_those_of_the_formula(sizes, threads, dtype, close):
    N, F, O = sizes
    random = np.random.default_rng(0)
    arrays = [random.uniform(-1, 1, dims) for dims in ((O, F), (O,), (N, F), (N, O))]
    weight, bias, features, doutputs = (array.astype(dtype) for array in arrays)
    shapes = {"outputs": (N, O), "dfeatures": (N, F), "dweight": (O, F), "dbias": (O,)}
    places = {name: a_place(shape, dtype) for name, shape in shapes.items()}
    into = {name: place for name, (place, _) in places.items()}
    layer = Dense(weight, bias, threads)
    layer.pack()

    layer.forward(into["outputs"], features)
    layer.backward(into["dfeatures"], into["dweight"], into["dbias"], doutputs, features)

    w, x, dy = (array.astype(np.float64) for array in (weight, features, doutputs))
    expected = {
        "outputs": x @ w.T + bias,
        "dfeatures": dy @ w,
        "dweight": dy.T @ x,
        "dbias": dy.sum(0),
    }
    for name, (found, around) in places.items():
        scale = np.sqrt({"outputs": F, "dfeatures": O}.get(name, N))
        np.testing.assert_allclose(found, expected[name], rtol=0, atol=close * scale, err_msg=name)
        assert all(np.isnan(edge).all() for edge in around)


def test_weights_are_read_when_it_is_packed():
    weight, bias = np.ones((2, 3), "float32"), np.zeros(2, "float32")
    layer, outputs = Dense(weight, bias, 1), np.empty((1, 2), "float32")
    layer.pack()
    weight[1], bias[0] = 2, 10
    layer.forward(outputs, np.ones((1, 3), "float32"))
    before = outputs.tolist()
    layer.pack()
    layer.forward(outputs, np.ones((1, 3), "float32"))

    assert before == [[3, 3]]
    assert outputs.tolist() == [[13, 6]]


@pytest.mark.parametrize(("rows", "members"), [(1, 1), (1000, 2)])
def test_little_work_is_not_shared(monkeypatch, rows, members):
    monkeypatch.setattr("lstmbench_kernels.training.dense.allowed_processors", lambda: 2)
    seen = []
    monkeypatch.setattr(TEAM, "run", lambda *call: seen.append(call[-1]))
    layer = Dense(np.ones((64, 64), "float32"), np.ones(64, "float32"), 2)

    layer.forward(np.empty((rows, 64), "float32"), np.ones((rows, 64), "float32"))

    assert seen == [members]
