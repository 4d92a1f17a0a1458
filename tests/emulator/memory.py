"""Memory of the emulated device, and who may touch which byte of it when.

Two accesses to the same place, one of them a write, must be ordered: by the program of one thread,
by a barrier of its warp or block, or by a release that another block's thread acquires (PTX ISA,
"Memory Consistency Model").  What is not is a race, whether or not it did harm in this run.

Time of a block is the number of block barriers that it has passed, time of a warp that of its warp
barriers.  A thread has ``seen`` the accesses of another block up to some time of that block.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

GRANULE = 2  # bytes: the smallest access
WARP = 32
_NOBODY, _MANY = -1, -2
# What memory holds of each kind of PTX, and a register: signs are the instructions' own.
DTYPES = {
    "b16": np.uint16,
    "u16": np.uint16,
    "b32": np.uint32,
    "u32": np.uint32,
    "s32": np.uint32,
    "f32": np.float32,
    "b64": np.int64,
    "u64": np.int64,
    "s64": np.int64,
    "f64": np.float64,
}
SIZES = {kind: np.dtype(dtype).itemsize for kind, dtype in DTYPES.items()}


class Fault(Exception):
    """A kernel did what it must not do on a device either."""


class Access(NamedTuple):
    """Who touches memory: some lanes of a warp, and what they have seen.

    Attributes:
        threads: numbers within the launch, (lanes,).
        block: its number; ``block_threads`` threads each.
        block_time, warp_time: barriers passed.
        seen: of every block, (lanes, blocks): accesses before that time of it came before this.
    """

    threads: NDArray[np.int64]
    block: int
    block_threads: int
    block_time: int
    warp_time: int
    seen: NDArray[np.int64]


class Shadow:
    """The latest accesses to each granule of a piece of memory in one launch, by ``blocks``."""

    def __init__(self, granules: int, blocks: range) -> None:
        self.blocks = blocks

        def column(*shape: int) -> NDArray[np.int64]:
            return np.full(shape, _NOBODY, np.int64)

        self.writer, self.written, self.written_in_warp = (column(granules) for _ in range(3))
        # By block: when it last read, which warp and lane did, and when in that warp's time.
        many = len(blocks), granules
        self.read, self.read_warp = column(*many), column(*many)
        self.read_in_warp, self.read_lane = column(*many), column(*many)
        self.any_write = False

    def check_read(self, places: NDArray[np.int64], who: Access) -> None:
        """Note a read of ``places`` (lanes, granules each); it must come after the last write."""
        if self.any_write:
            self._after_write(places, who, "read")
        warp, lanes = who.threads // WARP, who.threads % WARP
        row = who.block - self.blocks.start
        read, read_warp = self.read[row], self.read_warp[row]
        in_warp, lane = self.read_in_warp[row], self.read_lane[row]
        fresh = read[places] != who.block_time
        other = ~fresh & (read_warp[places] != warp[:, None])
        new_turn = fresh | (in_warp[places] != who.warp_time)
        shared = ~new_turn & (lane[places] != lanes[:, None])
        all_lanes = np.broadcast_to(lanes[:, None], places.shape)
        read[places] = who.block_time
        in_warp[places] = who.warp_time
        read_warp[places] = np.where(other, _MANY, warp[:, None])
        lane[places] = np.where(shared, _MANY, all_lanes)
        several = lane[places] != all_lanes  # lanes of this very read, at one place
        lane[places[several]] = _MANY

    def check_write(self, places: NDArray[np.int64], who: Access) -> None:
        """Note a write; it must come after the last write and after all reads before it."""
        if self.any_write:
            self._after_write(places, who, "write")
        warp, lanes = who.threads[:, None] // WARP, who.threads[:, None] % WARP
        for row, block in enumerate(self.blocks):
            read = self.read[row][places]
            if block != who.block:
                race = (read != _NOBODY) & (read >= who.seen[:, block, None])
            else:
                in_turn = self.read_in_warp[row][places] < who.warp_time
                own = self.read_lane[row][places] == lanes
                ordered = (self.read_warp[row][places] == warp) & (in_turn | own)
                race = (read == who.block_time) & ~ordered
            if race.any():
                raise Fault(f"a write races with a read by block {block}")
        self.writer[places] = who.threads[:, None]
        self.written[places] = who.block_time
        self.written_in_warp[places] = who.warp_time
        self.any_write = True

    def _after_write(self, places: NDArray[np.int64], who: Access, what: str) -> None:
        writer, written = self.writer[places], self.written[places]
        me = who.threads[:, None]
        candidates = (writer != _NOBODY) & (writer != me)
        if not candidates.any():
            return
        block = writer // who.block_threads
        same_warp = writer // WARP == me // WARP
        ordered = (written < who.block_time) | (
            same_warp & (self.written_in_warp[places] < who.warp_time)
        )
        seen = np.take_along_axis(who.seen, np.maximum(block, 0), axis=1)
        ordered = np.where(block == who.block, ordered, written < seen)
        race = candidates & ~ordered
        if race.any():
            whose = int(writer[race][0])
            raise Fault(
                f"a {what} by thread {int(np.broadcast_to(me, race.shape)[race][0])} races with a "
                f"write by thread {whose} (blocks of {who.block_threads} threads)"
            )


class Memory:
    """Bytes at an address: ``data`` may be longer than ``nbytes`` by padding, never shorter."""

    def __init__(self, address: int, nbytes: int, data: NDArray[np.uint8]) -> None:
        self.address, self.nbytes = address, nbytes
        whole = data[: len(data) // 16 * 16]
        self._views: dict[str, NDArray[Any]] = {k: whole.view(d) for k, d in DTYPES.items()}
        self.shadow: Shadow | None = None

    def holds(self, first: int, last: int) -> bool:
        return first >= self.address and last <= self.address + self.nbytes

    def load(
        self, kind: str, count: int, addresses: NDArray[np.int64], who: Access | None
    ) -> list[NDArray[Any]]:
        """``count`` numbers from each address on, which this memory holds.

        ``who``: None for an access that synchronizes, which races with nobody.
        """
        index = self._index(kind, count, addresses)
        if who is not None and self.shadow is not None:
            self.shadow.check_read(self._granules(kind, count, addresses), who)
        return [self._views[kind][index + n] for n in range(count)]

    def store(
        self,
        kind: str,
        addresses: NDArray[np.int64],
        values: list[NDArray[Any]],
        who: Access | None,
    ) -> None:
        index, view = self._index(kind, len(values), addresses), self._views[kind]
        if who is not None and self.shadow is not None:
            self.shadow.check_write(self._granules(kind, len(values), addresses), who)
        for n, value in enumerate(values):
            view[index + n] = value
            bits = f"u{value.itemsize}"
            if np.any(view[index + n].view(bits) != value.view(bits)):
                raise Fault("lanes of a warp write different values to one place")

    def _index(self, kind: str, count: int, addresses: NDArray[np.int64]) -> NDArray[np.int64]:
        size = SIZES[kind]
        if np.any(addresses % (size * count)):
            raise Fault(f"an address is not a multiple of {size * count}")
        return (addresses - self.address) // size

    def _granules(self, kind: str, count: int, addresses: NDArray[np.int64]) -> NDArray[np.int64]:
        each = np.arange(SIZES[kind] * count // GRANULE)
        return ((addresses - self.address) // GRANULE)[:, None] + each
