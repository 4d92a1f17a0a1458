"""The fake backend plays its script: its times, the right results, the fault that was asked for."""

import itertools

import pytest
from conftest import a_workload

from lstmbench.backends import fake
from lstmbench.backends.base import Compilation
from lstmbench.errors import BackendUnavailable
from lstmbench.running.worker import problem_of


def prepared(*rules, workload=None):
    workload = workload or a_workload()
    backend = fake.FakeBackend(list(rules))
    return backend, backend.prepare(workload, problem_of(workload))


def times_of(backend, step, calls):
    moments = [backend.clock.now()]
    for _ in range(calls):
        step.run()
        moments.append(backend.clock.now())
    return [b - a for a, b in itertools.pairwise(moments)]


def test_scripted_times_are_played_in_turn_and_again():
    backend, step = prepared({"seconds": [1.0, 2.0, 4.0]})

    assert times_of(backend, step, 5) == [1.0, 2.0, 4.0, 1.0, 2.0]


def test_without_a_script_more_work_takes_longer():
    small = times_of(*prepared(workload=a_workload()), 1)
    large = times_of(*prepared(workload=a_workload(hidden_size=50)), 1)

    assert small < large


def test_the_last_rule_that_matches_the_id_holds():
    rules = (
        {"seconds": [1.0]},
        {"id": "lstm/*", "seconds": [2.0]},
        {"id": "gru/*", "seconds": [3]},
    )

    assert times_of(*prepared(*rules), 1) == [2.0]
    assert times_of(*prepared(*rules, workload=a_workload(cell="gru")), 1) == [3.0]
    assert times_of(*prepared(*rules, workload=a_workload(cell="rnn-relu")), 1) == [1.0]


def test_a_rule_can_be_for_a_backend_with_a_label():
    rules = [{"seconds": [1.0]}, {"backend": "*@slow", "seconds": [2.0]}]
    two = [fake.FakeBackend(rules, name) for name in ("fake", "fake@slow")]

    steps = [each.prepare(a_workload(), problem_of(a_workload())) for each in two]

    assert [times_of(*pair, 1) for pair in zip(two, steps, strict=True)] == [[1.0], [2.0]]


def test_the_first_call_compiles_once():
    backend, step = prepared({"seconds": [1.0], "compile": 5.0})

    assert times_of(backend, step, 3) == [6.0, 1.0, 1.0]
    assert backend.compilation() == Compilation(1, 5.0)


def test_a_script_can_make_every_call_compile():
    backend, step = prepared({"seconds": [1.0], "compile": 5.0, "recompile": True})

    assert times_of(backend, step, 3) == [6.0, 6.0, 6.0]
    assert backend.compilation() == Compilation(3, 15.0)


def test_only_rows_with_gradients_have_them():
    assert prepared()[1].gradients is None
    assert set(prepared(workload=a_workload(mode="train"))[1].gradients()) >= {"x", "h0", "c0"}


def test_a_wrong_result_is_off_by_one_in_a_hundred():
    right, wrong = prepared()[1].outputs(), prepared({"fault": "wrong"})[1].outputs()

    for name in right:
        assert wrong[name] == pytest.approx(1.01 * right[name])


def test_faults_happen_in_the_call_not_before():
    _, step = prepared({"fault": "raise"})

    with pytest.raises(RuntimeError, match="told to fail"):
        step.run()


def test_unavailable_is_raised_when_a_row_is_prepared():
    with pytest.raises(BackendUnavailable, match="told to be unavailable for lstm/infer"):
        prepared({"fault": "unavailable"})


def test_every_fault_of_the_docstring_exists_and_the_other_way_round():
    described = {name for name in (*fake.FAULTS, "wrong", "unavailable") if f"``{name}``" in DOC}

    assert described == {*fake.FAULTS, "wrong", "unavailable"}


DOC = fake.__doc__ or ""


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "tf32", "float64"])
def test_results_have_the_dtype_of_the_row(dtype):
    _, step = prepared(workload=a_workload(mode="train", dtype=dtype))

    names = {array.dtype.name for array in (*step.outputs().values(), *step.gradients().values())}
    assert names == {"float32" if dtype == "tf32" else dtype}


def test_a_row_of_an_imaginary_gpu_says_what_it_is_told():
    script = {"seconds": [0.1, 0.2], "copy": 3.0, "mhz": 1000, "reasons": ["power-cap"]}
    backend, step = prepared({"seconds": [1.0], "gpu": script})
    gpu = step.on_device

    assert [gpu.last_call_s() for _ in range(3)] == [0.1, 0.2, 0.1]
    assert gpu.upload() == gpu.download() == 4 * (3 * 2 * 5 + 2 * 2 * 5)
    assert backend.clock.now() == 6.0
    assert (gpu.clocks().sm_mhz, gpu.clocks().reasons) == (1000, ("power-cap",))
    assert prepared()[1].on_device is None


def test_the_script_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv(fake.SCRIPT, '[{"seconds": [0.25]}]')
    backend = fake.make()
    step = backend.prepare(a_workload(), problem_of(a_workload()))

    assert times_of(backend, step, 1) == [0.25]

    monkeypatch.delenv(fake.SCRIPT)
    assert fake.make().compilation() == Compilation(0, 0.0)
