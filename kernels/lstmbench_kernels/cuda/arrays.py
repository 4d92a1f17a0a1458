"""Arrays that a layer on the device takes and gives: on the host, or on the device as they are."""

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..check import check_array, check_out
from ..dtypes import numpy_dtype
from . import ops

Array = NDArray[Any]


class DeviceArray:
    """A C-contiguous array on the device, as PyTorch, CuPy and Numba read it without a copy.

    ``__cuda_array_interface__`` has no name for bfloat16, which goes by as 16 bits.
    """

    def __init__(self, shape: tuple[int, ...], dtype: str) -> None:
        self.shape, self.dtype = shape, numpy_dtype(dtype)
        self.nbytes = prod(shape) * self.dtype.itemsize
        self._buffer = ops.allocate(self.nbytes)
        self.address = self._buffer.address

    @property
    def __cuda_array_interface__(self) -> dict[str, Any]:
        typestr = "<u2" if self.dtype.name == "bfloat16" else self.dtype.str
        return {
            "shape": self.shape,
            "typestr": typestr,
            "data": (self.address, False),
            "strides": None,
            "version": 3,
        }

    def to_host(self, stream: Any = None) -> Array:
        """A copy, once the stream has come so far."""
        found = np.empty(self.shape, self.dtype)
        ops.download(found, self.address, stream)
        return found


def to_device(array: Array) -> DeviceArray:
    """A copy on the device."""
    found = DeviceArray(array.shape, array.dtype.name)
    ops.upload(found.address, np.ascontiguousarray(array), None)
    return found


class Operand:
    """One array of a call, checked: where it lies on the device.

    Attributes:
        given: what the caller passed, or gets.
        host: the host array to copy from or to, where it lies there.
    """

    def __init__(
        self,
        given: Any,
        address: int,
        shape: tuple[int, ...],
        strides: tuple[int, ...],
        host: Array | None = None,
        owner: Any = None,
    ) -> None:
        self.given, self.address, self.shape, self.strides = given, address, shape, strides
        self.host, self._owner = host, owner

    @property
    def extent(self) -> tuple[int, int]:
        """The addresses from its first byte to its last."""
        last = sum(step * (size - 1) for step, size in zip(self.strides, self.shape, strict=True))
        return self.address, self.address + last


class DeviceMemory:
    """How a layer on the device checks and makes arrays."""

    def __init__(self, dtype: str) -> None:
        self.dtype = dtype

    def take(
        self,
        name: str,
        value: Any,
        symbols: str,
        dims: tuple[int | str, ...],
        *,
        rows: bool,  # noqa: ARG002  the device reads whole arrays
    ) -> Operand:
        """An array to read; one on the device must be C-contiguous."""
        if isinstance(value, np.ndarray):
            return self._staged(
                np.ascontiguousarray(check_array(name, value, symbols, dims, self.dtype))
            )
        operand = self._view(name, value, symbols, dims)
        if operand.strides != _contiguous(operand.shape, numpy_dtype(self.dtype).itemsize):
            raise ValueError(f"{name}: expected a C-contiguous device array; copy it first")
        return operand

    def take_out(self, name: str, value: Any, symbols: str, dims: tuple[int, ...]) -> Operand:
        """An array to write into: C-contiguous and writeable as well."""
        if isinstance(value, np.ndarray):
            return self._staged(check_out(name, value, symbols, dims, self.dtype))
        operand = self._view(f"out: {name}", value, symbols, dims)
        item = numpy_dtype(self.dtype).itemsize
        if operand.strides != _contiguous(operand.shape, item):
            raise ValueError(f"out: {name}: expected a C-contiguous, writeable array")
        return operand

    def make(self, dims: tuple[int, ...], like: Any) -> Operand:
        """An array for a result, where ``like`` lies."""
        if isinstance(like, np.ndarray):
            return self._staged(np.empty(dims, numpy_dtype(self.dtype)))
        found = DeviceArray(dims, self.dtype)
        return Operand(
            found, found.address, dims, _contiguous(dims, found.dtype.itemsize), owner=found
        )

    def overlap(self, one: Operand, other: Operand) -> bool:
        """Whether two arrays may share memory."""
        if one.host is not None and other.host is not None:
            return np.may_share_memory(one.host, other.host)
        (a, b), (c, d) = one.extent, other.extent
        return a <= d and c <= b

    def result(self, operand: Operand) -> Any:
        """What the caller passed, or gets."""
        return operand.given

    def places(self, given: list[Any]) -> list[Any]:
        """What may change about arrays that stay the same objects; PyTorch moves its tensors."""
        return [
            (item.shape, item.data_ptr() if hasattr(item, "data_ptr") else None)
            for item in given
            if hasattr(item, "shape")
        ]

    def _staged(self, array: Array) -> Operand:
        buffer = ops.allocate(array.nbytes)
        strides = _contiguous(array.shape, array.itemsize)
        return Operand(array, buffer.address, array.shape, strides, array, buffer)

    def _view(self, name: str, value: Any, symbols: str, dims: tuple[int | str, ...]) -> Operand:
        if isinstance(value, DeviceArray):
            address, shape, dtype = value.address, value.shape, value.dtype.name
            strides = _contiguous(shape, value.dtype.itemsize)
            writable = True
        elif hasattr(value, "__dlpack__") or hasattr(value, "__cuda_array_interface__"):
            try:
                address, shape, strides, dtype, writable = ops.view(value)
            except TypeError as error:
                raise TypeError(f"{name}: {error}") from error
        else:
            kind = "None" if value is None else f"{type(value).__module__}.{type(value).__name__}"
            raise TypeError(f"{name}: expected a NumPy or device array, got {kind}")
        wanted = numpy_dtype(self.dtype).name
        if dtype != wanted and not (wanted == "bfloat16" and dtype == "uint16"):
            raise TypeError(f"{name}: expected {wanted}, got {dtype}")
        fits = len(shape) == len(dims) and all(
            size >= 1 if isinstance(each, str) else size == each
            for size, each in zip(shape, dims, strict=True)
        )
        if not fits:
            raise ValueError(
                f"{name}: expected {symbols} = ({', '.join(map(str, dims))}), got {shape}"
            )
        if name.startswith("out: ") and not writable:
            raise ValueError(f"{name}: expected a C-contiguous, writeable array")
        return Operand(value, address, shape, strides, owner=value)


def _contiguous(shape: tuple[int, ...], item: int) -> tuple[int, ...]:
    return tuple(item * prod(shape[axis + 1 :]) for axis in range(len(shape)))
