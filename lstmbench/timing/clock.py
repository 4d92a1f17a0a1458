"""Clocks: the real one, and one that tests wind by hand."""

import time
from typing import Protocol

from ..units import Seconds


class Clock(Protocol):
    """Something that tells the time."""

    def now(self) -> Seconds:
        """Seconds since some fixed moment; never goes back."""
        ...


class WallClock:
    """The finest monotonic clock of this machine."""

    def now(self) -> Seconds:
        return time.perf_counter()


class FakeClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self._now: Seconds = 0.0

    def now(self) -> Seconds:
        return self._now

    def advance(self, seconds: Seconds) -> None:
        self._now += seconds
