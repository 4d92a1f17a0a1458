"""What torch.compile makes of recurrent modules, and that it is counted."""

import pytest
from conftest import a_workload

from lstmbench.running.worker import problem_of
from lstmbench.workload import MODES

torch = pytest.importorskip("torch")

from torch._dynamo.utils import counters  # noqa: E402

from lstmbench.backends.torch_compile import Compiler  # noqa: E402  it imports torch
from lstmbench.backends.torch_cpu import make  # noqa: E402
from lstmbench.backends.torch_cuda import TorchCuda  # noqa: E402

pytestmark = pytest.mark.peer


def counts(backend, workload, calls):
    """How often was compiled before the first call and after each."""
    step = backend.prepare(workload, problem_of(workload))
    found = [backend.compilation().count]
    for _ in range(calls):
        if step.before:
            step.before()
        step.run()
        found.append(backend.compilation().count)
    return found


@pytest.mark.parametrize("mode", MODES)
def test_dynamo_is_at_work_in_the_first_call_and_never_again(mode):
    before, first, second, third = counts(make("compile"), a_workload(mode=mode), 3)

    assert before < first
    assert first == second == third


def test_each_row_is_compiled_anew_however_many_there_were():
    backend = make("compile")
    found = [counts(backend, a_workload(seq_len=1 + n), 1) for n in range(10)]

    assert all(first - before == found[0][1] - found[0][0] > 0 for before, first in found)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh"])
def test_a_recurrent_module_is_left_to_eager_as_the_summary_says(cell):
    counters.clear()
    counts(make("compile"), a_workload(cell=cell), 1)

    (why,) = counters["graph_break"]
    assert "Dynamo does not support RNN, GRU, or LSTM" in why
    assert not counters["stats"]


def test_on_a_gpu_it_is_the_same_compiler():
    before, first, second = counts(TorchCuda("cpu", Compiler()), a_workload(mode="train"), 2)

    assert before < first == second


def test_eager_backends_compile_nothing():
    assert make().compilation() is None
    assert TorchCuda("cpu").compilation() is None
    assert "allow_rnn is off" in make("compile").version
