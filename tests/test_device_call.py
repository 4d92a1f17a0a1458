"""A call on a device is between two events and ends when the device is done."""

import numpy as np
import pytest

from lstmbench.backends.base import Step
from lstmbench.backends.device_call import Stream, on_device
from lstmbench.machine.energy import no_meter
from lstmbench.machine.gpu import Clocks, Device


class Told:
    """A stream that writes down what it is asked; its events are numbered."""

    def __init__(self):
        self.log = []
        self.events = 0

    def record(self):
        self.events += 1
        self.log.append(f"event {self.events}")
        return self.events

    def elapsed(self, first, last):
        self.log.append(f"read {first} to {last}")
        return 0.25

    def say(self, what, answer=None):
        def call():
            self.log.append(what)
            return answer

        return call

    def step(self, stream=None, **given):
        made = Step(self.say("run"), dict, "float32: scripted", **given)
        stream = stream or Stream(self.record, self.elapsed, self.say("wait"))
        return on_device(
            made,
            stream,
            device=Device(name="Imaginary"),
            clocks=Clocks,
            meter=no_meter("imagined"),
            algorithm=lambda: {"forward": "imagined"},
            upload=self.say("upload", 10),
            download=self.say("download", 20),
            flush=self.say("flush"),
        )


def test_a_call_is_between_two_events_and_waits():
    told = Told()

    told.step().run()

    assert told.log == ["event 1", "run", "event 2", "wait"]


def test_the_time_of_the_device_is_that_of_the_last_call():
    told = Told()
    step = told.step()
    step.run()
    step.run()
    told.log.clear()

    assert step.on_device.last_call_s() == 0.25
    assert told.log == ["read 3 to 4"]


def test_without_events_a_call_waits_all_the_same():
    told = Told()
    step = told.step(Stream.without_events(told.say("wait")))

    step.run()

    assert told.log == ["run", "wait"]
    assert step.on_device.last_call_s is None


def test_what_runs_before_a_call_is_done_before_it():
    told = Told()
    step = told.step(before=told.say("before"))

    step.before()
    step.run()

    assert told.log == ["before", "wait", "event 1", "run", "event 2", "wait"]
    assert Told().step().before is None


@pytest.mark.parametrize(("copy", "size"), [("upload", 10), ("download", 20)])
def test_a_copy_is_done_when_it_returns_and_tells_its_bytes(copy, size):
    told = Told()

    assert getattr(told.step().on_device, copy)() == size
    assert told.log == [copy, "wait"]


def test_the_caches_are_overwritten_when_flush_returns():
    told = Told()

    told.step().on_device.flush()

    assert told.log == ["flush", "wait"]


def test_results_and_gradients_are_those_of_the_step():
    gradients = {"x": np.zeros(1)}

    assert Told().step(gradients=lambda: gradients).gradients() is gradients
