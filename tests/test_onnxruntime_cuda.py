"""The adapter of ONNX Runtime on the GPU, with providers and a GPU that the CPU plays."""

import os
import sys
from types import SimpleNamespace

import pytest
from conftest import a_workload, require_peer
from fake_gpu import Runtime

from lstmbench.backends import registry
from lstmbench.errors import BackendUnavailable
from lstmbench.running.worker import perform, problem_of
from lstmbench.timing.measure import Target

pytestmark = pytest.mark.peer
CPU = "CPUExecutionProvider"
NAMES = {
    "onnxruntime-cuda": "CUDAExecutionProvider",
    "onnxruntime-tensorrt": "TensorrtExecutionProvider",
}


class Played:
    """The module ``onnxruntime`` of a build for GPUs: its sessions run on the CPU.

    Attributes:
        asked: the providers, with their options, that sessions were made with.
        elsewhere: operators that a provider leaves to the CPU.
        loads: whether the libraries of a provider can be loaded.
        places: on which device each array was made.
    """

    def __init__(self, real, elsewhere=(), loads=True):
        self._real, self.elsewhere, self.loads = real, elsewhere, loads
        self.asked, self.places, self.preloaded = [], [], 0
        self.OrtValue = SimpleNamespace(
            ortvalue_from_numpy=self._from_numpy, ortvalue_from_shape_and_type=self._from_shape
        )

    def __getattr__(self, name):
        return getattr(self._real, name)

    def get_available_providers(self):
        return [*NAMES.values(), CPU]

    def preload_dlls(self):
        self.preloaded += 1

    def _from_numpy(self, array, device, _number):
        self.places.append(device)
        return self._real.OrtValue.ortvalue_from_numpy(array.copy())

    def _from_shape(self, shape, dtype, device, _number):
        self.places.append(device)
        return self._real.OrtValue.ortvalue_from_shape_and_type(shape, dtype)

    def InferenceSession(self, model, options, providers, enable_fallback):  # noqa: N802
        assert not enable_fallback
        self.asked += providers
        session = self._real.InferenceSession(model, options, providers=[CPU])
        ((provider, _),) = providers
        return Session(session, provider if self.loads else CPU, self.elsewhere)


class Session:
    """A session that says that another provider runs it."""

    def __init__(self, session, provider, elsewhere):
        self._session, self._provider, self._elsewhere = session, provider, elsewhere

    def __getattr__(self, name):
        return getattr(self._session, name)

    def get_providers(self):
        return [self._provider, CPU]

    def get_provider_graph_assignment_info(self):
        for graph in self._session.get_provider_graph_assignment_info():
            (node,) = graph.get_nodes()
            name = CPU if node.op_type in self._elsewhere else self._provider
            yield SimpleNamespace(ep_name=name, get_nodes=graph.get_nodes)


@pytest.fixture
def play(monkeypatch):
    """Make a backend on an ONNX Runtime that is played."""
    for package in ("onnxruntime", "onnx", "numba_cuda"):
        require_peer(package)
    import onnxruntime

    from lstmbench.backends import cuda_stream, onnxruntime_cuda, onnxruntime_session

    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    monkeypatch.setitem(sys.modules, "tensorrt", SimpleNamespace())

    def make(name="onnxruntime-cuda", **given):
        played = Played(onnxruntime, **given)
        for module in (onnxruntime_cuda, onnxruntime_session):
            monkeypatch.setattr(module, "onnxruntime", played)
        monkeypatch.setattr(cuda_stream, "runtime", Runtime())
        monkeypatch.setattr(onnxruntime_cuda, "FLUSHED_BYTES", 64)
        return onnxruntime_cuda.make(name), played

    return make


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("steps", [(), (3, 1)])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh", "rnn-relu"])
def test_its_results_are_verified(play, name, cell, steps):
    backend, _ = play(name)
    workload = a_workload(
        cell=cell,
        bidirectional=True,
        num_layers=2,
        steps=steps,
        lengths="uniform" if steps else "full",
    )

    assert perform(backend, workload, None).reason == "verified only"


@pytest.mark.parametrize("name", NAMES)
def test_a_timed_row_has_its_device_its_nodes_and_no_tf32(play, name):
    backend, played = play(name)

    outcome = perform(backend, a_workload(), Target(budget=0.01, precision=0.5))

    assert (outcome.status, outcome.reason) == ("ok", None)
    assert outcome.gpu.name == "Imaginary"
    assert outcome.gpu.algorithm == {"forward": f"LSTM on {NAMES[name]}"}
    assert outcome.gpu.time_s.median == pytest.approx(1.5e-3)
    assert outcome.gpu.to_device.bytes == 4 * (3 * 2 * 4 + 2 * 2 * 5)
    assert outcome.gpu.to_host.bytes == 4 * (3 * 2 * 5 + 2 * 2 * 5)
    assert outcome.precision == "float32: as the model says, and NVIDIA_TF32_OVERRIDE is 0"
    assert set(played.places) == {"cuda"}
    assert played.preloaded == 1


def test_cuda_gets_the_stream_and_no_tf32(play):
    backend, played = play()
    backend.prepare(a_workload(), problem_of(a_workload()))

    assert played.asked == [
        (
            "CUDAExecutionProvider",
            {"device_id": "0", "user_compute_stream": "7", "use_tf32": "0"},
        )
    ]


@pytest.mark.parametrize("name", NAMES)
def test_tf32_is_forbidden_before_anything_of_nvidia_can_be_loaded(monkeypatch, name):
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "1")
    monkeypatch.setattr(registry, "missing", lambda _name: None)
    seen = []

    def load(*_given):
        seen.append(os.environ["NVIDIA_TF32_OVERRIDE"])
        return SimpleNamespace(make=lambda _name: SimpleNamespace())

    monkeypatch.setattr(registry, "import_module", load)

    registry.load(name)

    assert seen == ["0"]


@pytest.mark.parametrize(("dtype", "half"), [("float32", "0"), ("float16", "1")])
def test_tensorrt_gets_the_precision_of_the_row_and_keeps_nothing_on_disk(play, dtype, half):
    backend, played = play("onnxruntime-tensorrt")
    workload = a_workload(dtype=dtype)

    step = backend.prepare(workload, problem_of(workload))
    step.run()

    ((_, options),) = played.asked
    assert options["trt_fp16_enable"] == half
    assert (options["trt_engine_cache_enable"], options["trt_timing_cache_enable"]) == ("0", "0")
    assert {array.dtype.name for array in step.outputs().values()} == {dtype}


@pytest.mark.parametrize("name", NAMES)
def test_a_recurrent_node_on_another_provider_makes_no_row(play, name):
    backend, _ = play(name, elsewhere=["LSTM"])

    outcome = perform(backend, a_workload(num_layers=2), Target())

    assert (outcome.status, outcome.reason) == (
        "unavailable",
        f"{name}: {NAMES[name]} does not run all of this model: "
        "it left LSTM on CPUExecutionProvider",
    )


def test_libraries_that_cannot_be_loaded_make_no_row(play):
    backend, _ = play(loads=False)

    outcome = perform(backend, a_workload(), Target())

    assert outcome.status == "unavailable"
    assert "could not load its CUDAExecutionProvider" in outcome.reason


@pytest.mark.parametrize("name", NAMES)
def test_a_build_for_the_cpu_says_which_package_is_meant(monkeypatch, name):
    for package in ("onnxruntime", "onnx", "numba_cuda"):
        require_peer(package)
    from lstmbench.backends import onnxruntime_cuda

    stand_in = SimpleNamespace(get_available_providers=lambda: [CPU], __version__="1.31.1")
    monkeypatch.setattr(onnxruntime_cuda, "onnxruntime", stand_in)

    with pytest.raises(
        BackendUnavailable,
        match=rf"^{name}: onnxruntime-gpu is not installed: ONNX Runtime 1\.31\.1 has {CPU}, "
        rf"not {NAMES[name]}; pip uninstall onnxruntime, then pip install 'onnxruntime-gpu",
    ):
        onnxruntime_cuda.make(name)


def test_it_has_no_training(play):
    backend, _ = play()

    outcome = perform(backend, a_workload(mode="train"), None)

    assert outcome.reason == "onnxruntime-cuda: has no training"
