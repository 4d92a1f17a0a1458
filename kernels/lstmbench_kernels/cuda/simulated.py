"""The kernels' language carried out on the CPU: what a macro does for one simulated thread."""

# Values are whatever a macro makes of them.
# mypy: disable-error-code="no-untyped-def, no-untyped-call"

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from .simulated_memory import HEAP, Memory, SimulationError
from .simulator import current_thread

_NUMBERS = {"f32": np.float32, "f64": np.float64, "u32": int, "i64": int}
_ZEROS = {kind: number(0) for kind, number in _NUMBERS.items()}
_ZERO_F32, _ZERO_F64 = _ZEROS["f32"], _ZEROS["f64"]


class Emit:
    """One macro's expansion, carried out at once by the current thread."""

    # Numbers

    def const(self, kind, value):
        return _ZEROS[kind] if type(value) is int and value == 0 else _NUMBERS[kind](value)

    def add(self, a, b):
        return a + b

    def mul(self, a, b):
        return a * b

    def fma(self, a, b, c):
        """a·b + c; float64 is rounded twice here, float32 but for one sum in 2^29 only once."""
        # Tiny matrices in large tiles are zeros for the most part, and these are dear to multiply.
        if not (a or b):
            if c is _ZERO_F32 or c is _ZERO_F64 or c:
                return c
            return a * b + c  # of two zeros, either of which may be -0
        if isinstance(c, np.float64):
            return a * b + c
        return np.float32(float(a) * float(b) + float(c))

    def exp2(self, x):
        return np.float32(np.exp2(x))

    def reciprocal(self, x):
        return np.float32(1) / x

    def select(self, condition, a, b):
        return a if condition else b

    def below(self, x, bound):
        return bool(x < bound)

    def above_zero(self, x):
        return bool(x > 0)

    def from_int(self, kind, value):
        return self.const(kind, value)

    # Integers

    def iadd(self, a, b):
        return a + b

    def imul(self, a, b):
        return a * b

    def bit(self, value, number):
        return bool(value >> number & 1)

    def less(self, a, b):
        return a < b

    def both(self, a, b):
        return a and b

    def special(self, name):
        me = current_thread()
        register, _, axis = name.partition(".")
        match register:
            case "tid":
                return me.number
            case "ntid":
                return me.count
            case _:
                return me.block.place["xyz".index(axis)]

    # Bits of numbers

    def as_f32(self, bits):
        return _as_f32(bits)

    def as_bits(self, value):
        return int(value.view(np.uint32))

    def as_f64(self, low, high):
        return np.uint64(high << 32 | low).view(np.float64)

    def as_double_bits(self, value):
        whole = int(value.view(np.uint64))
        return [whole & 0xFFFFFFFF, whole >> 32]

    def pair(self, low, high):
        return low | high << 16

    def widen(self, precision, bits):
        if precision == "bfloat16":
            return self.as_f32(bits << 16)
        return _from_float16(bits)

    def narrow(self, precision, value):
        if value != value:
            return 0x7FFF  # the one NaN that the device converts to
        if precision == "bfloat16":
            return _to_bfloat16(self.as_bits(value))
        return int(np.float16(value).view(np.uint16))

    def round_tf32(self, value):
        """Ties away from zero; of an infinity or a NaN the last bits are cut off."""
        bits = self.as_bits(value)
        if bits & 0x7FFFFFFF < 0x7F800000:
            bits += 0x1000
        return self.as_f32(bits & 0xFFFFE000)

    # Memory

    def load(self, space, kind, address, offset=0, when=None):
        if when is not None and not when:
            return self.const("u32" if kind == "u16" else kind, 0)
        view, index = _find(space, address + offset).place(kind, address + offset)
        return view[index] if kind in ("f32", "f64") else view.item(index)

    def load4(self, space, address, offset=0, when=None):
        if when is not None and not when:
            return [0, 0, 0, 0]
        view, index = _find(space, address + offset).place("u32", address + offset, 4)
        return view[index : index + 4].tolist()

    def store(self, space, kind, address, value, offset=0, when=None):
        if when is None or when:
            view, index = _find(space, address + offset).place(kind, address + offset)
            view[index] = value

    def store4(self, space, address, values, offset=0):
        view, index = _find(space, address + offset).place("u32", address + offset, 4)
        view[index : index + 4] = values

    def shared_base(self):
        return current_thread().block.shared.address

    # Other threads

    def shuffle_xor(self, value, mask):
        me = current_thread()
        return me.exchange(value)[me.lane ^ mask]

    def sync_warp(self):
        current_thread().exchange(None)

    def mma(self, precision, sums, a, b):
        me = current_thread()
        number = me.exchanges
        given = me.exchange((a, b))
        if number not in me.warp.results:
            me.warp.results[number] = _product(precision, given)
        product = me.warp.results[number]
        row, column = divmod(me.lane, 4)
        places = [(row, 0), (row, 1), (row + 8, 0), (row + 8, 1)]
        return [
            np.float32(total + product[r, 2 * column + c])
            for total, (r, c) in zip(sums, places, strict=True)
        ]

    def add_release(self, address):
        self.fetch_add(address)

    def fetch_add(self, address):
        view, index = HEAP.find(address).place("u32", address)
        before = int(view[index])
        view[index] = before + 1
        return before

    def load_acquire(self, address):
        me = current_thread()
        me.wait(("turn", address))
        return self.load("global", "u32", address)


@lru_cache(maxsize=1 << 16)
def _as_f32(bits: int) -> Any:
    """Most numbers are read by many threads: looking one up takes a tenth of making it."""
    return np.uint32(bits).view(np.float32)


@lru_cache(maxsize=1 << 16)
def _from_float16(bits: int) -> Any:
    if bits & 0x7FFF > 0x7C00:
        return _as_f32(0x7FFFFFFF)  # the device has one NaN
    return np.float32(np.uint16(bits).view(np.float16))


def _to_bfloat16(bits: int) -> int:
    """The upper half of a float32 that is no NaN, rounded to nearest even."""
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


def _find(space: str, address: int) -> Memory:
    return current_thread().block.shared if space == "shared" else HEAP.find(address)


def _product(precision: str, given: dict[int, Any]) -> Any:
    """a·b from the fragments of 32 lanes, laid out as the PTX ISA says."""
    if precision == "tf32":
        a, b = np.zeros((16, 8)), np.zeros((8, 8))
        # The device ignores the bits that TF32 does not have.
        numbers = {
            lane: [
                [float(np.uint32(x & 0xFFFFE000).view(np.float32)) for x in part] for part in pair
            ]
            for lane, pair in given.items()
        }
        for lane, (left, right) in numbers.items():
            row, column = divmod(lane, 4)
            for n, (r, k) in enumerate([(0, 0), (8, 0), (0, 4), (8, 4)]):
                a[row + r, column + k] = left[n]
            for n, k in enumerate([0, 4]):
                b[column + k, row] = right[n]
        return a @ b
    emit = Emit()
    a, b = np.zeros((16, 16)), np.zeros((16, 8))
    for lane, (left, right) in given.items():
        row, column = divmod(lane, 4)
        for n, (r, k) in enumerate([(0, 0), (8, 0), (0, 8), (8, 8)]):
            for half in (0, 1):
                bits = left[n] >> 16 * half & 0xFFFF
                a[row + r, 2 * column + half + k] = emit.widen(precision, bits)
        for n, k in enumerate([0, 8]):
            for half in (0, 1):
                bits = right[n] >> 16 * half & 0xFFFF
                b[2 * column + half + k, row] = emit.widen(precision, bits)
    return a @ b


def macro(returns: str | None, count: int | None = None) -> Callable[[Any], Any]:
    """A function on ``Emit`` as something that kernels call."""
    emit = Emit()

    def declare(body: Any) -> Any:
        def call(*given: Any) -> Any:
            found = body(emit, *given)
            if returns is None:
                return None
            if count is None:
                return found
            if len(found) != count:
                raise SimulationError(f"{body.__name__}: {len(found)} values, not {count}")
            return tuple(found)

        return call

    return declare


def cooperative() -> None:
    """Have the kernel launched with all of its blocks at work at once, or not at all."""
    current_thread().wait(("cooperative", None))


def sync_block() -> None:
    """Wait for all threads of the block."""
    me = current_thread()
    me.wait(("block", me.block))


def device_function(function: Any) -> Any:
    """A function that kernels call."""
    return function
