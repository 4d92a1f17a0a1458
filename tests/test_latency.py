"""Percentiles of single calls: exact order statistics, and none from too few calls."""

import gc
import random
from itertools import cycle

import pytest
from conftest import a_row, a_workload, as_result, ok_outcome

from lstmbench.backends.fake import FakeBackend
from lstmbench.report.latency import section
from lstmbench.report.page import markdown
from lstmbench.running.rounds import merge as merge_rows
from lstmbench.running.worker import perform
from lstmbench.statistics.order import MIN_SAMPLES
from lstmbench.timing.clock import FakeClock
from lstmbench.timing.latency import (
    MAX_CALLS,
    SHARE,
    Latency,
    merge,
    needed,
    percentile,
    time_single_calls,
)
from lstmbench.timing.measure import Target


class Script:
    """Calls that take scripted times, in turn, on a clock of their own."""

    def __init__(self, *seconds):
        self.clock = FakeClock()
        self.calls = 0
        self._seconds = cycle(seconds)

    def __call__(self):
        self.calls += 1
        self.clock.advance(next(self._seconds))


# --- the rule


@pytest.mark.parametrize(("percent", "calls"), [(50, 5), (90, 29), (99, 299)])
def test_a_percentile_needs_as_many_calls_as_have_an_upper_bound_of_it(percent, calls):
    assert needed(percent) == calls
    assert 1 - (percent / 100) ** calls >= 0.95 > 1 - (percent / 100) ** (calls - 1)


@pytest.mark.parametrize("percent", [50, 90, 99])
def test_one_call_too_few_is_no_percentile(percent):
    assert percentile([1.0] * (needed(percent) - 1), percent) is None
    assert percentile([1.0] * needed(percent), percent) == 1.0


def test_a_percentile_is_a_call_that_was_made_and_not_between_two():
    calls = [float(n) for n in range(1, 1001)]
    random.Random(0).shuffle(calls)

    assert [percentile(calls, percent) for percent in (50, 90, 99)] == [500.0, 900.0, 990.0]


# --- taking calls


def test_each_call_is_timed_by_itself_until_there_are_enough():
    script = Script(*[1e-6] * 99, 1e-3)

    found = time_single_calls(script, script.clock, budget=100.0)

    assert script.calls == found.calls == MAX_CALLS
    assert found.p50 == pytest.approx(1e-6)
    assert found.p90 == pytest.approx(1e-6)
    assert found.p99 == pytest.approx(1e-6)


def test_two_slow_calls_in_a_hundred_are_seen_at_p99_though_a_loop_would_hide_them():
    script = Script(*[1e-6] * 98, 1e-3, 1e-3)

    assert time_single_calls(script, script.clock, budget=100.0).p99 == pytest.approx(1e-3)


def test_calls_end_with_their_share_of_the_budget():
    script = Script(0.01)

    found = time_single_calls(script, script.clock, budget=1.0)

    assert found.calls == pytest.approx(SHARE / 0.01, abs=1)
    assert (found.p50, found.p90, found.p99) == (pytest.approx(0.01), None, None)


def test_a_call_longer_than_its_share_is_made_once():
    script = Script(7.0)

    assert time_single_calls(script, script.clock, budget=1.0).calls == 1


def test_samples_that_were_single_calls_count():
    script = Script(2.0)

    found = time_single_calls(script, script.clock, budget=1.0, samples=[1.0] * 28)

    assert (found.calls, found.p50, found.p90) == (29, 1.0, 1.0)
    assert time_single_calls(script, script.clock, 1.0, [1.0] * 2000).calls == MAX_CALLS


def test_what_reading_the_clock_takes_is_told():
    class Slow(FakeClock):
        def now(self):
            self.advance(2.0**-20)
            return super().now()

    assert time_single_calls(lambda: None, Slow(), budget=0.01).clock_s == 2.0**-20


def test_no_garbage_is_collected_between_the_calls():
    states = []
    clock = FakeClock()

    def call():
        states.append(gc.isenabled())
        clock.advance(1.0)

    time_single_calls(call, clock, budget=1.0)

    assert states == [False]
    assert gc.isenabled()


# --- of a row


@pytest.mark.parametrize(("mode", "has"), [("infer", True), ("train", False), ("forward", False)])
def test_rows_of_inference_have_it(mode, has):
    outcome = perform(FakeBackend([{"seconds": [1e-5]}]), a_workload(mode=mode), Target(0.05))

    assert (outcome.latency is not None) is has


def test_samples_of_several_calls_are_no_calls():
    short, long = (
        perform(FakeBackend([{"seconds": [seconds]}]), a_workload(), Target(0.04)).latency
        for seconds in (1e-5, 0.01)
    )

    assert short.calls == MAX_CALLS
    assert long.calls == MIN_SAMPLES + 1  # each sample is one call, and the share allows one more


# --- of several processes


def test_percentiles_of_processes_are_the_median_of_theirs():
    found = merge(
        [Latency(calls=300, p50=1.0, p90=2.0, p99=n, clock_s=1e-7 * n) for n in (3.0, 9.0, 4.0)]
    )

    assert (found.calls, found.p50, found.p90, found.p99) == (900, 1.0, 2.0, 4.0)
    assert found.clock_s == pytest.approx(9e-7)
    assert merge([]) is None


def test_what_one_process_cannot_tell_is_not_told():
    found = merge([Latency.of([1.0] * calls, 0.0) for calls in (299, 298)])

    assert (found.calls, found.p90, found.p99) == (597, 1.0, None)


def test_the_rounds_of_a_row_have_one_latency():
    rows = [
        a_row(outcome=ok_outcome().model_copy(update={"latency": Latency.of([n] * 30, 0.0)}))
        for n in (1.0, 2.0, 9.0)
    ]

    assert merge_rows(rows).latency.p90 == 2.0
    assert merge_rows([a_row(), a_row()]).latency is None


# --- on the page


def rows_with(*latencies, **given):
    return [
        a_row(a_workload(batch_size=1, seq_len=n, **given)).model_copy(update={"latency": latency})
        for n, latency in enumerate(latencies, start=1)
    ]


def test_the_page_tells_percentiles_and_how_many_calls_a_missing_one_needs():
    rows = rows_with(
        Latency(calls=1000, p50=1e-5, p90=2e-5, p99=5e-5, clock_s=1.2e-7),
        Latency.of([0.02] * 20, 1e-7),
        None,
    )

    page = "\n".join(section(rows))

    assert "one reading of the clock (120 ns)" in page
    assert "5 for p50, 29 for p90, 299 for p99. The others" in page
    assert "| 1000 | 10.0 µs | 20.0 µs | 50.0 µs | 5.00× |" in page
    assert "| 20 | 20.0 ms | needs 29 calls | needs 299 calls |  |" in page
    assert "Every row of one sequence (2)" in page
    assert "### Latency of single calls" in markdown([as_result(rows)])


def test_rows_of_several_sequences_and_rows_without_calls_have_no_section():
    latency = Latency.of([1.0] * 5, 0.0)
    batch = a_row().model_copy(update={"latency": latency})

    assert list(section([batch, a_row(a_workload(batch_size=1))])) == []
