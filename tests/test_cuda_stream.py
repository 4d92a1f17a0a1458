"""One stream, its events and memory of the device, on a runtime that has no device."""

import numpy as np
import pytest
from conftest import require_peer
from fake_gpu import Runtime

pytestmark = pytest.mark.peer


@pytest.fixture
def cuda_stream(monkeypatch):
    require_peer("numba_cuda")
    from lstmbench.backends import cuda_stream

    monkeypatch.setattr(cuda_stream, "runtime", Runtime())
    return cuda_stream


def test_the_real_runtime_has_every_function_that_the_made_up_one_plays():
    require_peer("numba_cuda")
    from cuda.bindings import runtime

    played = [name for name in vars(Runtime) if name.startswith("cuda")]

    assert [name for name in played if not hasattr(runtime, name)] == []


def test_without_a_device_the_runtime_itself_says_so():
    require_peer("numba_cuda")
    from cuda.bindings import runtime

    from lstmbench.backends import cuda_stream

    if runtime.cudaGetDeviceCount()[0] == runtime.cudaError_t.cudaSuccess:
        pytest.skip("there is a device")
    with pytest.raises(RuntimeError, match=r"^cudaStreamCreate: \w+"):
        cuda_stream.CudaStream()


def test_arrays_go_there_and_back(cuda_stream):
    array = np.arange(12, dtype=np.float16).reshape(3, 4).T

    memory = cuda_stream.Memory.of(array)

    assert memory.nbytes == 24
    np.testing.assert_array_equal(memory.to_host((4, 3), array.dtype), array)


def test_memory_is_given_back(cuda_stream):
    memory = cuda_stream.Memory(8)
    assert len(cuda_stream.runtime.held) == 1

    del memory

    assert cuda_stream.runtime.held == {}


def test_events_are_on_the_stream_and_their_distance_is_in_seconds(cuda_stream):
    stream = cuda_stream.CudaStream()

    first, last = stream.record(), stream.record()
    stream.wait()

    assert stream.elapsed(first, last) == pytest.approx(0.0015)
    assert stream.handle == 7
    assert cuda_stream.runtime.log.count("event on 7") == 2
    assert "wait for 7" in cuda_stream.runtime.log


def test_memory_is_overwritten_on_the_stream(cuda_stream):
    memory = cuda_stream.Memory.of(np.ones(4, np.float32))

    cuda_stream.CudaStream().clear(memory)

    assert not memory.to_host((4,), np.dtype("float32")).any()
    assert "clear on 7" in cuda_stream.runtime.log


def test_what_the_runtime_refuses_is_an_error_in_its_words(cuda_stream, monkeypatch):
    monkeypatch.setattr(cuda_stream, "runtime", Runtime(refuse=["cudaMalloc"]))

    with pytest.raises(RuntimeError, match=r"^cudaMalloc: error 2: out of memory$"):
        cuda_stream.Memory(8)


def test_a_device_is_told_with_the_name_that_nvml_has_for_it(cuda_stream):
    facts, uuid = cuda_stream.device()

    assert (facts.name, facts.compute_capability, facts.multiprocessors) == (
        "Imaginary",
        "9.0",
        132,
    )
    assert facts.memory_bytes == 2**37
    assert uuid == "GPU-00010203-0405-0607-0809-0a0b0c0d0e0f"
