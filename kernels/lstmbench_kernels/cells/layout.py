"""Each cell as the loops over time see it: how its sums lie, and what is done with them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from . import gru, lstm, rnn


class Layout(NamedTuple):
    """How the sums of a cell lie side by side in memory: its slots.

    Attributes:
        step: the elementwise step.
        step_gradient: its derivative.
        slots: sums per unit.
        x_gates: gate (in PyTorch's order) whose input product goes to slots 0, 1, …
        h_gates: the same for the product with the hidden state, from slot ``h_first`` on.
        state: whether the elementwise step carries a state of its own besides the products.
        carry_is_h: what step_gradient carries: the hidden state's gradient, or that of ``c``.
    """

    step: Any
    step_gradient: Any
    slots: int
    x_gates: tuple[int, ...]
    h_gates: tuple[int, ...]
    h_first: int
    state: bool
    carry_is_h: bool

    @property
    def slot_numbers(self) -> tuple[int, ...]:
        return tuple(range(self.slots))


LAYOUTS: Mapping[str, Layout] = {
    "rnn-tanh": Layout(rnn.tanh_step, rnn.tanh_step_gradient, 1, (0,), (0,), 0, False, False),
    "rnn-relu": Layout(rnn.relu_step, rnn.relu_step_gradient, 1, (0,), (0,), 0, False, False),
    "lstm": Layout(lstm.step, lstm.step_gradient, 4, (0, 1, 2, 3), (0, 1, 2, 3), 0, True, False),
    "gru": Layout(gru.step, gru.step_gradient, 4, (2, 0, 1), (0, 1, 2), 1, True, True),
}
