"""The adapter of our CUDA kernels, on a stand-in for the device that keeps arrays on the host."""

from types import SimpleNamespace

import numpy as np
import pytest
from conftest import a_workload

import lstmbench_kernels
from lstmbench.backends import numba_cuda
from lstmbench.correctness.rounding import storage
from lstmbench.correctness.verify import evaluate_rounded
from lstmbench.errors import BackendUnavailable
from lstmbench.precision import PRECISIONS
from lstmbench.running.worker import perform
from lstmbench.timing.measure import Target
from lstmbench_kernels.problem import Problem
from lstmbench_kernels.spec import CELLS, Shape

QUICK = Target(budget=0.01, precision=0.5)


class DeviceArray:
    """An array that only the stand-in may look into."""

    def __init__(self, array):
        self.array = array


class Ops:
    """``lstmbench_kernels.cuda.ops`` for a device whose memory is the host's."""

    SIMULATED = False

    def __init__(self, *, missing=None, simulated=False):
        self.SIMULATED = simulated
        self.missing = missing
        self.waits = 0
        self.moments = 0

    def unavailable(self):
        return self.missing

    def device_facts(self):
        return {
            "name": "Imaginary",
            "compute_capability": "9.0",
            "multiprocessors": 132,
            "memory_bytes": 2**37,
            "driver": "13.0",
        }

    def to_device(self, array):
        return DeviceArray(array.copy())

    def empty(self, shape, dtype):
        return DeviceArray(np.empty(shape, storage(dtype)))

    def to_host(self, array):
        return array.array.copy()

    def allocate(self, nbytes):
        assert nbytes >= 2**28
        return SimpleNamespace(clear=lambda: None)

    def synchronize(self):
        self.waits += 1

    def record(self):
        self.moments += 1
        return self.moments

    def elapsed(self, first, last):
        return (last - first) * 1e-3


def a_kind(cell_of, made):
    """A public layer whose passes are the oracle's, on arrays of the device."""

    class Layer:
        def __init__(self, input_size, hidden_size, **options):
            made.append(options)
            self.cell = CELLS[cell_of(options)]
            self.sizes = (input_size, hidden_size, options["num_layers"])
            self.options = options
            self.algorithm_used = {"forward": f"{options['algorithm']}, 1 block"}

        def load_state_dict(self, parameters):
            self.parameters = parameters

        def _run(self, upstream):
            x = self.inputs["x"]
            flags = (self.options["bidirectional"], self.options["bias"])
            shape = Shape(*x.shape[:2], *self.sizes, *flags)
            problem = Problem(
                self.cell, shape, self.inputs, self.parameters, upstream or {}, self.lengths
            )
            rule = PRECISIONS[self.options["dtype"]]
            return evaluate_rounded(problem, rule, upstream is not None)

        def _named(self, kind, first, rest):
            states = rest if isinstance(rest, tuple) else (rest,)
            values = [first, *states]
            names = {"in": ["x", "h0", "c0"], "up": ["dy", "dhT", "dcT"], "out": ["y", "hT", "cT"]}
            return dict(zip(names[kind], values, strict=False))

        def forward(self, x, states, *, lengths=None, training=False, out):
            if self.options["algorithm"] == "persistent" and self.sizes[1] > 100:
                raise ValueError("algorithm: persistent: 101 units do not fit the device")
            if self.sizes[1] == 99:
                raise ValueError("x: something else")
            self.inputs = {n: a.array for n, a in self._named("in", x, states).items()}
            self.training = training
            self.lengths = () if lengths is None else tuple(lengths.tolist())
            outputs, _ = self._run(None)
            for name, target in self._named("out", *out).items():
                target.array[...] = outputs[name]

        def backward(self, dy, states, *, out):
            assert self.training
            upstream = {n: a.array for n, a in self._named("up", dy, states).items()}
            _, gradients = self._run(upstream)
            assert set(out) == set(gradients)
            for name, target in out.items():
                target.array[...] = gradients[name]

    return Layer


@pytest.fixture
def device(monkeypatch):
    """Install the stand-in; the options of the layers made on it."""
    made = []

    def install(**given):
        ops = Ops(**given)
        real = numba_cuda.kernels
        monkeypatch.setattr(
            numba_cuda, "kernels", lambda n="": ops if n == numba_cuda.OPS else real(n)
        )
        monkeypatch.setattr(numba_cuda, "version", lambda _package: "1.2.3")
        kinds = {
            "LSTM": lambda _options: "lstm",
            "GRU": lambda _options: "gru",
            "RNN": lambda options: f"rnn-{options['nonlinearity']}",
        }
        for name, cell_of in kinds.items():
            monkeypatch.setattr(lstmbench_kernels, name, a_kind(cell_of, made))
        return ops

    install.made = made
    return install


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize("mode", ["infer", "forward", "backward", "train"])
def test_every_cell_and_mode_is_handed_through(device, cell, mode):
    device()
    workload = a_workload(cell=cell, mode=mode, bidirectional=True, num_layers=2)

    outcome = perform(numba_cuda.make(), workload, None)

    assert outcome.reason == "verified only"


def test_lengths_are_handed_through(device):
    device()
    ragged = {"lengths": "uniform", "steps": (3, 1)}

    for mode in ("infer", "train"):
        outcome = perform(numba_cuda.make(), a_workload(mode=mode, **ragged), None)
        assert outcome.reason == "verified only"


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16", "tf32"])
def test_every_precision_is_asked_for_by_its_name(device, dtype):
    device()

    outcome = perform(numba_cuda.make(), a_workload(mode="train", dtype=dtype), None)

    assert outcome.reason == "verified only"
    assert device.made[0]["dtype"] == dtype
    assert device.made[0]["device"] == "cuda"


@pytest.mark.parametrize(
    ("rung", "name"),
    [
        ("auto", "numba-cuda"),
        ("step", "numba-cuda-step"),
        ("graph", "numba-cuda-graph"),
        ("persistent", "numba-cuda-persistent"),
    ],
)
def test_each_rung_is_a_backend_of_its_own(device, rung, name):
    device()
    backend = numba_cuda.make(rung)

    perform(backend, a_workload(), None)

    assert backend.name == name
    assert device.made[0]["algorithm"] == rung


def test_a_timed_row_has_the_device_its_times_and_what_it_ran(device, monkeypatch):
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    ops = device()

    outcome = perform(numba_cuda.make(), a_workload(), QUICK)

    assert outcome.status == "ok"
    assert (outcome.gpu.name, outcome.gpu.multiprocessors) == ("Imaginary", 132)
    assert outcome.gpu.time_s.median == pytest.approx(1e-3)
    assert outcome.gpu.algorithm == {"forward": "auto, 1 block"}
    assert outcome.gpu.to_device.bytes == 4 * (3 * 2 * 4 + 2 * 2 * 5)
    assert outcome.gpu.to_host.bytes == 4 * (3 * 2 * 5 + 2 * 2 * 5)
    assert ops.waits >= outcome.time_s.samples


def test_what_a_device_does_not_tell_is_null(device, monkeypatch):
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    ops = device()
    bare = {"name": "Imaginary", "compute_capability": "", "multiprocessors": 1, "memory_bytes": 0}
    monkeypatch.setattr(ops, "device_facts", lambda: bare)

    gpu = perform(numba_cuda.make(), a_workload(), QUICK).gpu

    assert (gpu.name, gpu.compute_capability, gpu.memory_bytes) == ("Imaginary", None, None)


def test_sizes_that_an_algorithm_does_not_take_are_a_row_with_its_reason(device):
    device()

    outcome = perform(numba_cuda.make("persistent"), a_workload(hidden_size=101), None)

    assert (outcome.status, outcome.reason) == (
        "unavailable",
        "numba-cuda-persistent: algorithm: persistent: 101 units do not fit the device",
    )


def test_any_other_refusal_is_a_failure(device):
    device()

    outcome = perform(numba_cuda.make(), a_workload(hidden_size=99), None)

    assert (outcome.status, outcome.reason) == ("failed", "ValueError: x: something else")


def test_without_a_device_the_line_of_the_facade_is_the_reason(device):
    device(missing="no device; get one")

    with pytest.raises(BackendUnavailable, match=r"^numba-cuda-step: no device; get one$"):
        numba_cuda.make("step")


def test_the_simulator_is_verified_and_never_timed(device, monkeypatch):
    monkeypatch.setenv("NUMBA_ENABLE_CUDASIM", "1")
    device(missing="no device", simulated=True)
    backend = numba_cuda.make()

    assert backend.version.endswith(", simulated")
    assert perform(backend, a_workload(), None).reason == "verified only"
    outcome = perform(backend, a_workload(), QUICK)
    assert outcome.status == "unavailable"
    assert "times of a simulator mean nothing" in outcome.reason
