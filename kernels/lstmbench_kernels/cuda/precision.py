"""The precisions: how numbers are stored, multiplied and summed."""

from typing import NamedTuple

CHUNK_BYTES = 64  # of each row that one product step of a warp reads: 16 for each of four lanes


class Precision(NamedTuple):
    """One precision.

    Attributes:
        name: of the layer's ``dtype``.
        dtype: of arrays on the host.
        storage: kind of a stored number: what is loaded and saved.
        sum: kind of sums, of the elementwise step and of the state of an LSTM.
        tensor_cores: whether products are ``mma`` of the tensor cores, or fused multiply-adds.
    """

    name: str
    dtype: str
    storage: str
    sum: str
    tensor_cores: bool

    @property
    def item_bytes(self) -> int:
        return {"u16": 2, "f32": 4, "f64": 8}[self.storage]

    @property
    def sum_bytes(self) -> int:
        return 8 if self.sum == "f64" else 4

    @property
    def bits(self) -> str:
        """Kind of a stored number in a register, until it is ``loaded``."""
        return "u32" if self.storage == "u16" else self.storage

    @property
    def chunk(self) -> int:
        """Elements of a row in one product step."""
        return CHUNK_BYTES // self.item_bytes


PRECISIONS = {
    precision.name: precision
    for precision in (
        Precision("float32", "float32", "f32", "f32", False),
        Precision("float64", "float64", "f64", "f64", False),
        Precision("tf32", "float32", "f32", "f32", True),
        Precision("float16", "float16", "u16", "f32", True),
        Precision("bfloat16", "bfloat16", "u16", "f32", True),
    )
}


def stored(emit, precision, value):
    """A sum as it is stored."""
    return emit.narrow(precision.name, value) if precision.storage == "u16" else value


def as_operand(emit, precision, value):
    """A sum as it is stored to be multiplied."""
    if precision.name == "tf32":
        return emit.round_tf32(value)
    return stored(emit, precision, value)


def loaded(emit, precision, value):
    """What was stored, as a number to compute with."""
    return emit.widen(precision.name, value) if precision.storage == "u16" else value
