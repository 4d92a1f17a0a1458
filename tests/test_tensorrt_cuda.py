"""The adapter of TensorRT, with a TensorRT and a GPU that are played on the CPU."""

import sys

import pytest
from conftest import a_workload, require_peer
from fake_gpu import Runtime, TensorRt

from lstmbench.running.worker import perform, problem_of
from lstmbench.timing.measure import Target

pytestmark = pytest.mark.peer


@pytest.fixture
def play(monkeypatch):
    """Make the backend on a TensorRT that is played; what it was asked for is told by that."""
    for package in ("onnxruntime", "onnx", "numba_cuda"):
        require_peer(package)
    from lstmbench.backends import cuda_stream

    def make(**given):
        tensorrt = TensorRt(**given)
        monkeypatch.setitem(sys.modules, "tensorrt", tensorrt)
        from lstmbench.backends import tensorrt_cuda

        monkeypatch.setattr(tensorrt_cuda, "tensorrt", tensorrt)
        monkeypatch.setattr(cuda_stream, "runtime", Runtime())
        monkeypatch.setattr(tensorrt_cuda, "FLUSHED_BYTES", 64)
        return tensorrt_cuda.make(), tensorrt

    return make


@pytest.mark.parametrize("steps", [(), (3, 1)])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh", "rnn-relu"])
def test_its_results_are_verified(play, cell, steps):
    backend, _ = play()
    workload = a_workload(
        cell=cell,
        bidirectional=True,
        num_layers=2,
        steps=steps,
        lengths="uniform" if steps else "full",
    )

    outcome = perform(backend, workload, None)

    assert outcome.reason == "verified only"


def test_a_timed_row_has_its_device_its_engine_and_what_it_was_built_with(play):
    backend, tensorrt = play()

    outcome = perform(backend, a_workload(), Target(budget=0.01, precision=0.5))

    assert (outcome.status, outcome.reason) == ("ok", None)
    assert outcome.gpu.name == "Imaginary"
    assert outcome.gpu.algorithm == {"forward": "an engine of 12 layers"}
    assert outcome.gpu.time_s.median == pytest.approx(1.5e-3)
    assert outcome.gpu.to_device.bytes == 4 * (3 * 2 * 4 + 2 * 2 * 5)
    assert outcome.gpu.to_host.bytes == 4 * (3 * 2 * 5 + 2 * 2 * 5)
    assert outcome.precision == "float32: a strongly typed network, built with TF32 off"
    assert outcome.compile_s > 0
    assert tensorrt.network_flags == [1 << 1]
    assert set(tensorrt.engines[0].streams) == {7}


@pytest.mark.parametrize(
    ("dtype", "flags"), [("float32", set()), ("float16", set()), ("tf32", {"TF32"})]
)
def test_tf32_is_on_in_rows_of_tf32_alone_and_float16_is_in_the_model(play, dtype, flags):
    backend, tensorrt = play()
    workload = a_workload(dtype=dtype)

    step = backend.prepare(workload, problem_of(workload))
    step.run()

    assert tensorrt.flags == flags
    assert step.precision.startswith(f"{dtype}: ")
    assert step.outputs()["y"].dtype.name == ("float16" if dtype == "float16" else "float32")


def test_each_row_counts_the_engine_that_it_builds(play):
    backend, _ = play()
    workload = a_workload()

    counts = [backend.compilation().count]
    for _ in range(2):
        backend.prepare(workload, problem_of(workload))
        counts.append(backend.compilation().count)

    assert counts == [0, 1, 2]


def test_what_its_parser_lacks_is_the_reason_of_the_row(play):
    backend, _ = play(complaint="no importer registered for op: LSTM")

    outcome = perform(backend, a_workload(), None)

    assert (outcome.status, outcome.reason) == (
        "unavailable",
        "tensorrt: its ONNX parser: no importer registered for op: LSTM",
    )


def test_an_engine_that_cannot_be_built_fails_the_row(play):
    backend, _ = play(builds=False)

    outcome = perform(backend, a_workload(), None)

    assert (outcome.status, outcome.reason) == (
        "failed",
        "RuntimeError: TensorRT built no engine; its log says why",
    )


def test_a_call_that_fails_fails_the_row(play, monkeypatch):
    from fake_gpu import Engine

    monkeypatch.setattr(Engine, "execute_async_v3", lambda _engine, _stream: False)
    backend, _ = play()

    outcome = perform(backend, a_workload(), None)

    assert outcome.status == "failed"
    assert "execute_async_v3 failed" in outcome.reason


def test_it_has_no_training(play):
    backend, _ = play()

    outcome = perform(backend, a_workload(mode="train"), None)

    assert (outcome.status, outcome.reason) == ("unavailable", "tensorrt: has no training")
