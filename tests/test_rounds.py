"""Rows of several processes become one whose interval holds what differs between processes."""

import pytest
from conftest import a_workload, ok_outcome

from lstmbench.analysis.summary import is_disturbed
from lstmbench.machine.energy import Energy
from lstmbench.machine.gpu import Clocks, Gpu
from lstmbench.machine.processors import Use
from lstmbench.records import Outcome, Row, make_row
from lstmbench.running.rounds import merge


def a_row(seconds: float) -> Row:
    return of(ok_outcome(seconds))


def of(outcome: Outcome) -> Row:
    return make_row(
        a_workload(),
        backend="fake",
        backend_version="1",
        device="none",
        threads=1,
        outcome=outcome,
    )


def test_one_process_is_left_as_it_is():
    row = a_row(0.001)
    assert merge([row]) is row


def test_the_median_is_that_of_the_medians():
    merged = merge([a_row(0.004), a_row(0.001), a_row(0.002)])
    assert merged.time_s is not None
    assert merged.time_s.median == 0.002
    assert merged.processes_s == (0.004, 0.001, 0.002)


def test_the_interval_reaches_over_all_processes():
    rows = [a_row(0.004), a_row(0.001), a_row(0.002)]
    low, high = rows[1].time_s.ci95[0], rows[0].time_s.ci95[1]
    assert merge(rows).time_s.ci95 == (low, high)


def test_all_samples_are_kept_in_the_order_of_the_processes():
    rows = [a_row(0.002), a_row(0.001)]
    merged = merge(rows)
    assert merged.samples_s == rows[0].samples_s + rows[1].samples_s
    assert merged.time_s.samples == 16
    assert merged.time_s.min == min(merged.samples_s)
    assert merged.time_s.max == max(merged.samples_s)


def test_rates_follow_the_merged_median():
    rows = [a_row(0.004), a_row(0.001), a_row(0.002)]
    merged = merge(rows)
    assert merged.sequences_per_s == pytest.approx(2 / 0.002)
    assert merged.timesteps_per_s == pytest.approx(2 * 3 / 0.002)
    assert merged.flops_per_s == pytest.approx(merged.flops / 0.002)


def test_what_failed_once_has_no_time():
    failed = of(Outcome(status="failed", reason="the worker was killed by SIGKILL"))
    merged = merge([a_row(0.001), failed, a_row(0.002)])
    assert (merged.status, merged.reason) == (failed.status, failed.reason)
    assert merged.time_s is None


def test_the_times_of_a_gpu_are_merged_like_those_of_the_wall_clock():
    def on_gpu(seconds: float, mhz: int) -> Row:
        gpu = Gpu(
            name="Imaginary",
            time_s=ok_outcome(seconds).time_s,
            samples_s=ok_outcome(seconds).samples_s,
            before=Clocks(sm_mhz=mhz),
            after=Clocks(sm_mhz=mhz + 1),
        )
        return of(ok_outcome(2 * seconds).model_copy(update={"gpu": gpu}))

    gpu = merge([on_gpu(0.004, 100), on_gpu(0.001, 200), on_gpu(0.002, 300)]).gpu

    assert gpu.time_s.median == 0.002
    assert (gpu.time_s.samples, len(gpu.samples_s)) == (24, 24)
    assert (gpu.before.sm_mhz, gpu.after.sm_mhz) == (100, 301)
    assert merge([a_row(0.001), a_row(0.002)]).gpu is None


def test_energies_are_added_where_every_process_has_one():
    def drew(joules: float, sequences: int) -> Row:
        energy = Energy.of(joules, 1.0, sequences, "RAPL of package-0")
        return of(ok_outcome().model_copy(update={"energy": energy}))

    unknown = of(ok_outcome().model_copy(update={"energy_reason": "gone"}))

    both, one = merge([drew(30.0, 10), drew(10.0, 30)]), merge([drew(30.0, 10), unknown])

    assert (both.energy.joules_per_sequence, both.energy_reason) == (1.0, None)
    assert (one.energy, one.energy_reason) == (None, "gone")


def test_a_merged_row_is_a_valid_row():
    merged = merge([a_row(0.004), a_row(0.001)])
    assert Row.model_validate_json(merged.model_dump_json()) == merged


def test_the_median_is_not_that_of_all_samples():
    assert merge([a_row(0.004), a_row(0.001)]).time_s.median == 0.0025


def test_the_worst_error_and_the_most_memory_are_kept():
    rows = [a_row(0.001), a_row(0.001).model_copy(update={"peak_memory_bytes": 2**40})]
    worse = rows[0].error.model_copy(update={"output": 1e-6})
    rows[0] = rows[0].model_copy(update={"error": worse})

    merged = merge(rows)

    assert merged.error == worse
    assert merged.peak_memory_bytes == 2**40


def test_a_row_is_as_disturbed_as_the_most_disturbed_of_its_processes():
    rows = [a_row(0.001).model_copy(update={"other_load": load}) for load in (0.0, 0.7, None)]

    assert merge(rows).other_load == 0.7
    assert is_disturbed(merge(rows))
    assert merge(rows[2:] * 2).other_load is None


def test_the_most_that_any_process_used_is_kept():
    uses = [Use(seconds=0.2, processors=n, threads=1, cpus=(0,)) for n in (0.5, 1.5)]
    rows = [a_row(0.001).model_copy(update={"use": use}) for use in uses]

    assert merge([*rows, a_row(0.001)]).use.processors == 1.5
    assert merge([a_row(0.001), a_row(0.001)]).use is None
