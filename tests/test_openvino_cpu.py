"""OpenVINO computes in the precision that it was asked for, or there is no row."""

from types import SimpleNamespace

import pytest
from conftest import a_workload, require_peer

from lstmbench.errors import BackendUnavailable
from lstmbench.running.worker import perform, problem_of

pytestmark = pytest.mark.peer


@pytest.fixture
def backend(monkeypatch):
    require_peer("openvino")
    require_peer("onnx")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    from lstmbench.backends import openvino_cpu

    return openvino_cpu.make()


class Core:
    """OpenVINO's core on a processor of other capabilities, or one that changes what is asked."""

    def __init__(self, core, capabilities, change=lambda settings: settings):
        self._core, self._capabilities, self._change = core, capabilities, change

    def get_property(self, _device, _name):
        return self._capabilities

    def read_model(self, model):
        return self._core.read_model(model)

    def compile_model(self, model, device, settings):
        return self._core.compile_model(model, device, self._change(settings))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_processor_without_a_precision_has_no_rows_of_it(backend, dtype):
    backend._core = Core(backend._core, ["FP32", "INT8"])

    outcome = perform(backend, a_workload(dtype=dtype), None)

    name = {"float16": "FP16", "bfloat16": "BF16"}[dtype]
    assert outcome.status == "unavailable"
    assert outcome.reason == (
        f"openvino-cpu: OpenVINO does not compute in {dtype} on this processor: {name} is not "
        "among its capabilities (FP32, INT8)"
    )


def test_a_precision_that_it_takes_instead_of_another_makes_no_row(backend):
    def narrow(settings):
        return {**settings, "INFERENCE_PRECISION_HINT": "bf16"}

    known = backend._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if "BF16" not in known:
        pytest.skip("OpenVINO has no bfloat16 on this processor")
    backend._core = Core(backend._core, known, narrow)

    outcome = perform(backend, a_workload(), None)

    assert outcome.status == "unavailable"
    assert "was asked for float32 and would run in bf16" in outcome.reason


def test_a_recurrent_node_of_another_precision_makes_no_row(backend):
    told = {"layerType": "RNNSeq", "runtimePrecision": "bf16"}
    info = {name: SimpleNamespace(astype=lambda _kind, v=v: v) for name, v in told.items()}
    graph = SimpleNamespace(get_ordered_ops=lambda: [SimpleNamespace(get_rt_info=lambda: info)])
    compiled = SimpleNamespace(
        get_property=lambda _name: SimpleNamespace(get_type_name=lambda: "f32"),
        get_runtime_model=lambda: graph,
    )

    with pytest.raises(BackendUnavailable, match="would run in f32, its recurrent nodes in bf16"):
        backend._read_back(compiled, "float32")


@pytest.mark.parametrize("steps", [(), (3, 1)])
def test_what_the_compiled_model_runs_in_is_read_back(backend, steps):
    workload = a_workload(lengths="uniform" if steps else "full", steps=steps)

    said = backend.prepare(workload, problem_of(workload)).precision

    assert said.startswith("float32: the compiled model's INFERENCE_PRECISION_HINT is f32, and ")
    # Unequal lengths may be one node in a later version; full sequences are one already.
    assert steps or said.endswith("so say its recurrent nodes")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_arrays_are_of_the_precision_of_the_row(backend, dtype):
    known = backend._core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if dtype == "bfloat16" and "BF16" not in known:
        pytest.skip("OpenVINO has no bfloat16 on this processor")
    workload = a_workload(dtype=dtype)

    step = backend.prepare(workload, problem_of(workload))
    step.run()

    assert {array.dtype.name for array in step.outputs().values()} == {dtype}
