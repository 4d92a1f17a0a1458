"""What a network can be asked to learn: the field's tests, each as a source of sequences.

A lag is the number of steps over which something has to be remembered.  Every task says what that
is in its sequences; the tasks that read data have none.
"""

from collections.abc import Callable

from ..errors import UsageError, unknown
from . import (
    adding,
    characters,
    copying,
    delayed_xor,
    parity,
    sunspots,
    tagging,
    temporal_order,
    two_sequence,
)
from .task import Batch, Goal, Task

__all__ = ["LAGGED", "NAMES", "READ", "Batch", "Goal", "Task", "load"]

MIN_LAG = 10
MAX_LAG = 1_000_000

LAGGED: dict[str, Callable[..., Task]] = {
    "adding": adding.task,
    "temporal-order": temporal_order.task,
    "copy": copying.task,
    "two-sequence": two_sequence.task,
    "delayed-xor": delayed_xor.task,
    "parity": parity.task,
    "tagging": tagging.task,
}
READ: dict[str, Callable[[], Task]] = {
    "sunspots": sunspots.task,
    "characters": characters.task,
}
NAMES = (*LAGGED, *READ)


def load(name: str, *, lag: int | None = None) -> Task:
    """A task by its name; without a lag, with that of the task.  Raises ``UsageError``."""
    if name not in NAMES:
        raise UsageError(unknown("task", name, NAMES))
    if lag is None:
        return {**LAGGED, **READ}[name]()
    if name in READ:
        known = ", ".join(LAGGED)
        raise UsageError(f"task {name}: expected no lag, got {lag}; those with one: {known}")
    if not MIN_LAG <= lag <= MAX_LAG:
        raise UsageError(f"task {name}: expected a lag of {MIN_LAG} to {MAX_LAG} steps, got {lag}")
    return LAGGED[name](lag)
