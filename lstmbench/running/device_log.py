"""What a GPU says of a row while it is measured, and the copies that are measured apart."""

from collections.abc import Callable
from statistics import median

from ..backends.base import OnDevice, Step
from ..machine.gpu import Gpu, Transfer
from ..statistics.order import MIN_SAMPLES
from ..timing.clock import Clock
from ..timing.measure import Measurement
from ..timing.samples import Samples
from ..timing.times import Times
from ..units import Seconds

# Copies between host and device are timed this often, and their median is told.
COPIES = 5
# Calls after the caches of the device were overwritten: what a median needs.
COLD_CALLS = MIN_SAMPLES


class DeviceLog:
    """Begun before the first sample, closed after the last."""

    def __init__(self, step: Step, device: OnDevice, clock: Clock, first_call_s: Seconds) -> None:
        self._step = step
        self._device = device
        self._clock = clock
        self._first_call_s = first_call_s
        self._before = device.clocks()

    def close(self, measured: Measurement) -> Gpu:
        """The clocks of this moment and the samples; cold calls and copies are made now."""
        device = self._device
        after = device.clocks()
        return Gpu(
            **device.device.model_dump(),
            algorithm=dict(device.algorithm()),
            time_s=Times.of(measured.device_samples) if device.last_call_s else None,
            samples_s=Samples(measured.device_samples),
            first_call_s=self._first_call_s,
            cold_s=Times.of([self._cold_call() for _ in range(COLD_CALLS)]),
            to_device=self._time(device.upload),
            to_host=self._time(device.download),
            before=self._before,
            after=after,
        )

    def _cold_call(self) -> Seconds:
        """One call that finds nothing in the caches of the device."""
        if self._step.before is not None:
            self._step.before()
        self._device.flush()
        start = self._clock.now()
        self._step.run()
        return self._clock.now() - start

    def _time(self, copy: Callable[[], int]) -> Transfer:
        times = []
        for _ in range(COPIES):
            start = self._clock.now()
            size = copy()
            times.append(self._clock.now() - start)
        return Transfer(bytes=size, seconds=median(times))
