"""What one layer of a cell takes, in numbers that follow from its shapes."""

from dataclasses import dataclass

from lstmbench_kernels.spec import CELLS, RNN_TANH, Shape, multiply_adds, num_parameters

from .workload import split_cell_name


@dataclass(frozen=True)
class Counts:
    """One layer of a cell; what is ``_ratio`` is beside a plain RNN of the same sizes."""

    name: str
    gates: int
    directions: int
    input_size: int
    hidden_size: int
    parameters: int
    parameters_ratio: float
    multiply_adds: int
    """Of the matrix products, forward, a step of one sequence."""
    multiply_adds_ratio: float

    @property
    def description(self) -> str:
        """The same for a person."""
        return (
            f"{self.gates} gate{'s' if self.gates > 1 else ''}"
            f"{' in 2 directions' if self.directions > 1 else ''}, "
            f"parameters {self.parameters_ratio:g}x, multiply-adds {self.multiply_adds_ratio:g}x "
            f"of {RNN_TANH.name} ({self.parameters} and {self.multiply_adds} a step at "
            f"I {self.input_size}, H {self.hidden_size})"
        )


def counts(name: str, *, input_size: int = 64, hidden_size: int = 64) -> Counts:
    """Of a cell by the name that a person types; raises ``UsageError``."""
    cell, bidirectional = split_cell_name(name)
    shape = Shape(1, 1, input_size, hidden_size, bidirectional=bidirectional)
    plain = Shape(1, 1, input_size, hidden_size)
    parameters, products = num_parameters(CELLS[cell], shape), multiply_adds(CELLS[cell], shape)
    return Counts(
        name=name,
        gates=CELLS[cell].num_gates,
        directions=shape.num_directions,
        input_size=input_size,
        hidden_size=hidden_size,
        parameters=parameters,
        parameters_ratio=parameters / num_parameters(RNN_TANH, plain),
        multiply_adds=products,
        multiply_adds_ratio=products / multiply_adds(RNN_TANH, plain),
    )
