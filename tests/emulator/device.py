"""What the driver says of its one device: an H200, as NVIDIA documents it."""

from typing import Any

NAME = "NVIDIA H200, emulated"
COMPUTE_CAPABILITY = 9, 0
MEMORY_BYTES = 141 * 10**9
UUID = bytes(range(16))

WARP = 32
THREADS_PER_BLOCK = 1024
BLOCK = 1024, 1024, 64
GRID = 2**31 - 1, 65535, 65535
SHARED_PER_BLOCK = 48 * 1024
SHARED_OPTIN = 227 * 1024
SHARED_PER_MULTIPROCESSOR = 228 * 1024
SHARED_RESERVED = 1024  # of each block
REGISTERS = 65536
THREADS_PER_MULTIPROCESSOR = 2048
BLOCKS_PER_MULTIPROCESSOR = 32
REGISTERS_OF_A_WARP = 256  # they are given out by so many


def attributes(multiprocessors: int) -> dict[int, int]:
    """Of CUdevice_attribute, by number."""
    return {
        1: THREADS_PER_BLOCK,
        **dict(zip((2, 3, 4), BLOCK, strict=True)),
        **dict(zip((5, 6, 7), GRID, strict=True)),
        8: SHARED_PER_BLOCK,
        9: 65536,  # TOTAL_CONSTANT_MEMORY
        10: WARP,
        12: REGISTERS,
        13: 1_980_000,  # CLOCK_RATE in kHz
        15: 1,  # GPU_OVERLAP
        16: multiprocessors,
        17: 0,  # KERNEL_EXEC_TIMEOUT
        18: 0,  # INTEGRATED
        19: 1,  # CAN_MAP_HOST_MEMORY
        20: 0,  # COMPUTE_MODE
        31: 1,  # CONCURRENT_KERNELS
        33: 1,  # PCI_BUS_ID
        34: 0,  # PCI_DEVICE_ID
        36: 3_201_000,  # MEMORY_CLOCK_RATE in kHz
        37: 6144,  # GLOBAL_MEMORY_BUS_WIDTH
        38: 50 * 2**20,  # L2_CACHE_SIZE
        39: THREADS_PER_MULTIPROCESSOR,
        40: 3,  # ASYNC_ENGINE_COUNT
        41: 1,  # UNIFIED_ADDRESSING
        50: 0,  # PCI_DOMAIN_ID
        75: COMPUTE_CAPABILITY[0],
        76: COMPUTE_CAPABILITY[1],
        78: 1,  # STREAM_PRIORITIES_SUPPORTED
        81: SHARED_PER_MULTIPROCESSOR,
        82: REGISTERS,
        83: 1,  # MANAGED_MEMORY
        95: 1,  # COOPERATIVE_LAUNCH
        97: SHARED_OPTIN,
        106: BLOCKS_PER_MULTIPROCESSOR,
        111: SHARED_RESERVED,
        115: 1,  # MEMORY_POOLS_SUPPORTED
        120: 1,  # CLUSTER_LAUNCH
    }


def blocks_per_multiprocessor(kernel: Any, threads: int, shared_bytes: int) -> int:
    """How many blocks of a kernel fit on a multiprocessor at once."""
    warps = -(-threads // WARP)
    unit = REGISTERS_OF_A_WARP
    registers = -(-kernel.registers * WARP // unit) * unit * warps
    shared = kernel.shared_bytes + shared_bytes + SHARED_RESERVED
    return min(
        REGISTERS // registers,
        SHARED_PER_MULTIPROCESSOR // shared,
        THREADS_PER_MULTIPROCESSOR // (warps * WARP),
        BLOCKS_PER_MULTIPROCESSOR,
    )
