"""The time of our kernels under pytest-benchmark; `make test` leaves them out.

``NUMBA_NUM_THREADS`` says how many threads; ``extra_info`` has the id of the row.
"""

import numba
import pytest

from lstmbench.backends.numba_cpu import NumbaCpu
from lstmbench.correctness.verify import Oracle
from lstmbench.running.worker import problem_of
from lstmbench.workload import Workload

# seq_len, batch_size, input_size = hidden_size
SIZES = ((64, 1, 64), (64, 16, 128), (32, 64, 256))


@pytest.fixture(scope="module")
def backend():
    return NumbaCpu()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "T{}-B{}-H{}".format(*size))
@pytest.mark.parametrize("mode", ["infer", "train"])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn-tanh"])
def test_kernel(benchmark, backend, cell, mode, size):
    T, B, H = size
    workload = Workload(cell=cell, mode=mode, seq_len=T, batch_size=B, input_size=H, hidden_size=H)
    problem = problem_of(workload)
    step = backend.prepare(workload, problem)
    step.run()
    oracle = Oracle.of(problem, gradients=workload.has_gradients)
    verdict = oracle.judge(step.outputs(), step.gradients() if step.gradients else None)
    assert verdict.correct, verdict.worst
    compiled = backend.compilation()
    benchmark.extra_info.update(
        id=workload.id,
        backend=backend.name,
        backend_version=backend.version,
        device="cpu",
        threads=numba.config.NUMBA_NUM_THREADS,
    )

    benchmark(step.run)

    assert backend.compilation() == compiled
