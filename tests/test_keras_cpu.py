"""Keras on the CPU: its threads, what it compiles, and what it says of that."""

from types import SimpleNamespace

import pytest
from conftest import a_workload, load_with_two_threads

from lstmbench.running.worker import problem_of
from lstmbench.workload import MODES

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def backend(tf):  # noqa: ARG001  what is not installed is skipped first
    return load_with_two_threads("keras-cpu")


@pytest.mark.usefixtures("backend")
def test_it_has_the_threads_of_its_environment_within_operations_and_side_by_side(tf):
    assert tf.config.threading.get_intra_op_parallelism_threads() == 2
    assert tf.config.threading.get_inter_op_parallelism_threads() == 2


@pytest.mark.usefixtures("backend")
def test_no_gpu_is_seen(tf):
    assert tf.config.get_visible_devices("GPU") == []


@pytest.mark.parametrize("mode", MODES)
def test_a_step_is_traced_at_its_first_call_and_never_again(backend, mode):
    workload = a_workload(cell="rnn-tanh", mode=mode)
    step = backend.prepare(workload, problem_of(workload))
    counts = [backend.compilation()]
    for _ in range(2):
        if step.before:
            step.before()
        step.run()
        counts.append(backend.compilation())

    assert counts[1].count - counts[0].count == 1
    assert counts[1].seconds > counts[0].seconds
    assert counts[2] == counts[1]


@pytest.mark.usefixtures("backend")
@pytest.mark.parametrize("on_gpu", [False, True])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "rnn-tanh"])
def test_xla_compiles_what_keras_itself_would_have_compiled(
    tf, monkeypatch, cell, bidirectional, on_gpu
):
    import keras

    from lstmbench.backends.keras_layers import KerasStep, Traces

    problem = problem_of(a_workload(cell=cell, bidirectional=bidirectional))
    step = KerasStep(problem, Traces(), on_gpu=on_gpu)
    model = keras.Sequential(step.layers)
    devices = [SimpleNamespace(device_type=kind) for kind in ("CPU", *["GPU"] * on_gpu)]
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda: devices)
    model.compile(loss="mse")

    assert step.xla is on_gpu
    assert model.jit_compile is on_gpu


@pytest.mark.usefixtures("tf")
def test_one_layer_that_xla_does_not_take_keeps_it_from_all():
    from lstmbench.backends.keras_layers import takes_xla

    def layer(takes, **parts):
        return SimpleNamespace(supports_jit=takes, **parts)

    both = {"forward_layer": layer(True), "backward_layer": layer(False)}
    assert takes_xla([layer(True), layer(True)])
    assert not takes_xla([layer(True), layer(False)])
    assert not takes_xla([layer(True, **both)])


@pytest.mark.parametrize(
    ("asked", "dtype", "said"),
    [
        (None, "float32", "float32: TF_SET_ONEDNN_FPMATH_MODE is not set"),
        ("BF16", "float32", "bfloat16: TF_SET_ONEDNN_FPMATH_MODE is BF16"),
        ("BF16", "float64", "float64: TF_SET_ONEDNN_FPMATH_MODE is BF16"),
    ],
)
@pytest.mark.usefixtures("tf")
def test_what_onednn_may_lower_is_said(monkeypatch, asked, dtype, said):
    from lstmbench.backends.keras_cpu import arithmetic

    monkeypatch.delenv("TF_SET_ONEDNN_FPMATH_MODE", raising=False)
    if asked:
        monkeypatch.setenv("TF_SET_ONEDNN_FPMATH_MODE", asked)

    assert arithmetic(dtype) == said
