"""Energy a sequence, where the machine counts energy: all of what it counts, and nothing guessed.

A counter is of a whole processor package or a whole GPU: what it draws when idle, and what other
processes make it do, is in the number.  It moves in steps, so that a short interval says nothing:
below ``Meter.needs`` there is no energy but a reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from ..errors import EnergyUnknown
from ..model import Model, Positive, Size
from ..timing.clock import Clock
from ..units import Joules, Seconds


class Energy(Model):
    """What a whole package or GPU drew over the samples of a row, idle power included."""

    joules: Positive
    """From the first sample to the last, whoever caused it."""
    seconds: Positive
    """How long that was."""
    sequences: Size
    """Sequences computed meanwhile: calls · batch size."""
    joules_per_sequence: Positive
    """joules / sequences."""
    source: str
    """Which counter told it."""

    @classmethod
    def of(cls, joules: Joules, seconds: Seconds, sequences: int, source: str) -> Self:
        """The record of an interval."""
        return cls(
            joules=joules,
            seconds=seconds,
            sequences=sequences,
            joules_per_sequence=joules / sequences,
            source=source,
        )

    @classmethod
    def together(cls, parts: Sequence["Energy"]) -> Self:
        """The intervals of several processes as one."""
        return cls.of(
            sum(part.joules for part in parts),
            sum(part.seconds for part in parts),
            sum(part.sequences for part in parts),
            parts[0].source,
        )


@dataclass(frozen=True)
class Meter:
    """A counter of energy.

    Attributes:
        source: what it is, in a few words.
        needs: the shortest interval that it can tell the energy of.
        read: joules since whenever; only differences mean anything.  Raises ``EnergyUnknown`` with
            the reason where it cannot be read.
    """

    source: str
    needs: Seconds
    read: Callable[[], Joules]


def no_meter(reason: str) -> Meter:
    """A meter that tells nothing but why."""

    def read() -> Joules:
        raise EnergyUnknown(reason)

    return Meter("none", 0.0, read)


class EnergyLog:
    """Marked right before the first sample and right after the last."""

    def __init__(self, meter: Meter, clock: Clock) -> None:
        self._meter, self._clock = meter, clock
        self._marks: list[tuple[Seconds, Joules]] = []
        self._reason: str | None = None

    def mark(self) -> None:
        """Read the counter and the clock; what cannot be read is a reason, and stops no row."""
        try:
            self._marks.append((self._clock.now(), self._meter.read()))
        except EnergyUnknown as error:
            self._reason = str(error)

    def close(self, sequences: int) -> Energy:
        """The energy between the two marks; raises ``EnergyUnknown`` where it is not known."""
        if self._reason is not None:
            raise EnergyUnknown(self._reason)
        (start, before), (end, after) = self._marks
        seconds, joules = end - start, after - before
        if seconds < self._meter.needs:
            raise EnergyUnknown(
                f"{self._meter.source} moves in steps and cannot tell the energy of less than "
                f"{self._meter.needs:g} s; sample longer, by a larger --budget or a smaller "
                "--precision"
            )
        if joules <= 0:
            raise EnergyUnknown(f"{self._meter.source} did not move in {seconds:.2g} s")
        return Energy.of(joules, seconds, sequences, self._meter.source)
