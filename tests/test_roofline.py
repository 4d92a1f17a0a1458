"""The bound of a row against numbers worked out by hand, and the kernels that measure the roofs."""

import subprocess

import numpy as np
import pytest
from conftest import a_workload, ok_outcome

from lstmbench import roofline
from lstmbench.errors import WorkerError
from lstmbench.records import Roof, make_row
from lstmbench.roofline import bound, rate
from lstmbench.workload import flops

CACHES = {"L1d": 32 * 2**10, "L2": 2**20, "L3": 32 * 2**20}
ROOF = Roof(
    threads=1,
    flops_per_s={"float32": 1e11, "float64": 5e10},
    bytes_per_s={"L1d": 2e11, "L2": 1e11, "L3": 5e10, "memory": 2e10},
)
TWO = ROOF.model_copy(update={"threads": 2})


def test_a_large_batch_is_bound_by_arithmetic():
    workload = a_workload(seq_len=10, batch_size=64, input_size=128, hidden_size=128)
    least = bound(workload, ROOF, CACHES)
    assert least.kind == "compute"
    assert least.seconds == flops(workload) / 1e11
    assert flops(workload) == 2 * 4 * 128 * 256 * 64 * 10


def test_float64_has_a_roof_of_its_own():
    workload = a_workload(
        seq_len=10, batch_size=64, input_size=128, hidden_size=128, dtype="float64"
    )
    assert bound(workload, ROOF, CACHES).seconds == flops(workload) / 5e10


def test_one_sequence_is_bound_by_reading_the_recurrent_weights_at_every_step():
    workload = a_workload(seq_len=1000, batch_size=1, input_size=1, hidden_size=128)
    least = bound(workload, ROOF, CACHES)
    # 4·128·128 numbers of 4 bytes are 256 KiB: more than the first level, less than the second.
    assert (least.kind, least.level) == ("cache", "L2")
    assert least.seconds == 1000 * 4 * 128 * 128 * 4 / 1e11


def test_training_reads_them_twice():
    sizes = {"seq_len": 1000, "batch_size": 1, "input_size": 1, "hidden_size": 128}
    once = bound(a_workload(mode="forward", **sizes), ROOF, CACHES)
    twice = bound(a_workload(mode="train", **sizes), ROOF, CACHES)
    assert twice.seconds == 2 * once.seconds


def test_two_threads_hold_a_half_each_and_may_find_it_nearer():
    # 4·64·64 numbers are 64 KiB.
    workload = a_workload(seq_len=1000, batch_size=1, input_size=1, hidden_size=64)
    assert bound(workload, ROOF, CACHES).level == "L2"
    quick = TWO.model_copy(update={"flops_per_s": {"float32": 1e13}})
    least = bound(workload, quick, {**CACHES, "L1d": 40 * 2**10})
    assert (least.kind, least.level) == ("cache", "L1d")


def test_weights_that_no_cache_holds_come_from_memory():
    workload = a_workload(seq_len=10, batch_size=1, input_size=1, hidden_size=2048)
    least = bound(workload, ROOF, CACHES)
    assert (least.kind, least.level) == ("memory", "memory")
    assert least.seconds == 10 * 4 * 2048 * 2048 * 4 / 2e10


def test_one_step_is_bound_by_moving_every_array_once():
    workload = a_workload(seq_len=1, batch_size=1, input_size=4000, hidden_size=1000)
    least = bound(workload, ROOF, CACHES)
    numbers = 4 * 1000 * 5000 + 4000 + 1000
    assert (least.kind, least.seconds) == ("memory", numbers * 4 / 2e10)


def a_row(device: str = "cpu", threads: int = 1):
    workload = a_workload(seq_len=10, batch_size=64, input_size=128, hidden_size=128)
    return make_row(
        workload,
        backend="fake",
        backend_version="1",
        device=device,
        threads=threads,
        outcome=ok_outcome(0.002, workload),
    )


def test_a_row_carries_the_bound_divided_by_its_median():
    row = rate(a_row(), [TWO, ROOF], CACHES)
    assert row.fraction_of_peak == pytest.approx(flops(row.workload) / 1e11 / 0.002)
    assert row.bound == "compute"


@pytest.mark.parametrize("row", [a_row(device="none"), a_row(threads=3)])
def test_a_row_without_a_roof_of_its_own_has_no_fraction(row):
    assert rate(row, [ROOF, TWO], CACHES).fraction_of_peak is None


def test_the_multiply_adds_are_really_done():
    limits = pytest.importorskip("lstmbench_kernels.cpu.limits")
    target = np.zeros(256, np.uint8)
    limits.multiply_add(np.float64(1), target.ctypes.data, 5)
    # x → x/2 + 1 goes to 2 by halves: eight chains from 1, the others from 1/2, where some stay.
    others = limits.CHAINS - 8
    expected = 8 * (2 - 0.5**5) + others * (2 - 1.5 * 0.5**5) + (8 - others) * 0.5
    assert target.view(np.float64)[0] == expected


def test_every_byte_is_really_read():
    limits = pytest.importorskip("lstmbench_kernels.cpu.limits")
    from lstmbench_kernels.cpu.simd import WIDTH

    rounds, source = 3, np.ones(16 * WIDTH // 4, np.float32)
    target = np.zeros(WIDTH // 4, np.float32)
    limits.read(np.float32(1), target.ctypes.data, source.ctypes.data, source.nbytes, rounds)
    np.testing.assert_array_equal(target, 8 + rounds * 16)


def test_of_two_measurements_each_number_is_the_higher():
    other = ROOF.model_copy(
        update={
            "flops_per_s": {"float32": 2e11, "float64": 1e10},
            "bytes_per_s": {**ROOF.bytes_per_s, "L2": 3e11, "memory": 1e9},
        }
    )
    (best,) = roofline.highest([ROOF], [other])
    assert best.flops_per_s == {"float32": 2e11, "float64": 5e10}
    assert best.bytes_per_s == {**ROOF.bytes_per_s, "L2": 3e11}


def test_a_measurement_that_fails_says_why(monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise subprocess.CalledProcessError(
            1, "python", stderr="Traceback\nImportError: no numba\n"
        )

    monkeypatch.setattr(roofline.subprocess, "run", fail)
    with pytest.raises(WorkerError, match="roofline: not measured: ImportError: no numba"):
        roofline.measure([1])


def test_the_machine_has_a_roof_for_each_number_of_threads():
    roofs = roofline.measure([1, 2])
    assert [roof.threads for roof in roofs] == [1, 2]
    for roof in roofs:
        assert set(roof.flops_per_s) == {"float32", "float64"}
        assert "memory" in roof.bytes_per_s
