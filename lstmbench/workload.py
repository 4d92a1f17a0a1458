"""What to run: one workload, its id, what it costs, and the sweep a person asks for."""

# T = seq_len, B = batch_size, I = input_size, H = hidden_size, D = num_directions, L = num_layers

import re
from dataclasses import dataclass
from math import prod

from lstmbench_kernels.spec import (
    CELLS,
    CellSpec,
    Shape,
    gradient_shapes,
    input_shapes,
    multiply_adds,
    output_shapes,
    parameter_shapes,
)

from .errors import UsageError, unknown
from .precision import PRECISIONS

MODES = ("infer", "train", "forward", "backward")
DTYPES = tuple(PRECISIONS)
DATA = ("random", "sunspots")
CELL_NAMES = tuple(name + suffix for name in CELLS for suffix in ("", "-bi"))
MAX_SIZE = 2**31 - 1
SUNSPOT_YEARS = 309

_SIZES = "".join(
    rf"-{letter}(?P<{name}>0|[1-9]\d{{0,9}})"
    for letter, name in (
        ("T", "seq_len"),
        ("B", "batch_size"),
        ("I", "input_size"),
        ("H", "hidden_size"),
        ("L", "num_layers"),
    )
)
_ID = re.compile(
    rf"(?P<cell>[a-z-]+)/(?P<mode>[a-z]+)/{_SIZES[1:]}(?P<no_bias>-nobias)?/(?P<dtype>[a-z0-9]+)",
    re.ASCII,
)
# No size has as many digits as this allows.
_PIECE = re.compile(r"\s*(\d{1,12})(?::(\d{1,12})(?::(x?)(\d{1,12}))?)?\s*", re.ASCII)


# The id of a row, its data and its lengths.
RowName = tuple[str, str, str]


@dataclass(frozen=True)
class Workload:
    """One row's work: a cell, a mode, the sizes, a precision and the kind of data.

    ``mode`` is what a timed call does: ``infer`` (forward, nothing saved), ``train`` (forward and
    backward with all gradients), ``forward`` (forward that saves for backward) or ``backward``.
    ``lengths`` says what the lengths of the sequences are (``lengths.py``), ``steps`` is each one;
    empty where all are ``seq_len``.
    """

    cell: str
    mode: str
    seq_len: int
    batch_size: int
    input_size: int
    hidden_size: int
    bidirectional: bool = False
    num_layers: int = 1
    bias: bool = True
    dtype: str = "float32"
    data: str = "random"
    lengths: str = "full"
    steps: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for what, got, known in (
            ("cell", self.cell, tuple(CELLS)),
            ("mode", self.mode, MODES),
            ("dtype", self.dtype, DTYPES),
            ("data", self.data, DATA),
        ):
            if got not in known:
                raise UsageError(unknown(what, got, known))
        for what in ("seq_len", "batch_size", "input_size", "hidden_size", "num_layers"):
            size = getattr(self, what)
            if not 1 <= size <= MAX_SIZE:
                raise UsageError(f"{what}: expected 1 to {MAX_SIZE}, got {size}")
        if self.data == "sunspots" and self.input_size != 1:
            raise UsageError(
                f"data: sunspots is one number a step and needs input_size 1, got {self.input_size}"
            )
        if self.data == "sunspots" and self.seq_len > SUNSPOT_YEARS:
            raise UsageError(
                f"data: sunspots are of {SUNSPOT_YEARS} years, got seq_len {self.seq_len}"
            )
        if bool(self.steps) != (self.lengths != "full"):
            raise UsageError(
                f"steps: expected none where lengths is full, and else each, got {self.lengths!r} "
                f"and {len(self.steps)}"
            )
        if self.steps and (
            len(self.steps) != self.batch_size
            or not 1 <= min(self.steps) <= max(self.steps) <= self.seq_len
        ):
            raise UsageError(
                f"steps: expected {self.batch_size} of 1 to {self.seq_len}, got {len(self.steps)} "
                f"of {min(self.steps)} to {max(self.steps)}"
            )

    @property
    def spec(self) -> CellSpec:
        return CELLS[self.cell]

    @property
    def shape(self) -> Shape:
        return Shape(
            self.seq_len,
            self.batch_size,
            self.input_size,
            self.hidden_size,
            self.num_layers,
            self.bidirectional,
            self.bias,
        )

    @property
    def cell_name(self) -> str:
        """The cell as a person types it: ``lstm``, or ``lstm-bi`` for both directions."""
        return self.cell + ("-bi" if self.bidirectional else "")

    @property
    def sizes(self) -> str:
        no_bias = "" if self.bias else "-nobias"
        return (
            f"T{self.seq_len}-B{self.batch_size}-I{self.input_size}-H{self.hidden_size}"
            f"-L{self.num_layers}{no_bias}"
        )

    @property
    def id(self) -> str:
        """The row id, for example ``lstm-bi/train/T128-B32-I64-H256-L1/float32``."""
        return f"{self.cell_name}/{self.mode}/{self.sizes}/{self.dtype}"

    @property
    def name(self) -> "RowName":
        """What tells it from every other workload: the id, the data, and what the lengths are."""
        return (self.id, self.data, self.lengths)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the id does not say: the data where they are not random, and unequal lengths."""
        data = () if self.data == "random" else (self.data,)
        return data if self.lengths == "full" else (*data, f"lengths {self.lengths}")

    @property
    def valid_steps(self) -> int:
        """Time-steps of all sequences together, padding left out."""
        return sum(self.steps) if self.steps else self.seq_len * self.batch_size

    @property
    def has_gradients(self) -> bool:
        return self.mode in ("train", "backward")


def parse_id(row_id: str) -> Workload:
    """The workload that an id names, of random data and full lengths; raises ``UsageError``."""
    match = _ID.fullmatch(row_id)
    if match is None:
        raise UsageError(
            f"row id: expected CELL/MODE/T..-B..-I..-H..-L../DTYPE, "
            f"such as lstm-bi/train/T128-B32-I64-H256-L1/float32, got {row_id!r}"
        )
    cell, bidirectional = split_cell_name(match["cell"])
    return Workload(
        cell=cell,
        mode=match["mode"],
        seq_len=int(match["seq_len"]),
        batch_size=int(match["batch_size"]),
        input_size=int(match["input_size"]),
        hidden_size=int(match["hidden_size"]),
        bidirectional=bidirectional,
        num_layers=int(match["num_layers"]),
        bias=match["no_bias"] is None,
        dtype=match["dtype"],
    )


def split_cell_name(name: str) -> tuple[str, bool]:
    """``lstm-bi`` is ``("lstm", True)``; raises ``UsageError`` with the nearest match."""
    if name not in CELL_NAMES:
        raise UsageError(unknown("cell", name, CELL_NAMES))
    cell = name.removesuffix("-bi")
    return cell, cell != name


def combination(workload: Workload, axis: str | None) -> tuple[tuple[str, object], ...]:
    """All that a workload was chosen by, but for its size along an axis."""
    return tuple(
        (name, value) for name, value in vars(workload).items() if name not in (axis, "steps")
    )


def flops(workload: Workload) -> int:
    """Floating-point operations of the matrix products of one timed call, padding left out.

    Forward: two for each multiply-add.  Backward: twice that (the gradients of the operands of
    each product).  Elementwise work is not counted.
    """
    forward = 2 * multiply_adds(workload.spec, workload.shape) * workload.valid_steps
    return forward * {"infer": 1, "forward": 1, "backward": 2, "train": 3}[workload.mode]


def memory_bytes(workload: Workload) -> int:
    """An estimate of the memory one row needs, verification against the oracle included.

    Counts every named array, and for each layer the projected input, the gates and the states that
    backward needs (the oracle keeps them for inference too), in the row's dtype for the backend and
    again for the oracle's runs in float64 and in the working precision, float32 at least.
    """
    cell, shape = workload.spec, workload.shape
    named = [input_shapes(cell, shape), parameter_shapes(cell, shape), output_shapes(cell, shape)]
    if workload.has_gradients:
        named += [gradient_shapes(cell, shape), output_shapes(cell, shape)]
    elements = sum(prod(dims) for shapes in named for dims in shapes.values())
    per_step = (2 * cell.num_gates + len(cell.states)) * shape.hidden_size
    elements += (
        shape.seq_len * shape.batch_size * per_step * shape.num_directions * shape.num_layers
    )
    itemsize = PRECISIONS[workload.dtype].itemsize
    return elements * (itemsize + max(itemsize, 4) + 8)


def parse_axis(name: str, text: str) -> tuple[int, ...]:
    """Sizes from ``32,64,128``, ``1:64:x2`` (each twice the last) or ``10:50:20`` (steps of 20).

    Pieces may be mixed with commas; ends are included where they are met.  Raises ``UsageError``.
    """
    values: list[int] = []
    for piece in text.split(","):
        match = _PIECE.fullmatch(piece)
        if match is None:
            raise UsageError(
                f"{name}: expected sizes such as 32,64 or a range 1:64:x2 or 10:50:20, "
                f"got {piece.strip()[:40]!r}"
            )
        start = int(match[1])
        stop = int(match[2] or start)
        factor, step = match[3] == "x", int(match[4] or 1)
        if start < 1 or stop > MAX_SIZE:
            raise UsageError(f"{name}: expected sizes from 1 to {MAX_SIZE}, got {piece.strip()!r}")
        if stop < start or step < (2 if factor else 1):
            raise UsageError(f"{name}: the range {piece.strip()!r} never reaches its end")
        count = len(values)
        while start <= stop:
            values.append(start)
            start = start * step if factor else start + step
            if len(values) - count > 1000:
                raise UsageError(f"{name}: the range {piece.strip()!r} has more than 1000 sizes")
    return tuple(dict.fromkeys(values))
