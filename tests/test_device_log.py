"""A row on a GPU has the device's own times, its clocks, its algorithm and the copies."""

import pytest
from conftest import a_workload

from lstmbench.backends.fake import FakeBackend
from lstmbench.machine.gpu import Clocks
from lstmbench.records import Outcome
from lstmbench.running import worker
from lstmbench.timing.measure import Target
from lstmbench.timing.times import Times

QUICK = Target(budget=0.05, precision=0.01)


def gpu_of(*, target=QUICK, mode="infer", **gpu):
    rule = {"seconds": [0.002], "compile": 3.0, "gpu": gpu}
    return worker.perform(FakeBackend([rule]), a_workload(mode=mode), target)


def test_the_device_and_what_it_ran_are_in_the_row():
    gpu = gpu_of().gpu

    assert (gpu.name, gpu.compute_capability, gpu.driver) == ("Imaginary GPU", "9.9", "999.99")
    assert gpu.algorithm == {"forward": "imagined"}


def test_the_device_s_times_stand_beside_those_of_the_wall_clock():
    outcome = gpu_of(seconds=[0.0015])

    assert outcome.time_s.median == pytest.approx(0.002)
    assert outcome.gpu.time_s.median == 0.0015
    assert outcome.gpu.samples_s == (0.0015,) * outcome.time_s.samples


def test_a_device_without_events_has_no_times_of_its_own():
    outcome = gpu_of(seconds=None)

    assert outcome.status == "ok"
    assert (outcome.gpu.time_s, outcome.gpu.samples_s) == (None, ())
    assert outcome.gpu.cold_s.samples == 6


def test_the_first_call_is_cold_and_in_no_sample():
    outcome = gpu_of()

    assert outcome.gpu.first_call_s == pytest.approx(3.002)
    assert outcome.time_s.max == pytest.approx(0.002)


def test_cold_calls_come_after_the_caches_were_overwritten_which_is_in_no_time():
    outcome = gpu_of(flush=7.0)

    assert outcome.gpu.cold_s.samples == 6
    assert outcome.gpu.cold_s.max == pytest.approx(0.002)


def test_copies_are_measured_apart_with_their_bytes():
    outcome = gpu_of(copy=0.25)

    # y, hT and cT: (3·2·5 + 2·5 + 2·5) numbers of four bytes.
    assert outcome.gpu.to_host.bytes == 4 * (30 + 10 + 10)
    assert outcome.gpu.to_host.seconds == outcome.gpu.to_device.seconds == pytest.approx(0.25)
    assert outcome.time_s.max == pytest.approx(0.002)


def test_clocks_are_read_before_and_after():
    outcome = gpu_of(mhz=1980, reasons=["power-cap"])

    assert outcome.gpu.before == outcome.gpu.after == Clocks(sm_mhz=1980, reasons=("power-cap",))


def test_unknown_clocks_say_why():
    assert gpu_of(unknown="no NVML").gpu.after.unknown == "no NVML"


def test_a_row_that_is_only_verified_has_no_record_of_a_device():
    assert gpu_of(target=None).gpu is None


def test_a_row_on_no_gpu_has_none_either():
    assert worker.perform(FakeBackend([]), a_workload(), QUICK).gpu is None


def test_the_record_survives_the_talk_between_processes():
    outcome = gpu_of(mhz=1980, reasons=[])

    assert Outcome.model_validate_json(outcome.model_dump_json()) == outcome


def test_times_of_too_few_samples_are_refused():
    with pytest.raises(ValueError, match="expected at least 6"):
        Times.of([0.001])
