"""What a device has, as far as a schedule depends on it."""

from typing import NamedTuple

THREADS = 256  # per block: eight warps, of which each thread may use 255 registers
WARP = 32


class Limits(NamedTuple):
    """The sizes of a device.

    Attributes:
        multiprocessors: how many blocks are at work at once, one on each.
        shared_bytes: shared memory that one block may have.
    """

    multiprocessors: int
    shared_bytes: int
