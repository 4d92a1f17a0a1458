"""Keras on the GPU, run on TensorFlow's CPU build; cuDNN and its clocks need a GPU."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from conftest import a_workload

from lstmbench.errors import BackendUnavailable
from lstmbench.running.worker import perform, problem_of
from lstmbench.timing.measure import Target

pytestmark = pytest.mark.peer


@pytest.fixture
def keras_cuda(tf):
    """The adapter's module; what it sets is put back."""
    from lstmbench.backends import keras_cuda

    before = tf.config.experimental.tensor_float_32_execution_enabled()
    yield keras_cuda
    tf.config.experimental.enable_tensor_float_32_execution(before)


@pytest.mark.parametrize(
    ("dtype", "said"),
    [
        ("float32", "float32: TensorFlow's execution in TF32 is off"),
        ("tf32", "tf32: TensorFlow's execution in TF32 is on"),
        ("float16", "float16: TensorFlow's execution in TF32 is off"),
    ],
)
def test_tf32_is_allowed_in_rows_of_tf32_alone(tf, keras_cuda, dtype, said):
    tf.config.experimental.enable_tensor_float_32_execution(dtype != "tf32")
    workload = a_workload(cell="rnn-tanh", dtype=dtype)

    step = keras_cuda.KerasCuda().prepare(workload, problem_of(workload))

    assert step.precision == said
    assert tf.config.experimental.tensor_float_32_execution_enabled() is (dtype == "tf32")


def test_a_setting_that_does_not_hold_is_no_row(tf, keras_cuda, monkeypatch):
    monkeypatch.setattr(tf.config.experimental, "tensor_float_32_execution_enabled", lambda: True)

    with pytest.raises(BackendUnavailable, match="TF32 was set to False, and is True"):
        keras_cuda.allow_tf32(False)


@pytest.mark.parametrize(
    ("dtype", "given"),
    [("bfloat16", {}), ("tf32", {"bidirectional": True, "lengths": "uniform", "steps": (1, 3)})],
)
def test_a_row_is_right_in_every_precision(keras_cuda, dtype, given):
    workload = a_workload(mode="train", dtype=dtype, **given)

    assert perform(keras_cuda.KerasCuda(), workload, None).reason == "verified only"


def test_a_timed_row_has_the_device_and_no_times_of_its_own(tf, keras_cuda, monkeypatch):
    details = {"device_name": "Imaginary", "compute_capability": (9, 0)}
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda _device: details)
    monkeypatch.setattr(keras_cuda, "FLUSHED_BYTES", 2**10)
    backend = keras_cuda.KerasCuda(SimpleNamespace(name="/physical_device:GPU:0"))

    outcome = perform(backend, a_workload(mode="train"), Target(budget=0.01, precision=0.5))

    gpu = outcome.gpu
    assert (outcome.status, outcome.reason) == ("ok", None)
    assert (gpu.name, gpu.compute_capability, gpu.time_s) == ("Imaginary", "9.0", None)
    assert gpu.algorithm == {
        "all": "not cuDNN but a loop over the steps, compiled by XLA",
        "device time": keras_cuda.NO_EVENTS,
    }
    assert gpu.to_device.bytes == 4 * (3 * 2 * 4 + 2 * 2 * 5)
    assert gpu.to_host.bytes == 4 * (3 * 2 * 5 + 2 * 2 * 5)


def test_what_went_to_cudnn_is_read_from_the_graph(keras_cuda):
    went = keras_cuda.ran(frozenset({"CudnnRNNV3", "Reshape"}), xla=False)
    stayed = keras_cuda.ran(frozenset({"While"}), xla=False)

    assert went["all"] == "cuDNN, by TensorFlow's CudnnRNNV3"
    assert stayed["all"] == "not cuDNN but a loop over the steps"


@pytest.mark.parametrize("cell", ["lstm", "gru"])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_keras_hands_layers_with_biases_to_cudnn_and_others_to_xla(
    tf, keras_cuda, monkeypatch, cell, bidirectional
):
    from lstmbench.backends.keras_layers import KerasStep, Traces

    monkeypatch.setattr(tf.config, "list_logical_devices", lambda _kind: ["a GPU"])
    traces, given = Traces(), {"lengths": "uniform", "steps": (1, 3)}
    workload = a_workload(cell=cell, bidirectional=bidirectional, **given)
    step = KerasStep(problem_of(workload), traces, on_gpu=True)
    # The graph is made; what would run it is not on a CPU.
    with pytest.raises(tf.errors.OpError, match=keras_cuda.CUDNN):
        step.infer()

    assert not step.xla
    assert keras_cuda.CUDNN in traces.operations
    plain = problem_of(replace(workload, bias=False))
    assert KerasStep(plain, traces, on_gpu=True).xla


# --- without CUDA


def test_a_build_without_cuda_says_what_to_install(tf, keras_cuda, monkeypatch):
    monkeypatch.setattr(tf.sysconfig, "get_build_info", dict)

    with pytest.raises(BackendUnavailable, match=r"without CUDA; pip install keras 'tensorflow"):
        keras_cuda.make()


def test_a_build_with_cuda_and_no_device_says_so(tf, keras_cuda, monkeypatch):
    monkeypatch.setattr(tf.sysconfig, "get_build_info", lambda: {"is_cuda_build": True})
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _kind: [])

    with pytest.raises(BackendUnavailable, match="finds no GPU that it can use"):
        keras_cuda.make()
