"""A row is verified, timed, verified again; whatever goes wrong inside a backend is an outcome."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import a_workload

from lstmbench.backends.entries import BACKENDS
from lstmbench.backends.fake import FakeBackend
from lstmbench.correctness.oracles import OracleStore
from lstmbench.data import load_sunspots
from lstmbench.machine.energy import Meter
from lstmbench.records import Outcome
from lstmbench.running import worker
from lstmbench.timing.measure import Target, measure
from lstmbench.workload import flops

QUICK = Target(budget=0.05, precision=0.01)


def performed(*rules, workload=None, target=QUICK, tell=lambda _phase: None):
    return worker.perform(FakeBackend(list(rules)), workload or a_workload(), target, tell)


class Wrapped(FakeBackend):
    """The fake backend, its steps changed by a function."""

    def __init__(self, change, *rules):
        super().__init__(list(rules))
        self._change = change

    def prepare(self, workload, problem):
        return self._change(super().prepare(workload, problem))


# --- a row that goes well


def test_a_right_row_has_its_scripted_time_and_all_that_follows_from_it():
    workload = a_workload(mode="train")

    outcome = performed({"seconds": [0.002]}, workload=workload)

    assert (outcome.status, outcome.reason) == ("ok", None)
    assert outcome.time_s.median == pytest.approx(0.002)
    assert outcome.time_s.samples == len(outcome.samples_s)
    assert outcome.sequences_per_s == pytest.approx(2 / 0.002)
    assert outcome.timesteps_per_s == pytest.approx(2 * 3 / 0.002)
    assert outcome.flops == flops(workload)
    assert outcome.flops_per_s == pytest.approx(flops(workload) / 0.002)
    assert outcome.loops == 1
    assert outcome.stop == "precise"
    assert outcome.error.output <= outcome.error.tolerance
    assert outcome.error.gradient <= outcome.error.tolerance
    assert outcome.peak_memory_bytes > 2**20


def test_an_inference_row_has_no_error_of_gradients():
    assert performed().error.gradient is None


def test_a_row_tells_what_it_is_at():
    phases = []

    performed(tell=phases.append)

    assert phases == ["verifying", "measuring"]


def test_without_a_target_a_row_is_verified_and_not_timed():
    phases = []

    outcome = performed(target=None, tell=phases.append)

    assert (outcome.status, outcome.reason) == ("skipped", "verified only")
    assert outcome.error.output <= outcome.error.tolerance
    assert phases == ["verifying"]


def test_what_summaries_need_is_loaded_before_anything_is_timed_and_only_for_that(monkeypatch):
    events = []

    def measured(*given, **named):
        events.append("measure")
        return measure(*given, **named)

    monkeypatch.setattr(worker.order, "load", lambda: events.append("load"))
    monkeypatch.setattr(worker, "measure", measured)

    performed()
    assert events == ["load", "measure"]

    performed(target=None)
    assert events == ["load", "measure"]


# --- compilation


def test_compile_time_is_reported_and_in_no_sample():
    outcome = performed({"seconds": [0.002], "compile": 30.0})

    assert outcome.compile_s == 30.0
    assert outcome.time_s.max == pytest.approx(0.002)


def test_a_row_that_compiles_nothing_says_zero():
    assert performed().compile_s == 0.0


def test_a_backend_that_never_compiles_says_nothing():
    class Interpreted(FakeBackend):
        def compilation(self):
            return None

    outcome = worker.perform(Interpreted([]), a_workload(), QUICK)

    assert (outcome.status, outcome.compile_s) == ("ok", None)


def test_a_compilation_inside_the_timed_part_fails_the_row():
    outcome = performed({"seconds": [0.002], "compile": 0.001, "recompile": True})

    assert outcome.status == "failed"
    assert "inside the timed part" in outcome.reason
    assert outcome.time_s is None


# --- a row that goes wrong


def test_a_wrong_result_is_incorrect_and_has_no_time():
    outcome = performed({"fault": "wrong"})

    assert outcome.status == "incorrect"
    assert "error 0.01 above the tolerance 1.9e-06" in outcome.reason
    assert outcome.time_s is None
    assert outcome.error.output == pytest.approx(0.01, rel=1e-3)


def test_a_wrong_result_is_never_timed():
    backend = FakeBackend([{"fault": "wrong", "seconds": [1.0]}])

    worker.perform(backend, a_workload(), QUICK)

    assert backend.clock.now() == 1.0  # the one call that was verified


def test_a_result_that_turns_wrong_while_it_is_timed_is_incorrect():
    calls = 0

    def rot(step):
        def outputs():
            nonlocal calls
            calls += 1
            return {n: a * (1.0 if calls == 1 else 1.5) for n, a in step.outputs().items()}

        return replace(step, outputs=outputs)

    outcome = worker.perform(Wrapped(rot), a_workload(), QUICK)

    assert calls == 2
    assert outcome.status == "incorrect"
    assert outcome.time_s is None


def test_a_result_that_is_not_a_number_is_incorrect_without_an_error_in_numbers():
    def poison(step):
        return replace(step, outputs=lambda: {n: a * np.nan for n, a in step.outputs().items()})

    outcome = worker.perform(Wrapped(poison), a_workload(), QUICK)

    assert outcome.status == "incorrect"
    assert outcome.error is None
    assert "error inf above" in outcome.reason


def test_missing_gradients_make_a_training_row_incorrect():
    outcome = worker.perform(
        Wrapped(lambda step: replace(step, gradients=None)), a_workload(mode="train"), QUICK
    )

    assert outcome.status == "incorrect"
    assert "gradient of arrays: expected ['bias_hh_l0'" in outcome.reason


def test_what_a_framework_raises_is_a_failed_row():
    outcome = performed({"fault": "raise"})

    assert (outcome.status, outcome.reason) == ("failed", "RuntimeError: told to fail")


def test_running_out_of_memory_is_a_row_of_its_own_kind():
    outcome = performed({"fault": "memory"})

    assert outcome.status == "oom"
    assert "out of memory: " in outcome.reason


@pytest.mark.parametrize(
    "said",
    [
        "CUDA out of memory. Tried to allocate 2 GiB",
        "[2] Call to cuMemAlloc: CUDA_ERROR_OUT_OF_MEMORY",
    ],
)
def test_so_is_running_out_of_the_memory_of_a_device(said):
    def run():
        raise RuntimeError(said)

    outcome = worker.perform(Wrapped(lambda step: replace(step, run=run)), a_workload(), QUICK)

    assert (outcome.status, outcome.reason) == ("oom", f"RuntimeError: {said}")


def test_a_workload_that_a_backend_cannot_run_is_unavailable():
    outcome = performed({"fault": "unavailable"})

    assert outcome.status == "unavailable"
    assert "told to be unavailable" in outcome.reason


@pytest.mark.parametrize("text", ["a\nb\tc", "x" * 10_000, "no \udcff text", "", "\x1b[31m"])
def test_whatever_a_framework_says_is_one_line_that_can_be_written(text):
    def blame(step):
        def run():
            raise ValueError(text)

        return replace(step, run=run)

    outcome = worker.perform(Wrapped(blame), a_workload(), QUICK)

    assert outcome.status == "failed"
    assert "\n" not in outcome.reason
    assert len(outcome.reason) < 600
    assert Outcome.model_validate_json(outcome.model_dump_json()) == outcome


# --- precisions


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "tf32"])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh", "rnn-relu"])
def test_every_precision_verifies(dtype, cell):
    outcome = performed(workload=a_workload(cell=cell, mode="train", dtype=dtype), target=None)

    assert outcome.reason == "verified only"


def test_a_precision_that_a_backend_lacks_is_refused_before_anything_is_made():
    class Narrow(FakeBackend):
        def prepare(self, *_given):
            raise AssertionError("prepared")

    outcome = worker.perform(Narrow([], "numpy"), a_workload(dtype="bfloat16"), QUICK)

    assert (outcome.status, outcome.reason) == (
        "unavailable",
        "numpy: computes in float32 and float64 only, not in bfloat16",
    )


def test_without_ml_dtypes_a_row_of_bfloat16_says_what_to_install(monkeypatch):
    monkeypatch.setattr("lstmbench.correctness.rounding.find_spec", lambda _name: None)

    outcome = performed(workload=a_workload(dtype="bfloat16"))

    assert outcome.status == "unavailable"
    assert "pip install ml_dtypes" in outcome.reason


# --- energy


def test_a_row_has_the_energy_of_its_samples_and_of_nothing_else():
    workload = a_workload(batch_size=4)

    outcome = performed(
        {"seconds": [0.002], "gpu": {"watts": 300.0, "copy": 5.0, "flush": 5.0}}, workload=workload
    )

    calls = outcome.loops * len(outcome.samples_s)
    assert outcome.energy_reason is None
    assert outcome.energy.sequences == 4 * calls
    assert outcome.energy.seconds == pytest.approx(0.002 * calls)
    assert outcome.energy.joules == pytest.approx(300.0 * 0.002 * calls)
    assert outcome.energy.joules_per_sequence == pytest.approx(300.0 * 0.002 / 4)
    assert outcome.energy.source == "the imagined counter"


def test_a_row_too_short_for_its_counter_has_a_reason_and_its_time():
    outcome = performed({"seconds": [0.002], "gpu": {"watts": 300.0, "needs": 2.0}})

    assert (outcome.status, outcome.energy) == ("ok", None)
    assert "cannot tell the energy of less than 2 s" in outcome.energy_reason


def test_what_computes_on_no_device_has_no_energy():
    assert performed().energy_reason == "fake computes on no device"
    assert performed({"gpu": {}}).energy_reason == "fake computes on no device"


def test_what_goes_before_each_call_would_be_in_the_energy():
    backend = Wrapped(lambda step: replace(step, before=lambda: None), {"gpu": {"watts": 300.0}})

    outcome = worker.perform(backend, a_workload(), QUICK)

    assert outcome.energy is None
    assert outcome.energy_reason == "what goes before each timed call would be in it"


def test_a_row_on_the_processor_asks_the_counters_of_its_packages(monkeypatch):
    backend = FakeBackend([{"seconds": [0.002]}])
    backend.name = "numpy"
    meter = Meter("RAPL of package-0", 0.0, lambda: 50.0 * backend.clock.now())
    monkeypatch.setattr("lstmbench.machine.rapl.meter", lambda: meter)

    outcome = worker.perform(backend, a_workload(), QUICK)

    assert outcome.energy.source == "RAPL of package-0"
    assert outcome.energy.joules_per_sequence == pytest.approx(50.0 * 0.002 / 2)


# --- what it runs on


def test_rows_of_the_same_sizes_get_the_same_problem():
    one, other = (worker.problem_of(a_workload(mode=mode)) for mode in ("infer", "train"))

    for name in one.inputs:
        np.testing.assert_array_equal(one.inputs[name], other.inputs[name])
    for name in one.parameters:
        np.testing.assert_array_equal(one.parameters[name], other.parameters[name])


def test_a_sunspot_row_runs_on_windows_of_the_series():
    workload = a_workload(data="sunspots", input_size=1, seq_len=309, batch_size=1, dtype="float64")

    x = worker.problem_of(workload).inputs["x"]

    np.testing.assert_array_equal(x[:, 0, 0], load_sunspots())


def test_a_row_of_unequal_lengths_has_a_problem_and_an_oracle_of_its_own(tmp_path):
    store, backend = OracleStore(tmp_path), FakeBackend([])
    full = a_workload(seq_len=4)
    rows = [full, *(replace(full, lengths="uniform", steps=steps) for steps in ((4, 1), (4, 2)))]

    for workload in rows:
        assert worker.problem_of(workload).lengths == workload.steps
        assert worker.perform(backend, workload, None, oracles=store).reason == "verified only"
    assert len(list(tmp_path.iterdir())) == 3


def test_a_backend_without_unequal_lengths_is_a_row_with_its_reason(monkeypatch):
    entry = replace(BACKENDS["fake"], ragged=False)
    monkeypatch.setitem(BACKENDS, "fake", entry)
    workload = a_workload(lengths="uniform", steps=(3, 1))

    outcome = worker.perform(FakeBackend([]), workload, None)

    assert outcome.status == "unavailable"
    assert outcome.reason == "fake: has no sequences of unequal lengths"


def test_inputs_are_random_and_dense():
    x = worker.problem_of(a_workload(seq_len=100, batch_size=20)).inputs["x"]

    assert abs(float(x.mean())) < 0.05
    assert abs(float(x.std()) - 1) < 0.05
    assert np.count_nonzero(x) == x.size
