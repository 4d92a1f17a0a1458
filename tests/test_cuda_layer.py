"""The public layers on the device: arrays on either side, algorithms, and what cannot be done."""

import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import require_peer
from kernel_trials import make_layer, run_layer

pytest.importorskip("greenlet")

from lstmbench_kernels import GRU, LSTM
from lstmbench_kernels.cuda import schedule
from lstmbench_kernels.cuda.arrays import DeviceArray, to_device
from lstmbench_kernels.problem import make_problem
from lstmbench_kernels.spec import GRU as GRU_SPEC
from lstmbench_kernels.spec import Shape

SHAPE = Shape(3, 2, 3, 4)


class Foreign:
    """An array of another library, which only says where it lies."""

    def __init__(self, array: DeviceArray, **changed) -> None:
        self._array = array
        self.shape = array.shape
        self.__cuda_array_interface__ = {**array.__cuda_array_interface__, **changed}

    def to_host(self):
        return self._array.to_host()


def problem_and_results(cell=GRU_SPEC):
    problem = make_problem(cell, SHAPE)
    return problem, *run_layer(make_layer(cell, SHAPE, device="cuda"), problem)


@pytest.mark.parametrize("wrap", [lambda array: array, Foreign], ids=["own", "foreign"])
def test_device_arrays_are_used_where_they_lie(wrap) -> None:
    problem, outputs, gradients = problem_and_results()
    layer = make_layer(GRU_SPEC, SHAPE, device="cuda")
    layer.load_state_dict(problem.parameters)
    x, h0 = (wrap(to_device(problem.inputs[name])) for name in ("x", "h0"))
    out = tuple(wrap(DeviceArray(outputs[name].shape, "float32")) for name in ("y", "hT"))
    y, hT = layer.forward(x, h0, training=True, out=out)
    assert (y, hT) == out
    np.testing.assert_array_equal(y.to_host(), outputs["y"])
    np.testing.assert_array_equal(hT.to_host(), outputs["hT"])
    into = {name: wrap(DeviceArray(array.shape, "float32")) for name, array in gradients.items()}
    found = layer.backward(
        wrap(to_device(problem.upstream["dy"])),
        wrap(to_device(problem.upstream["dhT"])),
        out=into,
    )
    for name, array in gradients.items():
        assert found[name] is into[name]
        np.testing.assert_array_equal(found[name].to_host(), array)


def test_results_lie_where_the_input_does() -> None:
    problem, outputs, _ = problem_and_results()
    layer = make_layer(GRU_SPEC, SHAPE, device="cuda")
    layer.load_state_dict(problem.parameters)
    y, _ = layer.forward(to_device(problem.inputs["x"]), to_device(problem.inputs["h0"]))
    assert isinstance(y, DeviceArray)
    np.testing.assert_array_equal(y.to_host(), outputs["y"])
    y, _ = layer.forward(problem.inputs["x"], problem.inputs["h0"])
    assert isinstance(y, np.ndarray)


@pytest.mark.parametrize("algorithm", ["step", "graph", "persistent"])
def test_the_same_call_again_sees_new_values(algorithm: str) -> None:
    """Bound once, and from the second time on replayed: what the arrays hold is read each time."""
    layer = LSTM(3, 4, device="cuda", algorithm=algorithm)
    x, out = np.ones((3, 2, 3), np.float32), None
    seen = []
    for value in (1.0, 2.0, 1.0, 3.0):
        x[...] = value
        out = layer.forward(x, out=out)
        seen.append(out[0].copy())
    np.testing.assert_array_equal(seen[0], seen[2])
    assert not np.array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[1], seen[3])


def test_backward_goes_through_the_same_call_again() -> None:
    problem, _, gradients = problem_and_results()
    layer = make_layer(GRU_SPEC, SHAPE, device="cuda", algorithm="graph")
    layer.load_state_dict(problem.parameters)
    out, into = None, None
    for _ in range(3):
        out = layer.forward(problem.inputs["x"], problem.inputs["h0"], training=True, out=out)
        into = layer.backward(problem.upstream["dy"], problem.upstream["dhT"], out=into)
        for name, array in gradients.items():
            np.testing.assert_allclose(into[name], array, atol=1e-6, err_msg=name)


def test_without_the_gradient_of_the_input_all_others_are_the_same_bits() -> None:
    problem, _, expected = problem_and_results()
    layer = make_layer(GRU_SPEC, SHAPE, device="cuda")
    _, got = run_layer(layer, problem, input_gradient=False)
    assert list(got) == [name for name in expected if name != "x"]
    for name, array in got.items():
        np.testing.assert_array_equal(array, expected[name], err_msg=name)


def test_a_layer_says_what_it_chose() -> None:
    layer = GRU(3, 4, device="cuda")
    assert layer.algorithm_used == {}
    y, _ = layer.forward(np.ones((2, 1, 3), np.float32), training=True)
    layer.backward(y)
    assert set(layer.algorithm_used) == {"forward", "backward"}
    assert "blocks" in layer.algorithm_used["forward"]
    assert GRU(3, 4).algorithm_used == {}


def test_a_shape_is_laid_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, choose = [], schedule.choose
    monkeypatch.setattr(schedule, "choose", lambda *given: chosen.append(0) or choose(*given))
    layer = GRU(3, 4, device="cuda", algorithm="persistent")
    for _ in range(3):  # arrays of its own each time
        layer.forward(np.ones((2, 1, 3), np.float32))
    assert len(chosen) == 1
    layer.forward(np.ones((2, 2, 3), np.float32))
    assert len(chosen) == 2


def test_loading_weights_reaches_the_device() -> None:
    layer = GRU(3, 4, device="cuda", seed=1)
    x = np.ones((2, 1, 3), np.float32)
    before, _ = layer.forward(x)
    layer.load_state_dict(GRU(3, 4, seed=2).state_dict())
    after, _ = layer.forward(x)
    expected, _ = GRU(3, 4, seed=2).forward(x)
    assert not np.array_equal(before, after)
    np.testing.assert_allclose(after, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"device": "tpu"}, "device: expected 'cpu' or 'cuda', got 'tpu'"),
        ({"algorithm": "graph"}, "algorithm: expected 'auto', got 'graph'"),
        ({"device": "cuda", "algorithm": "fast"}, "algorithm: expected"),
        ({"device": "cuda", "num_threads": 2}, "num_threads: expected None on 'cuda', got 2"),
        ({"dtype": "float16"}, "dtype: expected 'float32' or 'float64' on 'cpu', got float16"),
        ({"device": "cuda", "dtype": "int8"}, "dtype: expected"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        LSTM(3, 4, **options)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (lambda: [1.0], "x: expected a NumPy or device array, got builtins.list"),
        (lambda: DeviceArray((3, 2, 3), "float64"), "x: expected float32, got float64"),
        (lambda: DeviceArray((3, 2, 5), "float32"), r"x: expected \(T, B, I\) = \(T, B, 3\), got"),
        (
            lambda: Foreign(DeviceArray((3, 2, 3), "float32"), strides=(4, 12, 24)),
            "x: expected a C-contiguous device array; copy it first",
        ),
    ],
)
def test_arrays_that_do_not_fit_are_refused(x, words: str) -> None:
    with pytest.raises((TypeError, ValueError), match=words):
        LSTM(3, 4, device="cuda").forward(x())


def test_results_do_not_overlap_what_is_read() -> None:
    array = DeviceArray((3, 2, 4), "float32")
    with pytest.raises(ValueError, match="y shares memory with x"):
        LSTM(4, 4, device="cuda").forward(array, out=array)


def test_an_array_that_is_not_writable_is_refused() -> None:
    array = DeviceArray((3, 2, 4), "float32")
    frozen = Foreign(array, data=(array.address, True))
    with pytest.raises(ValueError, match="out: y: expected a C-contiguous, writeable array"):
        LSTM(3, 4, device="cuda").forward(np.ones((3, 2, 3), np.float32), out=frozen)


def test_a_stream_belongs_to_a_device() -> None:
    with pytest.raises(ValueError, match="stream: expected None on 'cpu'"):
        LSTM(3, 4).forward(np.ones((1, 1, 3), np.float32), stream=1)


@pytest.mark.parametrize("switch", ["0", ""])
def test_without_a_gpu_one_line_says_what_is_missing(switch: str) -> None:
    """In a process without the simulator; skipped on a machine that has a GPU."""
    script = (
        "from lstmbench_kernels import LSTM\n"
        "try:\n    LSTM(3, 4, device='cuda')\n"
        "except (RuntimeError, ImportError) as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": switch, "PYTHONPATH": "kernels"},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    if not lines:
        pytest.skip("this machine has a GPU")
    assert len(lines) == 1
    assert lines[0].startswith("device: 'cuda' cannot be used: ")
    assert any(word in lines[0] for word in ("driver", "pip install"))


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        ("torch.zeros(2, 3)", "got another on the host"),
        ("torch.zeros(2, requires_grad=True)", "use tensor.detach()"),
    ],
)
def test_an_array_of_another_library_on_the_host_is_refused(tensor: str, words: str) -> None:
    """By the code for a real device, whose view of a tensor needs no driver."""
    require_peer("torch")
    require_peer("numba_cuda")
    script = (
        "import torch\nfrom lstmbench_kernels.cuda.arrays import DeviceMemory\n"
        f"try:\n    DeviceMemory('float32').take('x', {tensor}, '(T, B)', ('T', 'B'), rows=True)\n"
        "except TypeError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "NUMBA_ENABLE_CUDASIM": "0", "PYTHONPATH": "kernels"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("x: ")
    assert words in done.stdout


def test_nothing_of_cuda_is_imported_unless_asked() -> None:
    script = (
        "import sys, numpy as np\nfrom lstmbench_kernels import LSTM\n"
        "LSTM(3, 4).forward(np.ones((1, 1, 3), np.float32))\n"
        "print([m for m in sys.modules if m.startswith('lstmbench_kernels.cuda')"
        " or m in ('cuda.core', 'numba.cuda', 'greenlet')])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": "kernels"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"
