"""A timed call on a GPU: between two events where there are any, until the device is done."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, TypeVar

from ..machine.energy import Meter
from ..machine.gpu import Clocks, Device
from ..units import Seconds
from .base import OnDevice, Step

# Twice the last cache of the largest GPU there is.
FLUSHED_BYTES = 256 * 2**20


T = TypeVar("T")


@dataclass(frozen=True)
class Stream:
    """What a framework offers of the stream that a step runs on.

    Attributes:
        record: an event behind everything that was asked for so far.
        elapsed: seconds between two events that are past; ``None`` where there are no events.
        wait: return when everything that was asked for is done.
    """

    record: Callable[[], Any]
    elapsed: Callable[[Any, Any], Seconds] | None
    wait: Callable[[], object]

    @classmethod
    def without_events(cls, wait: Callable[[], object]) -> Self:
        """That of a framework which lets nobody put an event on its streams."""
        return cls(lambda: None, None, wait)


def on_device(
    step: Step,
    stream: Stream,
    *,
    device: Device,
    clocks: Callable[[], Clocks],
    meter: Meter,
    algorithm: Callable[[], Mapping[str, str]],
    upload: Callable[[], int],
    download: Callable[[], int],
    flush: Callable[[], object],
) -> Step:
    """The step with a call that waits for the device, and with what the device says of it."""
    events: list[Any] = []
    elapsed = stream.elapsed

    def run() -> None:
        first = stream.record()
        step.run()
        events[:] = first, stream.record()
        stream.wait()

    def before() -> None:
        assert step.before is not None
        step.before()
        stream.wait()

    def waited(do: Callable[[], T]) -> Callable[[], T]:
        def do_and_wait() -> T:
            done = do()
            stream.wait()
            return done

        return do_and_wait

    return replace(
        step,
        run=run,
        before=before if step.before else None,
        on_device=OnDevice(
            device=device,
            last_call_s=(lambda: elapsed(*events)) if elapsed else None,
            algorithm=algorithm,
            upload=waited(upload),
            download=waited(download),
            flush=waited(flush),
            clocks=clocks,
            meter=meter,
        ),
    )
