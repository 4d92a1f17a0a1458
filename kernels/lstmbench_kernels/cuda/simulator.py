"""Runs kernels on the CPU, one greenlet for each thread of a launch.

What it shows that a device would not: a read or write outside of every allocation or badly
aligned, memory read before it was written (it is NaN, or an absurd integer), a barrier that some
thread never reaches, a wait that nobody ends, and, because threads take turns in a random order, a
barrier that is missing.  Blocks run one after another unless the kernel asks for a cooperative
launch.  It shows nothing about time.
"""

import random
import time
from bisect import bisect_right, insort
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
from greenlet import getcurrent, greenlet

from .limits import WARP, Limits

LIMITS = Limits(multiprocessors=4, shared_bytes=227 * 1024)
SEED = 0  # of the order in which threads take turns

_DTYPES: dict[str, np.dtype[Any]] = {
    "f32": np.dtype(np.float32),
    "f64": np.dtype(np.float64),
    "u32": np.dtype(np.uint32),
    "i64": np.dtype(np.int64),
    "u16": np.dtype(np.uint16),
}
_UNWRITTEN = 0xFF  # as a float of any size: NaN
_GAP = 4096  # between allocations, so that what misses one hits none


class SimulationError(Exception):
    """A kernel did what it must not do on a device either."""


class Memory:
    """Bytes at an address."""

    def __init__(self, address: int, nbytes: int, fill: int) -> None:
        self.address, self.nbytes = address, nbytes
        self.bytes = np.full(-(-nbytes // 16) * 16, fill, np.uint8)
        self._views = {
            kind: (self.bytes.view(dtype), dtype.itemsize) for kind, dtype in _DTYPES.items()
        }

    def place(self, kind: str, address: int, count: int = 1) -> tuple[Any, int]:
        """The view that holds ``count`` numbers of a kind, and the index of the first."""
        view, size = self._views[kind]
        offset, nbytes = address - self.address, size * count
        if offset < 0 or offset + nbytes > self.nbytes:
            raise SimulationError(
                f"{nbytes} bytes at offset {offset} of an allocation of {self.nbytes}"
            )
        if address % nbytes:
            raise SimulationError(f"address {address} is not a multiple of {nbytes}")
        return view, offset // size


class Heap:
    """The device's memory: allocations with gaps between them."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._at: dict[int, Memory] = {}
        self._next = 1 << 32

    def allocate(self, nbytes: int) -> Memory:
        memory = Memory(self._next, nbytes, _UNWRITTEN)
        self._next += -(-nbytes // _GAP) * _GAP + _GAP
        insort(self._starts, memory.address)
        self._at[memory.address] = memory
        return memory

    def free(self, memory: Memory) -> None:
        self._starts.remove(memory.address)
        del self._at[memory.address]

    def find(self, address: int) -> Memory:
        n = bisect_right(self._starts, address)
        if n == 0:
            raise SimulationError(f"address {address} is in no allocation")
        return self._at[self._starts[n - 1]]


HEAP = Heap()


class Warp:
    """Threads that exchange values: what each gave at its n-th exchange."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.given: dict[int, dict[int, Any]] = {}
        self.results: dict[int, Any] = {}


class Block:
    def __init__(self, place: tuple[int, int, int], threads: int, shared_bytes: int) -> None:
        self.place = place
        self.shared = Memory(1024, shared_bytes, _UNWRITTEN)
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
        """Run to the end; inside ``capture``, write down instead."""
        self.prepare(shared_bytes)
        if threads > self.threads or threads % WARP:
            raise SimulationError(f"{threads} threads, of {self.threads} at most")
        if isinstance(stream, list):
            stream.append(lambda: self.launch(grid, threads, shared_bytes, None, *given))
            return
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


class Buffer:
    """Memory of so many bytes, at an address."""

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes
        self.memory = HEAP.allocate(nbytes)
        self.address = self.memory.address

    def clear(self) -> None:
        """Fill with zeros."""
        self.memory.bytes[:] = 0

    def __del__(self) -> None:
        HEAP.free(self.memory)


def allocate(nbytes: int, zero: bool = False) -> Buffer:
    """Device memory, all zeros or not written yet."""
    buffer = Buffer(max(nbytes, 16))
    if zero:
        buffer.clear()
    return buffer


def upload(address: int, array: Any, stream: Any) -> None:  # noqa: ARG001  as on the device
    """Copy a contiguous host array to an address."""
    memory = HEAP.find(address)
    view, first = memory.bytes, address - memory.address
    if first + array.nbytes > memory.nbytes:
        raise SimulationError("a copy ends outside of its allocation")
    view[first : first + array.nbytes] = np.ascontiguousarray(array).view(np.uint8).reshape(-1)


def download(array: Any, address: int, stream: Any) -> None:  # noqa: ARG001  as on the device
    """Copy from an address into a contiguous host array."""
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
    """Streams are all the same here."""
    return given


def synchronize(stream: Any = None) -> None:
    """Everything has been done already."""


def capture(work: Callable[[Any], None]) -> Callable[[Any], None]:
    """What ``work(stream)`` launches, to be launched again."""
    launches: list[Callable[[], None]] = []
    work(launches)

    def replay(stream: Any) -> None:  # noqa: ARG001  as on the device
        for launch in launches:
            launch()

    return replay


def record(stream: Any = None) -> float:  # noqa: ARG001  as on the device
    """Now."""
    return time.perf_counter()


def elapsed(start: float, end: float) -> float:
    """Seconds between two events."""
    return end - start
