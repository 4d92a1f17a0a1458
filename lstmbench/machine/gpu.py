"""What a row on a GPU has besides: the device, what ran on it, its own clock, its clocks."""

from typing import Annotated

from pydantic import Field

from ..model import Model, NotNegative, Positive, Size
from ..timing.samples import Samples
from ..timing.times import Times

# Why NVML says that the clock is below the highest, and what of that makes a time doubtful: a GPU
# that has nothing to do, or that was told its clock, is not held back.
IDLE = ("idle", "applications-clocks", "sync-boost", "display-clock")


class Device(Model):
    """What a GPU is; what cannot be told is null."""

    name: str
    """As the device calls itself."""
    compute_capability: str | None = None
    """Such as 9.0."""
    multiprocessors: Size | None = None
    """How many it has."""
    memory_bytes: Size | None = None
    """Memory of the device."""
    driver: str | None = None
    """Version of the driver where it is told, and the CUDA that it is for."""


class Clocks(Model):
    """How fast a GPU was running at a moment, and what held it back."""

    sm_mhz: Size | None = None
    """Clock of the multiprocessors in MHz; null where it is unknown."""
    reasons: tuple[str, ...] | None = None
    """Why the clock is not higher, as NVML says; null where it is unknown."""
    unknown: str | None = None
    """Why the clock is unknown, in one line."""

    @property
    def held_back(self) -> tuple[str, ...]:
        """The reasons that make a time doubtful."""
        return tuple(reason for reason in self.reasons or () if reason not in IDLE)


class Transfer(Model):
    """One copy between the host and the device, measured apart from every timed call."""

    bytes: Size
    """How much was copied."""
    seconds: Positive
    """How long it took, until it was there; the median of a few."""


class Gpu(Device):
    """A device, what a row ran on it, and what the device itself says of it."""

    algorithm: Annotated[dict[str, str], Field(default_factory=dict)]
    """What each pass ran, a line each."""
    time_s: Times | None = None
    """Seconds of one call between two events on the device: the last call of each sample."""
    samples_s: Samples = Samples()
    """Every one of those."""
    first_call_s: NotNegative | None = None
    """The first call of the row by the wall clock: it compiles, loads and plans."""
    cold_s: Times | None = None
    """Seconds of one call by the wall clock when the caches of the device were just overwritten."""
    to_device: Transfer | None = None
    """Copying the input and the initial states to the device."""
    to_host: Transfer | None = None
    """Copying the output and the final states back."""
    before: Clocks | None = None
    """Clocks before the first sample."""
    after: Clocks | None = None
    """Clocks after the last sample."""

    @property
    def held_back(self) -> tuple[str, ...]:
        """What held the clock back before the samples or after them, each reason once."""
        both = [clocks for clocks in (self.before, self.after) if clocks]
        return tuple(dict.fromkeys(reason for clocks in both for reason in clocks.held_back))
