"""A deliberately wrong adapter is found out: two gates changed places, or one gradient is off."""

from dataclasses import replace

import pytest
from conftest import a_workload, require_peer

from lstmbench.backends import numpy_cpu
from lstmbench.running.worker import perform
from lstmbench.timing.measure import Target
from lstmbench_kernels.spec import CELLS, Shape, gradient_shapes

QUICK = Target(budget=0.02, precision=0.5)
# Two gates of a cell that frameworks put in different orders: f and i, z and r.
SWAPPED = {"lstm": (0, 1), "gru": (0, 1)}
GRADIENTS = [
    (cell, name) for cell in SWAPPED for name in gradient_shapes(CELLS[cell], Shape(3, 2, 4, 5))
]


def swap_gates(array, cell):
    """The array with the blocks of two gates in each other's place."""
    blocks = array.reshape(CELLS[cell].num_gates, -1, *array.shape[1:]).copy()
    one, other = SWAPPED[cell]
    blocks[[one, other]] = blocks[[other, one]]
    return blocks.reshape(array.shape)


class Confused:
    """A real adapter that takes two gates for each other when it converts the weights."""

    def __init__(self, adapter):
        self._adapter = adapter
        self.name, self.clock = adapter.name, adapter.clock
        self.compilation = adapter.compilation

    def prepare(self, workload, problem):
        wrong = {
            name: swap_gates(array, workload.cell) for name, array in problem.parameters.items()
        }
        return self._adapter.prepare(workload, replace(problem, parameters=wrong))


class OneGradientOff:
    """A real adapter whose gradient of one array has two elements in each other's place."""

    def __init__(self, adapter, gradient):
        self._adapter, self._gradient = adapter, gradient
        self.name, self.clock = adapter.name, adapter.clock
        self.compilation = adapter.compilation

    def prepare(self, workload, problem):
        step = self._adapter.prepare(workload, problem)

        def gradients():
            found = {name: array.copy() for name, array in step.gradients().items()}
            wrong = found[self._gradient].reshape(-1)
            wrong[[0, 1]] = wrong[[1, 0]]
            return found

        return replace(step, gradients=gradients)


def adapter_of(name, monkeypatch):
    """A real adapter."""
    if name == "numpy":
        return numpy_cpu.make()
    for package in ("onnxruntime", "onnx"):
        require_peer(package)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    from lstmbench.backends import onnxruntime_cpu

    return onnxruntime_cpu.make()


def assert_found_out(outcome):
    assert outcome.status == "incorrect"
    assert outcome.reason.startswith("error ")
    assert "above the tolerance" in outcome.reason
    assert (outcome.time_s, outcome.samples_s, outcome.sequences_per_s) == (None, (), None)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", SWAPPED)
@pytest.mark.parametrize("name", ["numpy", pytest.param("onnxruntime-cpu", marks=pytest.mark.peer)])
def test_two_gates_in_each_others_place_make_an_incorrect_row_without_a_time(
    monkeypatch, name, cell, layers
):
    adapter = adapter_of(name, monkeypatch)
    workload = a_workload(cell=cell, num_layers=layers)
    assert perform(adapter, workload, QUICK).status == "ok"

    outcome = perform(Confused(adapter), workload, QUICK)

    assert_found_out(outcome)
    assert outcome.error.output > 100 * outcome.error.tolerance


@pytest.mark.parametrize("cell", SWAPPED)
def test_in_training_both_outputs_and_gradients_show_it(cell):
    outcome = perform(Confused(numpy_cpu.make()), a_workload(cell=cell, mode="train"), QUICK)

    assert_found_out(outcome)
    assert outcome.error.output > 100 * outcome.error.tolerance
    assert outcome.error.gradient > 100 * outcome.error.tolerance


@pytest.mark.parametrize(("cell", "gradient"), GRADIENTS)
def test_one_gradient_alone_that_is_wrong_is_named(cell, gradient):
    workload = a_workload(cell=cell, mode="train")

    outcome = perform(OneGradientOff(numpy_cpu.make(), gradient), workload, QUICK)

    assert_found_out(outcome)
    assert f"gradient of {gradient}[" in outcome.reason
    assert outcome.error.output <= outcome.error.tolerance < outcome.error.gradient
