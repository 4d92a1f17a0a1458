"""In which order the device does what a layer asks of it, whichever streams the calls are given.

The calls of a layer share its weights, records and buffers, so each runs behind the one before: on
the same stream as a matter of course, on another one by an event.  What the host writes (weights,
records, lengths, zeros) takes its place in that order as kernels do.  A call on the stream of the
one before, with the same arrays, costs nothing of this.
"""

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import ops

AHEAD = 4  # times that the host lets go of something before it waits until the first is not used


class Order:
    """The order of one layer.

    Attributes:
        stream: what the next kernel or copy goes onto.
    """

    def __init__(self) -> None:
        self.stream = ops.as_stream(None)
        self._given: Any = None  # kept: the stream lives at least as long
        self._let_go: list[Any] = []
        self._in_use: deque[tuple[Any, list[Any]]] = deque()

    def go_on(self, given: Any) -> None:
        """Have what follows run on a caller's stream, behind all that came before."""
        if given is self._given:
            return
        stream = ops.as_stream(given)
        if ops.is_same_stream(stream, self.stream):
            return
        ops.follow(stream, ops.mark(self.stream))
        self._given, self.stream = given, stream

    def upload(self, address: int, array: NDArray[Any]) -> None:
        """Copy an array that nobody will change; call ``settle`` after the last."""
        array = np.ascontiguousarray(array)
        ops.upload_behind(address, array, self.stream)
        self._let_go.append(array)

    def let_go(self, *used: Any) -> None:
        """Keep what the host needs no longer until the device is past it, from ``settle`` on."""
        self._let_go += used

    def settle(self) -> None:
        """Mark where the device is past what was let go, and drop what it is past already."""
        if self._let_go:
            self._in_use.append((ops.mark(self.stream), self._let_go))
            self._let_go = []
        while self._in_use and ops.is_past(self._in_use[0][0]):
            self._in_use.popleft()
        if len(self._in_use) > AHEAD:
            ops.await_mark(self._in_use[0][0])
            self._in_use.popleft()
