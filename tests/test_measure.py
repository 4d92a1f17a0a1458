"""Measuring, on a clock that only the tests wind: exact, and in no time."""

import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lstmbench.statistics.order import MIN_SAMPLES, summarise
from lstmbench.timing.clock import FakeClock, WallClock
from lstmbench.timing.measure import MAX_SAMPLES, MIN_SAMPLE, WINDOW, Target, measure

LONG = Target(budget=1e6, precision=1e-12)


class Script:
    """A call that takes scripted times: the first ones in turn, then ``then`` for ever."""

    def __init__(self, *first, then):
        self.clock = FakeClock()
        self.calls = 0
        self._first = list(first)
        self._then = then

    def __call__(self):
        self.calls += 1
        time = self._first[self.calls - 1] if self.calls <= len(self._first) else self._then
        self.clock.advance(time(self.calls) if callable(time) else time)


def measured(script, target=LONG, **given_):
    return measure(script, clock=script.clock, target=target, **given_)


def jitter(call):
    """Times within 1 % of each other, no two the same."""
    return 0.01 * (1 + 0.01 * (call * 0.618034 % 1))


# --- how many calls a sample


@pytest.mark.parametrize(("seconds", "loops"), [(1.0, 1), (2e-3, 1), (0.6e-3, 2), (1.5e-5, 67)])
def test_a_sample_has_as_many_calls_as_fill_a_millisecond(seconds, loops):
    result = measured(Script(then=seconds), Target())

    assert result.loops == loops
    assert loops * seconds >= MIN_SAMPLE
    assert result.summary.median == pytest.approx(seconds)


def test_samples_are_seconds_a_call_not_a_sample():
    result = measured(Script(then=1e-5), Target())

    assert result.samples == pytest.approx([1e-5] * len(result.samples))


def test_the_first_call_does_not_calibrate_the_second_does():
    assert measured(Script(30.0, then=1.5e-4), Target()).loops == 7


def test_a_call_that_takes_no_time_still_ends():
    result = measured(Script(then=0.0))

    assert result.loops == 100_000
    assert result.summary.median == 0


# --- what a device says


def test_the_device_is_asked_once_a_sample_and_never_for_warm_up():
    told = iter(range(1, 10**6))

    result = measured(Script(then=0.01), Target(budget=1e6), device_time=lambda: next(told))

    first = 2 + result.warmup_calls + 1
    assert result.device_samples == tuple(range(first, first + len(result.samples)))


def test_asking_the_device_is_not_in_a_sample():
    script = Script(then=0.01)

    result = measured(script, Target(), device_time=lambda: script.clock.advance(5.0) or 1.0)

    assert result.summary.max == pytest.approx(0.01)


def test_without_a_device_nothing_is_said():
    assert measured(Script(then=0.01), Target()).device_samples == ()


# --- marks around the samples


def test_marks_are_right_before_the_first_sample_and_right_after_the_last():
    script, marks = Script(1.0, then=0.6e-3), []

    result = measured(script, Target(), mark=lambda: marks.append(script.calls))

    assert marks == [2 + result.warmup_calls, script.calls]
    assert result.calls == marks[1] - marks[0] == 2 * len(result.samples)


def test_a_mark_is_in_no_sample():
    script = Script(then=0.01)

    result = measured(script, Target(), mark=lambda: script.clock.advance(5.0))

    assert result.summary.max == pytest.approx(0.01)


# --- warm-up


def test_warm_up_ends_when_a_window_is_no_faster_than_the_one_before():
    result = measured(Script(then=0.01))

    assert result.warmup_calls == 2 * WINDOW


def test_warm_up_goes_on_while_the_calls_get_faster():
    calibration = [1.0, 1.0]
    falling = [1.0] * WINDOW + [0.9] * WINDOW + [0.8] * WINDOW + [0.79] * WINDOW

    result = measured(Script(*calibration, *falling, then=0.79))

    # 0.79 is 1.25 % below 0.8: steady.
    assert result.warmup_calls == len(falling)
    assert result.summary.max == pytest.approx(0.79)


def test_warm_up_ends_at_its_limit_even_when_it_is_not_steady():
    target = Target(budget=2.0, precision=1e-12)
    script = Script(then=lambda call: 0.3 * 0.9**call)

    result = measured(script, target)

    limit = 0.5 * target.budget
    times = [0.3 * 0.9**call for call in range(3, 3 + result.warmup_calls)]
    assert sum(times) >= limit > sum(times[:-1])


def test_no_sample_is_of_the_calls_before_steady():
    slow, fast = 5.0, 0.01
    result = measured(Script(*[slow] * (2 + WINDOW), then=fast))

    assert result.summary.max == pytest.approx(fast)


# --- when sampling stops


def test_sampling_stops_when_the_interval_is_narrow():
    result = measured(Script(then=0.01), Target(budget=1e6, precision=0.01))

    assert result.stop == "precise"
    assert len(result.samples) == 2 * MIN_SAMPLES
    assert result.summary.spread <= 0.01


def test_sampling_stops_when_the_budget_is_spent():
    result = measured(Script(then=jitter), Target(budget=1.0, precision=1e-9))

    assert result.stop == "budget"
    assert sum(result.samples) >= 1.0 > sum(result.samples[:-1])


def test_sampling_stops_at_the_most_samples():
    result = measured(Script(then=jitter))

    assert result.stop == "max-samples"
    assert len(result.samples) == MAX_SAMPLES


def test_a_slow_call_still_gets_six_samples():
    script = Script(then=100.0)

    result = measured(script, Target(budget=0.5, precision=0.01))

    assert result.stop == "budget"
    assert len(result.samples) == MIN_SAMPLES == 6
    assert script.calls == 2 + 1 + 6  # calibration, the least warm-up, the samples


def test_precision_is_looked_at_ever_more_rarely():
    wide, looks = 0.5, []

    class Looking(float):
        def __ge__(self, other):
            looks.append(other)
            return float(self) >= other

    measured(
        Script(then=lambda call: 0.01 * (1 + wide * (call % 2))),
        Target(budget=1e6, precision=Looking(0.01)),
    )

    assert 1 <= len(looks) <= 12


def test_the_summary_is_that_of_the_samples():
    result = measured(Script(then=jitter), Target(budget=0.2))

    assert result.summary == summarise(result.samples)


@settings(max_examples=25)
@given(st.floats(2e-4, 10.0), st.floats(1e-3, 5.0), st.floats(1e-4, 0.5), st.floats(0.0, 0.5))
def test_whatever_the_call_there_are_enough_samples_and_a_true_reason(
    seconds, budget, precision, noise
):
    script = Script(then=lambda call: seconds * (1 + noise * ((call * 7919) % 101) / 101))

    result = measured(script, Target(budget, precision))

    assert MIN_SAMPLES <= len(result.samples) <= MAX_SAMPLES
    if result.stop == "precise":
        assert result.summary.spread <= precision
    if result.stop == "budget":
        assert sum(result.samples) * result.loops >= budget * 0.999999


# --- what runs before each call


def test_what_must_run_before_each_call_runs_once_for_each_and_is_not_timed():
    script = Script(then=2e-5)
    events = []

    def before():
        events.append("before")
        script.clock.advance(50.0)

    def call():
        events.append("call")
        script()

    result = measure(call, clock=script.clock, target=Target(budget=0.01), before=before)

    assert events == ["before", "call"] * (len(events) // 2)
    assert result.loops == 1
    assert result.summary.max == pytest.approx(2e-5)


# --- garbage collection


def test_garbage_is_collected_before_and_never_during_a_call():
    states = []
    script = Script(then=0.01)

    def call():
        states.append(gc.isenabled())
        script()

    measure(call, clock=script.clock, target=Target())

    assert not any(states)
    assert gc.isenabled()


def test_garbage_collection_is_back_even_when_the_call_raises():
    def call():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match=r"^no$"):
        measure(call, clock=FakeClock(), target=Target())

    assert gc.isenabled()


def test_garbage_collection_that_was_off_stays_off():
    gc.disable()
    try:
        measured(Script(then=0.01), Target())
        assert not gc.isenabled()
    finally:
        gc.enable()


# --- clocks


def test_a_fake_clock_moves_only_when_told():
    clock = FakeClock()

    assert clock.now() == clock.now() == 0.0
    clock.advance(1.5)
    assert clock.now() == 1.5


def test_the_real_clock_never_goes_back():
    clock = WallClock()
    times = [clock.now() for _ in range(1000)]

    assert times == sorted(times)
