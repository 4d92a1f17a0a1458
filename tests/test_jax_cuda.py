"""JAX on the GPU, run on its CPU client; cuDNN's LSTM is played by JAX's own reference of it."""

from types import SimpleNamespace

import numpy as np
import pytest
from conftest import a_workload, require_peer

from lstmbench.errors import BackendUnavailable
from lstmbench.running.worker import perform, problem_of
from lstmbench.timing.measure import Target
from lstmbench.workload import MODES

pytestmark = pytest.mark.peer

RAGGED = {"lengths": "uniform", "steps": (1, 3)}


@pytest.fixture(scope="module")
def jax():
    jax = require_peer("jax")
    jax.config.update("jax_platforms", "cpu")
    return jax


@pytest.fixture
def jax_cuda(jax):
    """The adapter's module; what it sets is put back."""
    from lstmbench.backends import jax_cuda

    names = ("jax_default_matmul_precision", "jax_enable_x64", "jax_platforms")
    before = {name: getattr(jax.config, name) for name in names}
    yield jax_cuda
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.fixture
def cudnn(jax_cuda, monkeypatch):
    """The adapter on cuDNN's LSTM, which is JAX's reference here."""
    from jax.experimental import rnn

    asked = []

    def lstm(x, h0, c0, weights, lengths, *sizes):
        *sizes, precision = sizes
        input_size, hidden_size, num_layers, _, bidirectional = sizes
        asked.append(precision)
        parts = rnn.unpack_lstm_weights(weights, input_size, hidden_size, num_layers, bidirectional)
        return rnn.lstm_ref(x, h0, c0, *parts, lengths, *sizes)

    monkeypatch.setattr(rnn, "lstm", lstm)
    return SimpleNamespace(backend=jax_cuda.JaxCuda(cudnn=True), asked=asked)


# --- the scan


@pytest.mark.parametrize(
    ("dtype", "said"),
    [
        ("float32", "float32: jax_default_matmul_precision is highest"),
        ("tf32", "tf32: jax_default_matmul_precision is tensorfloat32"),
        ("bfloat16", "bfloat16: jax_default_matmul_precision is highest"),
    ],
)
def test_tf32_is_allowed_in_rows_of_tf32_alone(jax_cuda, dtype, said):
    workload = a_workload(dtype=dtype)

    assert jax_cuda.JaxCuda().prepare(workload, problem_of(workload)).precision == said


@pytest.mark.parametrize("dtype", ["float16", "tf32"])
def test_a_scan_is_right_in_every_precision(jax_cuda, dtype):
    outcome = perform(jax_cuda.JaxCuda(), a_workload(mode="train", dtype=dtype, **RAGGED), None)

    assert outcome.reason == "verified only"


# --- cuDNN's LSTM


@pytest.mark.parametrize("mode", MODES)
def test_weights_are_packed_as_jax_unpacks_them_and_gradients_come_back_by_name(cudnn, mode):
    workload = a_workload(mode=mode, bidirectional=True, num_layers=2)

    assert perform(cudnn.backend, workload, None).reason == "verified only"


@pytest.mark.parametrize("given", [{"bias": False}, {"bidirectional": True, **RAGGED}])
def test_networks_without_bias_and_unequal_lengths_are_right_too(cudnn, given):
    outcome = perform(cudnn.backend, a_workload(mode="train", **given), None)

    assert outcome.reason == "verified only"


@pytest.mark.parametrize(
    ("dtype", "asked", "said"),
    [
        ("float32", "HIGHEST", "float32: TF32 is off in the call of cuDNN"),
        ("tf32", "HIGH", "tf32: TF32 is on in the call of cuDNN"),
    ],
)
def test_cudnn_is_told_of_tf32_in_the_call(cudnn, dtype, asked, said):
    workload = a_workload(dtype=dtype)
    step = cudnn.backend.prepare(workload, problem_of(workload))
    step.run()

    assert [precision.name for precision in cudnn.asked] == [asked]
    assert step.precision == said


def test_jax_itself_reads_that_as_tf32_or_none(jax):
    from jax.experimental import rnn

    assert not rnn._lstm_cudnn_allow_tf32(jax.lax.Precision.HIGHEST)
    assert rnn._lstm_cudnn_allow_tf32(jax.lax.Precision.HIGH)


@pytest.mark.parametrize("cell", ["gru", "rnn-tanh", "rnn-relu"])
def test_another_cell_is_a_row_with_its_reason(cudnn, cell):
    outcome = perform(cudnn.backend, a_workload(cell=cell), None)

    assert outcome.status == "unavailable"
    assert outcome.reason == (
        f"jax-cuda-cudnn: JAX offers cuDNN's LSTM alone, and no {cell}; use jax-cuda"
    )


# --- a device


def test_a_timed_row_has_the_device_and_no_times_of_its_own(jax, jax_cuda, monkeypatch):
    device = SimpleNamespace(device_kind="Imaginary", compute_capability="9.0", core_count=132)
    monkeypatch.setattr(jax, "device_put", lambda arrays, _device: arrays)
    monkeypatch.setattr(jax_cuda, "FLUSHED_BYTES", 2**10)
    backend = jax_cuda.JaxCuda(device)
    workload = a_workload(mode="train")

    outcome = perform(backend, workload, Target(budget=0.01, precision=0.5))

    gpu = outcome.gpu
    assert (outcome.status, outcome.reason) == ("ok", None)
    assert (gpu.name, gpu.compute_capability, gpu.multiprocessors) == ("Imaginary", "9.0", 132)
    assert gpu.time_s is None
    assert gpu.algorithm == {"all": "lax.scan, by XLA", "device time": jax_cuda.NO_EVENTS}
    assert gpu.to_device.bytes == 4 * (3 * 2 * 4 + 2 * 2 * 5)
    assert gpu.to_host.bytes == 4 * (3 * 2 * 5 + 2 * 2 * 5)


@pytest.mark.parametrize(("way", "name"), [("scan", "jax-cuda"), ("cudnn", "jax-cuda-cudnn")])
def test_without_a_gpu_one_line_says_what_to_install(jax, jax_cuda, monkeypatch, way, name):
    def devices():
        raise RuntimeError("Unable to initialize backend 'cuda':\n not in the list")

    monkeypatch.setattr(jax, "devices", devices)

    with pytest.raises(BackendUnavailable, match=rf"^{name}: JAX .* finds no GPU: Unable to .*pip"):
        jax_cuda.make(way)


def test_what_is_packed_is_unpacked_again(jax_cuda):  # noqa: ARG001  it imports JAX
    from lstmbench.backends.jax_cudnn import pack, unpack

    problem = problem_of(a_workload(bidirectional=True, num_layers=2))
    found = unpack(problem, pack(problem))

    assert list(found) == list(problem.parameters)
    for name, array in problem.parameters.items():
        np.testing.assert_array_equal(found[name], array)
