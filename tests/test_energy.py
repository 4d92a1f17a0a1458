"""An energy is of the whole interval between two marks, or there is a reason and no number."""

import pytest

from lstmbench.errors import EnergyUnknown
from lstmbench.machine.energy import Energy, EnergyLog, Meter, no_meter
from lstmbench.timing.clock import FakeClock


class Counter:
    """A counter and a clock that only the test moves."""

    def __init__(self, needs=0.5, refuse_at=None):
        self.clock, self.joules, self.reads = FakeClock(), 1000.0, 0
        self._refuse_at = refuse_at
        self.meter = Meter("the imagined counter", needs, self._read)

    def _read(self):
        self.reads += 1
        if self.reads == self._refuse_at:
            raise EnergyUnknown("gone")
        return self.joules

    def measured(self, seconds, joules):
        log = EnergyLog(self.meter, self.clock)
        log.mark()
        self.clock.advance(seconds)
        self.joules += joules
        log.mark()
        return log


def test_joules_between_the_marks_are_shared_by_the_sequences():
    energy = Counter().measured(seconds=2.0, joules=50.0).close(sequences=400)

    assert energy == Energy(
        joules=50.0,
        seconds=2.0,
        sequences=400,
        joules_per_sequence=0.125,
        source="the imagined counter",
    )


def test_less_time_than_the_counter_needs_is_no_number_but_a_reason():
    log = Counter(needs=0.5).measured(seconds=0.499, joules=50.0)

    with pytest.raises(
        EnergyUnknown,
        match=r"^the imagined counter moves in steps and cannot tell the energy of less than "
        r"0\.5 s; sample longer, by a larger --budget or a smaller --precision$",
    ):
        log.close(sequences=1)


def test_as_much_as_it_needs_is_enough():
    assert Counter(needs=0.5).measured(seconds=0.5, joules=1.0).close(1).joules == 1.0


def test_a_counter_that_stands_still_is_a_reason_too():
    with pytest.raises(EnergyUnknown, match=r"^the imagined counter did not move in 2 s$"):
        Counter().measured(seconds=2.0, joules=0.0).close(1)


@pytest.mark.parametrize("reading", [1, 2])
def test_a_counter_that_cannot_be_read_says_why_and_stops_nothing(reading):
    log = Counter(refuse_at=reading).measured(seconds=2.0, joules=1.0)

    with pytest.raises(EnergyUnknown, match=r"^gone$"):
        log.close(1)


def test_without_a_meter_the_reason_is_told():
    log = EnergyLog(no_meter("nothing counts here"), FakeClock())
    log.mark()
    log.mark()

    with pytest.raises(EnergyUnknown, match=r"^nothing counts here$"):
        log.close(1)


def test_intervals_of_several_processes_are_added():
    first = Counter().measured(2.0, joules=50.0).close(400)
    second = Counter().measured(2.0, joules=30.0).close(100)

    together = Energy.together([first, second])

    assert (together.joules, together.seconds, together.sequences) == (80.0, 4.0, 500)
    assert together.joules_per_sequence == 0.16
