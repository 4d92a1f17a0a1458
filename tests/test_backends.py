"""One conformance suite over every backend: right results, or one clear line that says why not."""

from dataclasses import replace
from itertools import product

import pytest
from conftest import load_with_two_threads, require_peer

from lstmbench.backends import registry
from lstmbench.backends.base import Backend
from lstmbench.errors import BackendUnavailable, UsageError
from lstmbench.running.worker import perform, problem_of
from lstmbench.workload import MODES, Workload

ON_GPU = tuple(name for name, each in registry.BACKENDS.items() if each.device == "cuda")
# Tracing takes these seconds: the one network for them has two layers of two directions.
SLOW_TO_TRACE = ("keras-cpu", "keras-cuda")
INFERENCE_ONLY = (
    "onnxruntime-cpu",
    "onnxruntime-cuda",
    "onnxruntime-tensorrt",
    "openvino-cpu",
    "tensorrt",
)
TRAINERS = (
    *("numba-cpu", "numpy", "torch-cpu", "torch-compile-cpu", "jax-cpu", "keras-cpu", "fake"),
    *(name for name in ON_GPU if name not in INFERENCE_ONLY),
)
# JAX offers no other cell of cuDNN's.
LSTM_ALONE = ("jax-cuda-cudnn",)


def skip_without(backend: Backend, cell: str) -> None:
    if backend.name in LSTM_ALONE and cell != "lstm":
        pytest.skip(f"{backend.name} has no {cell}, as its own tests say")


def marks_of(name: str) -> tuple[pytest.MarkDecorator, ...]:
    if name in ("numba-cpu", "numpy", "fake"):
        return ()
    return (pytest.mark.gpu,) if name in ON_GPU else (pytest.mark.peer,)


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=marks_of(name)) for name in registry.BACKENDS],
)
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param in ON_GPU and (reason := registry.missing(request.param)):
        pytest.skip(reason)
    if registry.is_simulated(request.param) and request.param != "numba-cuda":
        pytest.skip(
            "simulated: each rung has its tests in test_cuda_layer.py, this is their adapter"
        )
    for package in registry.entry(request.param).packages:
        require_peer(package)
    try:
        return load_with_two_threads(request.param)
    except BackendUnavailable as error:
        if request.param in ON_GPU:
            pytest.skip(str(error))
        raise


def workload(cell: str = "lstm", mode: str = "infer", **changes: object) -> Workload:
    sizes = {"seq_len": 5, "batch_size": 3, "input_size": 4, "hidden_size": 6}
    return Workload(cell=cell, mode=mode, **{**sizes, **changes})  # type: ignore[arg-type]


def runs_here(backend: Backend, dtype: str) -> bool:
    """Whether a backend that asks the processor for a precision gets it here."""
    if backend.name != "openvino-cpu" or dtype not in ("float16", "bfloat16"):
        return True
    import openvino

    known = openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return {"float16": "FP16", "bfloat16": "BF16"}[dtype] in known


def test_every_backend_is_in_this_suite():
    assert set(TRAINERS) | set(INFERENCE_ONLY) == set(registry.BACKENDS)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh", "rnn-relu"])
def test_outputs_and_gradients_agree_with_the_oracle(backend: Backend, cell: str):
    skip_without(backend, cell)
    modes = ("infer", "train") if backend.name in TRAINERS else ("infer",)
    # One layer of an LSTM is the network of every mode, below.
    only_deep = backend.name in SLOW_TO_TRACE or cell == "lstm"
    networks = ((True, 2),) if only_deep else ((False, 1), (True, 2))
    for mode, (bidirectional, layers) in product(modes, networks):
        each = workload(cell, mode, bidirectional=bidirectional, num_layers=layers)
        outcome = perform(backend, each, None)
        assert (outcome.status, outcome.reason) == ("skipped", "verified only"), each.id


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh"])
def test_sequences_of_unequal_lengths_agree_with_the_oracle(backend: Backend, cell: str):
    skip_without(backend, cell)
    modes = ("infer", "train") if backend.name in TRAINERS else ("infer",)
    networks = ((True, 2),) if backend.name in SLOW_TO_TRACE else ((False, 1), (True, 2))
    for mode, (bidirectional, layers) in product(modes, networks):
        each = workload(
            cell,
            mode,
            bidirectional=bidirectional,
            num_layers=layers,
            # No sequence is as long as there is room for, as where lengths come from a file.
            seq_len=6,
            lengths="uniform",
            steps=(2, 5, 3),
        )
        outcome = perform(backend, each, None)
        if registry.entry(backend.name).ragged:
            assert (outcome.status, outcome.reason) == ("skipped", "verified only"), each.id
        else:
            assert outcome.status == "unavailable"
            assert outcome.reason == f"{backend.name}: has no sequences of unequal lengths"


def test_networks_without_bias_agree_too(backend: Backend):
    mode = "train" if backend.name in TRAINERS else "infer"
    cell = "lstm" if backend.name in LSTM_ALONE else "gru"
    outcome = perform(backend, workload(cell, mode, bias=False), None)
    assert outcome.reason == "verified only"


def test_every_mode_can_be_prepared_and_run_again(backend: Backend):
    for mode in MODES if backend.name in TRAINERS else ("infer",):
        outcome = perform(backend, workload(mode=mode), None)
        assert outcome.reason == "verified only", mode


def test_float64_is_held_to_its_own_bound(backend: Backend):
    outcome = perform(backend, workload(dtype="float64"), None)
    if "float64" not in registry.entry(backend.name).dtypes:
        assert outcome.status == "unavailable"
        assert "only, not in float64" in (outcome.reason or "")
    else:
        assert outcome.error is not None
        assert outcome.error.output < 1e-12


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "tf32"])
def test_a_precision_is_computed_in_or_refused_and_never_another(backend: Backend, dtype: str):
    outcome = perform(backend, workload(dtype=dtype), None)
    known = registry.entry(backend.name).dtypes
    if not runs_here(backend, dtype):
        assert outcome.status == "unavailable"
        assert f"does not compute in {dtype} on this processor" in (outcome.reason or "")
    elif dtype in known:
        assert outcome.reason == "verified only"
    else:
        assert outcome.status == "unavailable"
        assert outcome.reason == (
            f"{backend.name}: computes in {' and '.join(known)} only, not in {dtype}"
        )


def test_a_backend_computes_in_the_precision_of_the_row_and_says_how_it_knows(backend: Backend):
    for dtype in registry.entry(backend.name).dtypes:
        if not runs_here(backend, dtype):
            continue
        each = workload(dtype=dtype)
        step = backend.prepare(each, problem_of(each))
        multiplied, _, how = step.precision.partition(": ")
        assert multiplied == dtype
        assert how


def test_a_mode_that_a_backend_lacks_is_a_row_with_its_reason(backend: Backend):
    outcome = perform(backend, workload(mode="train"), None)
    if backend.name in INFERENCE_ONLY:
        assert outcome.status == "unavailable"
        assert outcome.reason == f"{backend.name}: has no training"
    else:
        assert outcome.status == "skipped"


def test_a_backend_says_which_version_it_is(backend: Backend):
    assert backend.version


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(registry, "find_spec", lambda _name: None)
    with pytest.raises(BackendUnavailable, match="torch-cpu: torch is not installed; pip install"):
        registry.load("torch-cpu")
    assert registry.missing("onnxruntime-cpu") == (
        "onnxruntime and onnx are not installed; pip install onnxruntime onnx"
    )


@pytest.mark.parametrize("name", ON_GPU)
def test_without_a_driver_one_line_says_what_is_missing_and_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    monkeypatch.setattr(registry, "find_spec", lambda _name: object())
    monkeypatch.setattr("lstmbench.machine.cuda._library", lambda: None)
    with pytest.raises(BackendUnavailable, match=rf"^{name}: no NVIDIA driver: .*drivers"):
        registry.load(name)


@pytest.mark.parametrize("name", ["onnxruntime-cuda", "onnxruntime-tensorrt"])
@pytest.mark.parametrize(
    ("installed", "is_missing"),
    [({"onnxruntime"}, True), ({"onnxruntime", "onnxruntime-gpu"}, False), (set(), False)],
)
def test_a_build_without_a_gpu_is_not_taken_for_one_that_has(
    monkeypatch: pytest.MonkeyPatch, name: str, installed: set[str], is_missing: bool
):
    monkeypatch.setattr(registry, "find_spec", lambda _name: object())
    monkeypatch.setattr(registry, "is_installed", lambda each: each in installed)
    monkeypatch.setattr("lstmbench.machine.cuda._library", object)
    reason = registry.missing(name)
    if is_missing:
        told = "onnxruntime-gpu is not installed, but onnxruntime is; pip install 'onnxruntime-gpu"
        assert (reason or "").startswith(told)
    else:
        assert reason is None


@pytest.mark.parametrize("name", ON_GPU)
def test_the_simulator_needs_no_driver_and_its_times_mean_nothing(
    monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setattr(registry, "find_spec", lambda _name: object())
    monkeypatch.setattr("lstmbench.machine.cuda._library", lambda: None)
    monkeypatch.setenv("NUMBA_ENABLE_CUDASIM", "1")
    is_ours = name.startswith("numba-cuda")
    assert (registry.missing(name) is None) is is_ours
    assert (registry.untimed(name) is not None) is is_ours


def test_times_of_what_is_not_simulated_mean_something(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    assert [name for name in registry.BACKENDS if registry.untimed(name)] == []


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'torch-cpu'"):
        registry.load("torch-cp")


def test_a_label_makes_a_second_backend_of_the_same_kind():
    first, again = registry.entry("fake"), registry.entry("fake@Again-2")

    assert again == replace(first, name="fake@Again-2")
    assert registry.load("fake@Again-2").name == "fake@Again-2"
    assert registry.load("fake").name == "fake"
    tf32 = workload(dtype="tf32")
    assert registry.lacks("numpy@again", tf32) == registry.lacks("numpy", tf32)


@pytest.mark.parametrize("name", ["fake@", "fake@a b", "fake@a@b", "fake@a_b", "fake@é"])
def test_a_label_is_of_letters_digits_and_hyphens(name: str):
    with pytest.raises(UsageError, match=r"expected a label of letters, digits and - behind the @"):
        registry.entry(name)


def test_an_unknown_name_with_a_label_is_answered_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'torch-cpu'"):
        registry.entry("torch-cp@again")


def test_every_entry_says_what_is_inside_its_timed_call():
    for entry in registry.BACKENDS.values():
        assert len(entry.timed) > 20
        assert entry.install.startswith("pip install ")
