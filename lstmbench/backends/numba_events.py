"""What Numba compiles, and for how long, by its own events; numba-cuda has events of its own."""

import time
from typing import Any

from .base import Compilation


class CompileListener:
    """Counts what is compiled; a load from the disk cache is neither counted nor timed."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self._depth = 0
        self._since = 0.0

    def on_start(self, event: Any) -> None:  # noqa: ARG002
        # A callee compiles inside its caller: only the outermost is timed.
        if self._depth == 0:
            self._since = time.perf_counter()
        self._depth += 1
        self.count += 1

    def on_end(self, event: Any) -> None:  # noqa: ARG002
        self._depth -= 1
        if self._depth == 0:
            self.seconds += time.perf_counter() - self._since

    def compilation(self) -> Compilation:
        """What was compiled since it began to listen."""
        return Compilation(self.count, self.seconds)

    def listen_to(self, events: Any, kind: str) -> None:
        """Hear of a kind from one module of events, which takes listeners of its own class."""
        heard = {
            "on_start": lambda _, event: self.on_start(event),
            "on_end": lambda _, event: self.on_end(event),
        }
        listener = type("Listener", (events.Listener,), heard)()
        events.register(kind, listener)
