"""Launches of compiled kernels, carried out on the CPU: warps take turns in a random order.

What it shows: whether the code that a device would run is right, stays within its memory, meets at
its barriers, and orders what its threads tell each other.  It shows nothing about time.
"""

import random
from collections.abc import Callable, Generator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .memory import DTYPES, SIZES, WARP, Access, Fault, Memory, Shadow
from .translation import Program

SHARED_BASE = 1024  # where shared memory lies in its own space
IDLE_TURNS = 1000  # of each warp, until nobody is expected to signal any more

Find = Callable[[int], Memory]


class Block:
    """Threads that share memory and a barrier."""

    def __init__(self, number: int, shared_bytes: int, blocks: int, warps: int) -> None:
        self.number = number
        data = np.full(-(-shared_bytes // 16) * 16, 0xFF, np.uint8)
        self.shared = Memory(SHARED_BASE, shared_bytes, data)
        self.shared.shadow = Shadow(len(data) // 2, range(number, number + 1))
        self.seen = np.zeros((warps * WARP, blocks), np.int64)
        self.time = 1
        self.waiting: list[Warp] = []


class Launch:
    """One kernel at work on a grid of blocks."""

    def __init__(
        self,
        program: Program,
        grid: tuple[int, int, int],
        threads: int,
        shared_bytes: int,
        parameters: tuple[int, ...],
        find: Find,
        order: random.Random,
        races: bool = True,
    ) -> None:
        if threads % WARP:
            raise Fault(f"{threads} threads in a block, which are not whole warps")
        self.program, self.grid, self.threads = program, grid, threads
        self.parameters = [np.full(WARP, each, np.int64) for each in parameters]
        self.find, self.order, self.races = find, order, races
        self.shared_bytes = shared_bytes
        self.blocks = int(np.prod(grid))
        self.signals: dict[int, NDArray[np.int64]] = {}  # what who acquires a counter has seen
        self.touched: list[Memory] = []

    def run(self, cooperative: bool) -> None:
        """To the end.  Blocks that need not be at work at once come one after another."""
        places = list(enumerate(product(*(range(n) for n in self.grid))))
        self.order.shuffle(places)
        try:
            with np.errstate(all="ignore"):
                for part in [places] if cooperative else [[each] for each in places]:
                    self._run([warp for n, place in part for warp in self._begin(n, place)])
        finally:
            for memory in self.touched:
                memory.shadow = None

    def _begin(self, number: int, place: tuple[int, ...]) -> list["Warp"]:
        warps = self.threads // WARP
        block = Block(number, self.shared_bytes, self.blocks, warps)
        if not self.races:
            block.shared.shadow = None
        return [Warp(self, block, place, n) for n in range(warps)]

    def _run(self, ready: list["Warp"]) -> None:
        idle, alive = 0, len(ready)
        while alive:
            if not ready:
                raise Fault("a barrier that not all warps of a block reach")
            n = self.order.randrange(len(ready))
            ready[n], ready[-1] = ready[-1], ready[n]
            warp = ready.pop()
            wish = next(warp.code, "end")
            idle = idle + 1 if wish == "signal" else 0
            if idle > IDLE_TURNS * alive:
                raise Fault("every warp waits for another one's signal")
            if wish == "end":
                alive -= 1
            elif wish == "block":
                ready += warp.sync_block()
            else:
                ready.append(warp)

    def memory(self, first: int, last: int) -> Memory:
        """What holds these addresses, noting who touches it from here on."""
        memory = self.find(first)
        if not memory.holds(first, last):
            raise Fault(f"{last - first} bytes at {first:#x}, outside of every allocation")
        if memory.shadow is None and self.races:
            memory.shadow = Shadow(-(-memory.nbytes // 16) * 8, range(self.blocks))
            self.touched.append(memory)
        return memory


class Warp:
    """Thirty-two threads, and what their instructions do to anything but registers."""

    def __init__(self, launch: Launch, block: Block, place: tuple[int, ...], number: int) -> None:
        self.launch, self.block = launch, block
        self.first = number * WARP
        self.threads = block.number * launch.threads + self.first + np.arange(WARP)
        self.time = 1
        self.everyone = np.full(WARP, True)
        self.living, self.behind = WARP, dict[int, Any]()
        one = {
            "tid.x": np.arange(self.first, self.first + WARP, dtype=np.uint32),
            "ntid.x": launch.threads,
            **{f"ctaid.{axis}": n for axis, n in zip("xyz", place, strict=True)},
            **{f"nctaid.{axis}": n for axis, n in zip("xyz", launch.grid, strict=True)},
        }
        self.special = {name: np.full(WARP, value, np.uint32) for name, value in one.items()}
        self.unset = {
            kind: np.frombuffer(bytes([0xFF if kind != "bool" else 0]) * 8 * WARP, kind)[:WARP]
            for kind in ("bool", "uint16", "uint32", "int64", "float32", "float64")
        }
        self.code: Generator[str] = launch.program(self, launch.parameters)

    # Which lanes are at work

    def go(self, lanes: Any, target: int) -> tuple[int, Any, bool]:
        """Lanes go on at a basic block: ``(block, lanes, all of them)`` of who is next."""
        if not self.behind:
            return target, lanes, bool(np.count_nonzero(lanes) == self.living)
        self._put(target, lanes)
        return self._next()

    def branch(self, lanes: Any, taken: Any, target: int, otherwise: int) -> tuple[int, Any, bool]:
        count = np.count_nonzero(taken)
        if count == 0:
            return self.go(lanes, otherwise)
        if count == np.count_nonzero(lanes):
            return self.go(lanes, target)
        self._put(target, taken)
        self._put(otherwise, lanes & ~taken)
        return self._next()

    def leave(self, lanes: Any) -> tuple[int, Any, bool]:
        self.living -= int(np.count_nonzero(lanes))
        return self._next() if self.behind else (-1, lanes, False)

    def _put(self, place: int, lanes: Any) -> None:
        """Have lanes wait at a basic block, with those that do already."""
        self.behind[place] = self.behind[place] | lanes if place in self.behind else lanes

    def _next(self) -> tuple[int, Any, bool]:
        place = min(self.behind)
        lanes = self.behind.pop(place)
        return place, lanes, bool(np.count_nonzero(lanes) == self.living)

    def together(self, full: bool) -> None:
        if not full or self.living != WARP:
            raise Fault("an instruction of the whole warp is reached by a part of it")

    # Barriers and signals

    @property
    def seen(self) -> NDArray[np.int64]:
        return self.block.seen[self.first : self.first + WARP]

    def sync_warp(self) -> None:
        self.seen[:] = self.seen.max(axis=0)
        self.time += 1

    def sync_block(self) -> list["Warp"]:
        """Wait; whom the last to come releases."""
        block = self.block
        block.waiting.append(self)
        if len(block.waiting) < self.launch.threads // WARP:
            return []
        released, block.waiting = block.waiting, []
        block.seen[:] = block.seen.max(axis=0)
        block.time += 1
        for warp in released:
            warp.time += 1
        return released

    def add(self, addresses: Any, values: Any, lanes: Any, order: str) -> Any:
        """Add to counters; what they were.  A release tells who acquires them what came before."""
        if order not in ("relaxed", "release", "acquire", "acq_rel"):
            raise NotImplementedError(order)
        before = np.zeros(WARP, np.uint32)
        for lane in np.flatnonzero(lanes):
            place = addresses[lane : lane + 1]
            counter = self.launch.memory(int(place[0]), int(place[0]) + 4)
            old = counter.load("u32", 1, place, None)[0]
            counter.store("u32", place, [old + values[lane : lane + 1]], None)
            before[lane] = old[0]
            told = self.launch.signals.setdefault(int(place[0]), np.zeros_like(self.seen[lane]))
            if order in ("acquire", "acq_rel"):
                np.maximum(self.seen[lane], told, out=self.seen[lane])
            if order in ("release", "acq_rel"):
                np.maximum(told, self.seen[lane], out=told)
                told[self.block.number] = max(told[self.block.number], self.block.time)
        return before

    # Memory

    def load(self, space: str, kind: str, count: int, addresses: Any, lanes: Any) -> list[Any]:
        """Numbers of the lanes at work; 0 for the others."""
        some = np.flatnonzero(lanes)
        if len(some) == 0:
            return [np.zeros(WARP, DTYPES[kind]) for _ in range(count)]
        addresses = addresses[some]
        acquires = space == "acquire.gpu.global"
        strong = acquires or ("gpu" in space and int(addresses[0]) in self.launch.signals)
        found: list[Any] = []
        for memory, at in self._memories(space, kind, count, addresses):
            if space == "global.nc" and memory.shadow is not None and memory.shadow.any_write:
                raise Fault("ld.global.nc of memory that this launch writes")
            who = None if strong else self._access(some[at])
            found.append((at, memory.load(kind, count, addresses[at], who)))
        if acquires:
            for lane, address in zip(some, addresses.tolist(), strict=True):
                if address in self.launch.signals:
                    row = self.seen[lane]
                    np.maximum(row, self.launch.signals[address], out=row)
        results = [np.zeros(WARP, DTYPES[kind]) for _ in range(count)]
        for at, values in found:
            for result, value in zip(results, values, strict=True):
                result[some[at]] = value
        return results

    def store(self, space: str, kind: str, addresses: Any, values: list[Any], lanes: Any) -> None:
        some = np.flatnonzero(lanes)
        if len(some) == 0:
            return
        addresses = addresses[some]
        if space == "relaxed.gpu.global" and int(addresses[0]) in self.launch.signals:
            # A counter that is set anew tells nothing of what came before.
            self.launch.signals[int(addresses[0])][:] = 0
            who = None
        else:
            who = self._access
        for memory, at in self._memories(space, kind, len(values), addresses):
            mine = some[at]
            access = who(mine) if who else None
            memory.store(kind, addresses[at], [value[mine] for value in values], access)

    def _memories(self, space: str, kind: str, count: int, addresses: Any) -> Any:
        """The pieces of memory that addresses lie in, and which of them lie in each."""
        nbytes = SIZES[kind] * count
        rest = np.arange(len(addresses))
        while len(rest):
            first, last = int(addresses[rest].min()), int(addresses[rest].max()) + nbytes
            if space == "shared":
                memory = self.block.shared
                if not memory.holds(first, last):
                    raise Fault(
                        f"shared memory of {memory.nbytes} bytes, at {first - SHARED_BASE} to "
                        f"{last - SHARED_BASE}"
                    )
            else:
                memory = self.launch.memory(first, first + nbytes)
            if memory.holds(first, last):
                yield memory, rest
                return
            inside = addresses[rest] + nbytes <= memory.address + memory.nbytes
            yield memory, rest[inside]
            rest = rest[~inside]

    def _access(self, lanes: NDArray[np.int64]) -> Access:
        block = self.block
        seen = self.seen[lanes]
        return Access(
            self.threads[lanes], block.number, self.launch.threads, block.time, self.time, seen
        )
