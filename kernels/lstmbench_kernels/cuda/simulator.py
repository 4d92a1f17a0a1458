"""Runs kernels on the CPU, one greenlet for each thread of a launch.

What it shows that a device would not: a read or write outside of every allocation or badly
aligned, memory read before it was written (it is NaN, or an absurd integer), a barrier that some
thread never reaches, a wait that nobody ends, and, because threads take turns in a random order, a
barrier that is missing.  Blocks run one after another unless the kernel asks for a cooperative
launch.  It shows nothing about time.
"""

import random
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

import numpy as np
from greenlet import getcurrent, greenlet

from .limits import WARP, Limits
from .simulated_memory import HEAP, UNWRITTEN, Memory, SimulationError

LIMITS = Limits(multiprocessors=4, shared_bytes=227 * 1024)
SEED = 0  # of the order in which threads take turns


class Warp:
    """Threads that exchange values: what each gave at its n-th exchange."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.given: dict[int, dict[int, Any]] = {}
        self.results: dict[int, Any] = {}


class Block:
    def __init__(self, place: tuple[int, int, int], threads: int, shared_bytes: int) -> None:
        self.place = place
        self.shared = Memory(1024, shared_bytes, UNWRITTEN)
        self.threads = [Thread(self, number, threads) for number in range(threads)]


class Thread:
    """One thread: what it is, and what it waits for."""

    def __init__(self, block: Block, number: int, threads: int) -> None:
        self.block, self.number, self.lane = block, number, number % WARP
        self.count = threads
        self.warp: Warp
        self.exchanges = 0
        self.waits_for: Any = None
        self.greenlet: greenlet

    def wait(self, what: Any) -> None:
        """Let others go on until ``what`` has been reached by all whom it concerns."""
        self.waits_for = what
        parent = self.greenlet.parent
        assert parent is not None
        parent.switch()

    def exchange(self, value: Any) -> dict[int, Any]:
        """What every lane of the warp gave."""
        number = self.exchanges
        self.exchanges += 1
        self.warp.given.setdefault(number, {})[self.lane] = value
        self.wait(("warp", self.warp))
        return self.warp.given[number]


def current_thread() -> Thread:
    thread: Thread = getcurrent().thread
    return thread


class Kernel:
    """A kernel of integer arguments.

    Attributes:
        function: as it was written.
        threads: per block, at most.
    """

    def __init__(self, function: Any, threads: int) -> None:
        self.function, self.threads = function, threads

    def prepare(self, shared_bytes: int) -> None:
        if shared_bytes > LIMITS.shared_bytes:
            raise SimulationError(f"{shared_bytes} bytes of shared memory")

    def launch(
        self, grid: tuple[int, int, int], threads: int, shared_bytes: int, stream: Any, *given: int
    ) -> None:
        """Run when the stream does."""
        self.prepare(shared_bytes)
        if threads > self.threads or threads % WARP:
            raise SimulationError(f"{threads} threads, of {self.threads} at most")
        _stream(stream).add(lambda: self._run(grid, threads, shared_bytes, given))

    def _run(
        self, grid: tuple[int, int, int], threads: int, shared_bytes: int, given: tuple[int, ...]
    ) -> None:
        order = random.Random(SEED)
        places = [(x, y, z) for x in range(grid[0]) for y in range(grid[1]) for z in range(grid[2])]
        order.shuffle(places)
        with np.errstate(all="ignore"):
            launch = _Launch(self.function, given, threads, shared_bytes, order)
            if launch.run(places[:1], beginning=True):  # it asked for all at once
                if len(places) > LIMITS.multiprocessors:
                    raise SimulationError(f"{len(places)} blocks cannot all be at work at once")
                launch.run(places[1:])
                launch.finish()
            else:
                for place in places[1:]:
                    launch.run([place])
                    launch.finish()


class _Launch:
    """Blocks at work, whose threads take turns."""

    def __init__(
        self,
        function: Any,
        given: tuple[int, ...],
        threads: int,
        shared_bytes: int,
        order: random.Random,
    ) -> None:
        self.function, self.given = function, given
        self.threads, self.shared_bytes, self.order = threads, shared_bytes, order
        self.ready: deque[Thread] = deque()
        self.waiting: dict[Any, list[Thread]] = {}

    def run(self, places: list[tuple[int, int, int]], beginning: bool = False) -> bool:
        """Begin blocks; the first of a launch runs on until it ends or asks for the others."""
        for place in places:
            block = Block(place, self.threads, self.shared_bytes)
            warps = [
                Warp(min(WARP, self.threads - first)) for first in range(0, self.threads, WARP)
            ]
            for thread in block.threads:
                thread.warp = warps[thread.number // WARP]
                thread.greenlet = greenlet(lambda: self.function(*self.given))
                thread.greenlet.thread = thread
            # Another order for each block, and for each turn what the barriers make of it.
            self.order.shuffle(block.threads)
            self.ready.extend(block.threads)
        return self.finish(beginning) if beginning else False

    def finish(self, beginning: bool = False) -> bool:
        """Give turns until all have ended: False.  At the beginning of a launch, until a thread
        asks for all blocks at once: True.
        """
        idle = 0
        while self.ready:
            thread = self.ready.popleft()
            thread.waits_for = None
            thread.greenlet.switch()
            if thread.greenlet.dead:
                idle = 0
                continue
            what, whom = thread.waits_for
            if what == "turn":
                self.ready.append(thread)
                idle += 1
                if idle > 4 * len(self.ready) + 4:
                    raise SimulationError("every thread waits for another one's signal")
                continue
            idle = 0
            if what == "cooperative":
                self.ready.append(thread)
                if beginning:
                    return True
                continue
            self._arrive(thread, what, whom)
        if self.waiting:
            raise SimulationError("a barrier was not reached by all of its threads")
        return False

    def _arrive(self, thread: Thread, what: str, whom: Any) -> None:
        """Release all who wait at a barrier when the last has come."""
        there = self.waiting.setdefault((what, id(whom)), [])
        there.append(thread)
        if len(there) == (whom.size if what == "warp" else self.threads):
            del self.waiting[what, id(whom)]
            self.order.shuffle(there)
            self.ready.extend(there)


def kernel(function: Any, threads: int = 256) -> Kernel:
    return Kernel(function, threads)


# The host


def unavailable() -> str | None:
    """Nothing is missing: this is a CPU."""
    return None


def device_facts() -> dict[str, Any]:
    """What takes the device's place."""
    return {
        "name": "simulator",
        "compute_capability": "",
        "multiprocessors": LIMITS.multiprocessors,
        "memory_bytes": 0,
        "driver": "",
    }


def limits() -> Limits:
    return LIMITS


class Stream:
    """Work in order: done at once, or, where a stream is late, not before somebody waits for it.

    A late one shows what has to wait for a stream and does not.  The default stream is done at
    once, which a device's may be as well: none of the others waits for it there either.
    """

    def __init__(self, late: bool = True) -> None:
        self.late = late
        self.queue: deque[Callable[[], None]] = deque()
        _STREAMS.add(self)

    def add(self, work: Callable[[], None]) -> None:
        self.queue.append(work)
        if not self.late:
            self.run()

    def run(self) -> None:
        while self.queue:
            self.queue.popleft()()


_STREAMS: WeakSet[Stream] = WeakSet()
DEFAULT = Stream(late=False)


def _stream(given: Stream | None) -> Stream:
    return DEFAULT if given is None else given


class Event:
    """A place in a stream."""

    def __init__(self, stream: Stream) -> None:
        self.stream, self.past = stream, False
        stream.add(self._pass)

    def _pass(self) -> None:
        self.past = True

    def reach(self) -> None:
        """Do what the stream holds before it."""
        while not self.past:
            self.stream.queue.popleft()()


class Buffer:
    """Memory of so many bytes, at an address."""

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes
        self.memory = HEAP.allocate(nbytes)
        self.address = self.memory.address

    def clear(self, stream: Stream | None = None) -> None:
        """Fill with zeros, when the stream does."""
        _stream(stream).add(lambda: self.memory.bytes.fill(0))

    def __del__(self) -> None:
        HEAP.free(self.memory)


def allocate(nbytes: int, zero: bool = False) -> Buffer:
    """Device memory, all zeros or not written yet."""
    buffer = Buffer(max(nbytes, 16))
    if zero:
        buffer.clear()
    return buffer


def upload(address: int, array: Any, stream: Any) -> None:
    """Copy a contiguous host array to an address, and wait until it may be changed again."""
    upload_behind(address, array, stream)
    _stream(stream).run()


def upload_behind(address: int, array: Any, stream: Any) -> None:
    """Copy a contiguous host array, which stays as it is, when the stream does."""
    _stream(stream).add(lambda: _copy(address, array))


def _copy(address: int, array: Any) -> None:
    memory = HEAP.find(address)
    view, first = memory.bytes, address - memory.address
    if first + array.nbytes > memory.nbytes:
        raise SimulationError("a copy ends outside of its allocation")
    view[first : first + array.nbytes] = np.ascontiguousarray(array).view(np.uint8).reshape(-1)


def download(array: Any, address: int, stream: Any) -> None:
    """Copy from an address into a contiguous host array, behind what the stream holds."""
    synchronize(stream)
    memory = HEAP.find(address)
    first = address - memory.address
    if first + array.nbytes > memory.nbytes:
        raise SimulationError("a copy ends outside of its allocation")
    array.view(np.uint8).reshape(-1)[:] = memory.bytes[first : first + array.nbytes]


def view(given: Any) -> tuple[int, tuple[int, ...], tuple[int, ...], str, bool]:
    """``(address, shape, strides in bytes, dtype, writable)`` of a device array, not copied."""
    interface = given.__cuda_array_interface__
    shape, dtype = tuple(interface["shape"]), np.dtype(interface["typestr"])
    steps = [int(np.prod(shape[axis + 1 :])) * dtype.itemsize for axis in range(len(shape))]
    strides = tuple(interface.get("strides") or steps)
    address, read_only = interface["data"]
    return address, shape, strides, dtype.name, not read_only


def as_stream(given: Any) -> Any:
    """The stream that a caller names; None is the default one."""
    return _stream(given)


def is_same_stream(one: Any, other: Any) -> bool:
    """Whether two of these are one stream."""
    return one is other


def synchronize(stream: Any = None) -> None:
    """Wait for a stream, or for all that the device has to do."""
    for each in list(_STREAMS) if stream is None else [stream]:
        each.run()


def mark(stream: Any) -> Event:
    """An event behind what the stream holds, which tells no time."""
    return Event(_stream(stream))


def follow(stream: Any, event: Event) -> None:
    """Have what the stream is given from now on wait for an event."""
    _stream(stream).add(event.reach)


def is_past(event: Event) -> bool:
    """Whether the device is past an event."""
    return event.past


def await_mark(event: Event) -> None:
    """Wait for an event."""
    event.reach()


def capture(work: Callable[[Any], None]) -> Callable[[Any], None]:
    """What ``work(stream)`` launches, to be launched again."""
    written = Stream()
    work(written)
    launches = list(written.queue)
    written.queue.clear()

    def replay(stream: Any) -> None:
        for launch in launches:
            _stream(stream).add(launch)

    return replay


def record(stream: Any = None) -> float:  # noqa: ARG001  as on the device
    """Now."""
    return time.perf_counter()


def elapsed(start: float, end: float) -> float:
    """Seconds between two events."""
    return end - start
