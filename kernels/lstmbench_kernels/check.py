"""The one place that raises about sizes, names, shapes and dtypes.  Kernels never raise."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dtypes import ARRAY_DTYPES
from .spec import CellSpec, Dims, Shape

Array = NDArray[Any]

CPU_DTYPES = ("float32", "float64")


def check_size(name: str, value: Any, minimum: int = 1) -> int:
    """An integer of at least ``minimum``."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name}: expected an integer, got {value!r}")
    if value < minimum:
        raise ValueError(f"{name}: expected at least {minimum}, got {value}")
    return int(value)


def check_sizes(
    input_size: Any, hidden_size: Any, num_layers: Any, bidirectional: bool, bias: bool
) -> Shape:
    """The shape of a network that has seen no batch yet."""
    return Shape(
        seq_len=1,
        batch_size=1,
        input_size=check_size("input_size", input_size),
        hidden_size=check_size("hidden_size", hidden_size),
        num_layers=check_size("num_layers", num_layers),
        bidirectional=bool(bidirectional),
        bias=bool(bias),
    )


def check_choice(name: str, value: str, choices: tuple[str, ...]) -> str:
    """One of a few words."""
    if value not in choices:
        raise ValueError(f"{name}: expected {' or '.join(map(repr, choices))}, got {value!r}")
    return value


def check_dtype(dtype: Any, device: str) -> str:
    """A precision that the device has, given as a name or as anything NumPy takes for one."""
    known = CPU_DTYPES if device == "cpu" else tuple(ARRAY_DTYPES)
    name: str
    if isinstance(dtype, str) and dtype in known:
        name = dtype
    else:
        try:
            name = np.dtype(dtype).name
        except TypeError:
            name = repr(dtype)
    if name not in known:
        choices = ", ".join(map(repr, known[:-1])) + f" or {known[-1]!r}"
        elsewhere = " on 'cpu'" if name in ARRAY_DTYPES else ""
        raise ValueError(f"dtype: expected {choices}{elsewhere}, got {name}")
    return name


def check_array(
    name: str, value: Any, symbols: str, dims: tuple[int | str, ...], dtype: str
) -> Array:
    """An array of this dtype and shape, in which a letter stands for any size from 1 on.

    ``symbols`` is the shape in letters, for the message.
    """
    if not isinstance(value, np.ndarray):
        raise TypeError(f"{name}: expected a NumPy array of {dtype}, got {_kind(value)}")
    if value.dtype != dtype:
        raise TypeError(
            f"{name}: expected {dtype}, got {value.dtype}; convert with .astype('{dtype}')"
        )
    fits = len(value.shape) == len(dims) and all(
        size >= 1 if isinstance(wanted, str) else size == wanted
        for size, wanted in zip(value.shape, dims, strict=True)
    )
    if not fits:
        expected = f"({', '.join(map(str, dims))}{',' if len(dims) == 1 else ''})"
        raise ValueError(f"{name}: expected {symbols} = {expected}, got {value.shape}")
    return value


def check_out(name: str, value: Any, symbols: str, dims: Dims, dtype: str) -> Array:
    """An array to write into: C-contiguous and writeable as well."""
    array = check_array(f"out: {name}", value, symbols, dims, dtype)
    if not (array.flags.c_contiguous and array.flags.writeable):
        raise ValueError(f"out: {name}: expected a C-contiguous, writeable array")
    return array


def whole_numbers(name: str, value: Any) -> NDArray[np.int64]:
    """A copy of a row of whole numbers, given as an array or anything NumPy makes one of."""
    numbers = np.asarray(value)
    if numbers.ndim != 1 or not np.issubdtype(numbers.dtype, np.integer):
        raise TypeError(
            f"{name}: expected (B,) whole numbers, got {numbers.dtype} of shape {numbers.shape}"
        )
    return numbers.astype(np.int64)


def check_lengths(lengths: NDArray[np.int64], shape: Shape) -> None:
    """One length for each sequence, of at least one step and at most all."""
    T, B = shape.seq_len, shape.batch_size
    if len(lengths) != B:
        raise ValueError(f"lengths: expected (B,) = ({B},), got ({len(lengths)},)")
    if not 1 <= lengths.min() <= lengths.max() <= T:
        raise ValueError(
            f"lengths: expected 1 to {T}, got {int(lengths.min())} to {int(lengths.max())}"
        )


def parameter_symbols(cell: CellSpec, shape: Shape) -> dict[str, str]:
    """The shape of each parameter in letters, for messages."""
    G = "" if cell.num_gates == 1 else f"{cell.num_gates}*"
    symbols = {}
    for layer, _, suffix in shape.layers():
        columns = "I" if layer == 0 else "2*H" if shape.bidirectional else "H"
        symbols["weight_ih" + suffix] = f"({G}H, {columns})"
        symbols["weight_hh" + suffix] = f"({G}H, H)"
        symbols["bias_ih" + suffix] = symbols["bias_hh" + suffix] = f"({G}H,)"
    return symbols


def check_names(given: Mapping[str, Any], expected: Mapping[str, Any], what: str) -> None:
    """Exactly the expected names."""
    missing = [name for name in expected if name not in given]
    if missing:
        raise ValueError(f"{what}: missing {', '.join(missing)}")
    unexpected = [str(name) for name in given if name not in expected]
    if unexpected:
        raise ValueError(
            f"{what}: unexpected {', '.join(unexpected)}; expected {', '.join(expected)}"
        )


def _kind(value: Any) -> str:
    return "None" if value is None else f"{type(value).__module__}.{type(value).__qualname__}"
