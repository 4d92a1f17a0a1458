"""What instructions do that NumPy has no word for, on arrays of a number for each lane."""

from typing import Any

import numpy as np

from .memory import WARP


def fma(a: Any, b: Any, c: Any) -> Any:
    """One rounding: the product of two float32 is exact in float64.  (Of float64: two.)"""
    if a.dtype == np.float64:
        return a * b + c
    return (a.astype(np.float64) * b + c).astype(np.float32)


def shl(value: Any, by: Any) -> Any:
    bits = value.itemsize * 8
    return np.where(by < bits, value << np.minimum(by, bits - 1).astype(value.dtype), 0).astype(
        value.dtype
    )


def shr(value: Any, by: Any) -> Any:
    bits = value.itemsize * 8
    found = value >> np.minimum(by, bits - 1).astype(value.dtype)
    return found if value.dtype.kind == "i" else np.where(by < bits, found, 0).astype(value.dtype)


def insert(a: Any, b: Any, place: int, length: int) -> Any:
    mask = a.dtype.type(((1 << length) - 1) << place)
    return (b & ~mask) | ((a << a.dtype.type(place)) & mask)


def shuffle(value: Any, mask: int) -> Any:
    return value[np.arange(WARP) ^ mask]


def gross_reciprocal(x: Any) -> Any:
    """Of the upper 32 bits alone, and into them."""
    high = np.uint64(0xFFFFFFFF00000000)
    upper = (x.view(np.uint64) & high).view(np.float64)
    return ((1 / upper).view(np.uint64) & high).view(np.float64)


def to_tf32(bits: Any) -> Any:
    """To the nearest, ties away from zero; infinities and NaN stay what they are."""
    finite = (bits & np.uint32(0x7F800000)) != np.uint32(0x7F800000)
    return np.where(finite, bits + np.uint32(0x1000), bits) & np.uint32(0xFFFFE000)


def to_bfloat16(bits: Any) -> Any:
    """To the nearest, ties to even."""
    odd = (bits >> np.uint32(16)) & np.uint32(1)
    nan = (bits & np.uint32(0x7FFFFFFF)) > np.uint32(0x7F800000)
    rounded = (bits + np.uint32(0x7FFF) + odd) >> np.uint32(16)
    return np.where(nan, np.uint32(0x7FFF), rounded).astype(np.uint16)


def mma(precision: str, a: Any, b: Any, c: Any) -> Any:
    """Fragments as PTX ISA, "Matrix Fragments for mma.m16n8k16" and "… mma.m16n8k8", says."""
    lane = np.arange(WARP)
    group, q = lane >> 2, lane & 3
    per, parts = (1, 4) if precision == "tf32" else (2, 8)
    depth = 4 * per * 2
    left, right = np.zeros((16, depth)), np.zeros((depth, 8))
    for n, bits in enumerate(a):
        for part, numbers in enumerate(_numbers(precision, bits)):
            left[group + 8 * (n & 1), per * q + part + parts * (n >> 1)] = numbers
    for n, bits in enumerate(b):
        for part, numbers in enumerate(_numbers(precision, bits)):
            right[per * q + part + parts * n, group] = numbers
    product = left @ right
    places = [(group, 2 * q), (group, 2 * q + 1), (group + 8, 2 * q), (group + 8, 2 * q + 1)]
    return [(product[at] + old).astype(np.float32) for at, old in zip(places, c, strict=True)]


def _numbers(precision: str, bits: Any) -> list[Any]:
    """What a register of a fragment holds: one number, or the lower and the upper of two."""
    if precision == "tf32":
        return [(bits & np.uint32(0xFFFFE000)).view(np.float32)]
    halves = [bits & np.uint32(0xFFFF), bits >> np.uint32(16)]
    if precision == "bfloat16":
        return [(half << np.uint32(16)).view(np.float32) for half in halves]
    return [half.astype(np.uint16).view(np.float16) for half in halves]
