"""The adapter of PyTorch on the GPU, run on its CPU build; events and clocks need a GPU."""

from types import SimpleNamespace

import numpy as np
import pytest
from conftest import a_workload

from lstmbench.correctness.rounding import storage
from lstmbench.errors import BackendUnavailable
from lstmbench.running.worker import perform, problem_of
from lstmbench.timing.measure import Target
from lstmbench.workload import MODES

torch = pytest.importorskip("torch")

from lstmbench.backends import torch_cuda  # noqa: E402  it imports torch
from lstmbench.backends.torch_compile import Compiler  # noqa: E402
from lstmbench.backends.torch_cuda import TorchCuda, allow_tf32, asked_for  # noqa: E402
from lstmbench.backends.torch_modules import to_array, to_tensor  # noqa: E402

pytestmark = pytest.mark.peer


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "tf32"])
@pytest.mark.parametrize("mode", ["infer", "train"])
def test_every_precision_is_within_its_bound(dtype, mode):
    workload = a_workload(
        mode=mode, dtype=dtype, bidirectional=True, num_layers=2, seq_len=7, hidden_size=24
    )

    outcome = perform(TorchCuda("cpu"), workload, None)

    assert outcome.reason == "verified only"


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh", "rnn-relu"])
def test_every_mode_and_cell_is_right(mode, cell):
    outcome = perform(TorchCuda("cpu"), a_workload(cell=cell, mode=mode), None)

    assert outcome.reason == "verified only"


@pytest.mark.parametrize("compiler", [None, Compiler()])
def test_sequences_of_unequal_lengths_are_right(compiler):
    workload = a_workload(mode="train", bidirectional=True, lengths="uniform", steps=(1, 3))

    outcome = perform(TorchCuda("cpu", compiler), workload, None)

    assert outcome.reason == "verified only"


@pytest.mark.parametrize(("mode", "training"), [("infer", False), ("train", True)])
def test_a_module_keeps_what_backward_needs_where_there_is_one(monkeypatch, mode, training):
    made = []
    real = torch_cuda.TorchStep

    def remember(*given):
        made.append(real(*given))
        return made[-1]

    monkeypatch.setattr(torch_cuda, "TorchStep", remember)
    workload = a_workload(mode=mode)
    TorchCuda("cpu").prepare(workload, problem_of(workload))

    assert made[0].module.training is training


# --- TF32


@pytest.fixture
def settings():
    """PyTorch's setting for cuDNN's cells, put back afterwards."""
    place = torch.backends.cudnn.rnn
    before = place.fp32_precision
    yield place
    place.fp32_precision = before


@pytest.mark.parametrize(
    ("dtype", "precision"),
    [("float32", "ieee"), ("tf32", "tf32"), ("float16", "ieee"), ("float64", "ieee")],
)
def test_tf32_is_allowed_in_rows_of_tf32_alone(settings, dtype, precision):
    settings.fp32_precision = "ieee" if precision == "tf32" else "tf32"
    workload = a_workload(dtype=dtype)

    TorchCuda("cpu").prepare(workload, problem_of(workload))

    assert settings.fp32_precision == precision


@pytest.mark.usefixtures("settings")
def test_what_is_set_is_what_is_recorded():
    assert allow_tf32(True) == "torch.backends.cudnn.rnn.fp32_precision is tf32"
    assert allow_tf32(False) == "torch.backends.cudnn.rnn.fp32_precision is ieee"


def test_a_setting_that_does_not_hold_is_no_row(monkeypatch):
    class Stubborn:
        @property
        def fp32_precision(self):
            return "tf32"

        @fp32_precision.setter
        def fp32_precision(self, value):
            pass

    monkeypatch.setattr(torch.backends.cudnn, "rnn", Stubborn())

    with pytest.raises(BackendUnavailable, match="cuDNN was set to ieee, and is tf32"):
        allow_tf32(False)


# --- what is asked of cuDNN


def test_each_pass_of_a_row_says_what_pytorch_asks_for():
    workload = a_workload(mode="train", hidden_size=192)

    assert asked_for(workload, (9, 0), 132) == {
        "forward": "cuDNN persistent (static, small H), by PyTorch's rule",
        "backward": "cuDNN standard, by PyTorch's rule",
    }


@pytest.mark.parametrize("mode", ["infer", "forward"])
def test_a_row_without_gradients_has_no_backward_pass(mode):
    assert list(asked_for(a_workload(mode=mode), (9, 0), 132)) == ["forward"]


# --- what a row on a GPU records, with a stand-in for the device's events


# Of torch, by the adapter.
USED = ("__version__", "backends", "empty", "uint8", "version")


class Event:
    """Events a millisecond and a half apart."""

    made = 0

    def __init__(self, *, enable_timing):
        assert enable_timing

    def record(self):
        Event.made += 1
        self.moment = 1.5 * Event.made

    def elapsed_time(self, other):
        return other.moment - self.moment


@pytest.fixture
def backend(monkeypatch):
    """The adapter as on a GPU, its tensors on the CPU."""
    facts = SimpleNamespace(
        name="Imaginary",
        major=9,
        minor=0,
        multi_processor_count=132,
        total_memory=2**37,
        uuid="1-2",
    )
    stand_in = SimpleNamespace(
        get_device_properties=lambda _device: facts, synchronize=lambda: None, Event=Event
    )
    monkeypatch.setattr(torch_cuda, "torch", _like(torch, cuda=stand_in))
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91900)
    made = TorchCuda("cpu")
    made._on_gpu = True
    return made


def _like(module, **changed):
    names = {name: getattr(module, name) for name in USED}
    return SimpleNamespace(**{**names, **changed})


def test_a_timed_row_has_the_device_its_times_and_what_was_asked_of_cudnn(backend):
    workload = a_workload(mode="train", hidden_size=192, dtype="tf32")

    outcome = perform(backend, workload, Target(budget=0.01, precision=0.5))

    gpu = outcome.gpu
    assert (outcome.status, outcome.reason) == ("ok", None)
    assert (gpu.name, gpu.compute_capability, gpu.multiprocessors) == ("Imaginary", "9.0", 132)
    assert gpu.time_s.median == pytest.approx(1.5e-3)
    assert gpu.algorithm == {
        "forward": "cuDNN persistent (static, small H), by PyTorch's rule",
        "backward": "cuDNN standard, by PyTorch's rule",
        "tf32": "torch.backends.cudnn.rnn.fp32_precision is tf32",
    }
    assert gpu.to_device.bytes == 4 * (3 * 2 * 4 + 2 * 2 * 192)
    assert gpu.to_host.bytes == 4 * (3 * 2 * 192 + 2 * 2 * 192)
    assert gpu.cold_s.samples == 6


def test_what_does_not_go_to_cudnn_says_so(backend, monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 90100)
    workload = a_workload(dtype="bfloat16")

    step = backend.prepare(workload, problem_of(workload))

    assert step.on_device.algorithm() == {
        "all": "not cuDNN 90100 but PyTorch's own kernels, by PyTorch's rule"
    }


# --- numbers


def test_bfloat16_goes_there_and_back_bit_for_bit():
    pytest.importorskip("ml_dtypes")
    numbers = np.linspace(-3, 3, 12).reshape(3, 4).astype(storage("bfloat16"))

    tensor = to_tensor(numbers)

    assert tensor.dtype == torch.bfloat16
    np.testing.assert_array_equal(tensor.float().numpy(), numbers.astype("float32"))
    np.testing.assert_array_equal(to_array(tensor), numbers)
    assert to_array(tensor).dtype == numbers.dtype


# --- without CUDA


def test_a_build_without_cuda_says_what_to_install(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)

    with pytest.raises(
        BackendUnavailable, match="is built without CUDA; pip install torch --index"
    ):
        torch_cuda.make()


def test_a_build_with_cuda_and_no_device_says_so(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch, "cuda", SimpleNamespace(is_available=lambda: False))

    with pytest.raises(BackendUnavailable, match=r"for CUDA 13\.0 finds no device"):
        torch_cuda.make()


def test_without_cudnn_there_is_no_row(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    monkeypatch.setattr(torch, "cuda", SimpleNamespace(is_available=lambda: True))
    monkeypatch.setattr(torch.backends.cudnn, "is_available", lambda: False)

    with pytest.raises(BackendUnavailable, match="has no cuDNN, or it is off"):
        torch_cuda.make()
