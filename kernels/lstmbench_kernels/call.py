"""One call of a layer: which arrays it reads and writes, and whether it is the same again."""

from operator import is_
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .spec import Shape


class Call:
    """The arrays of one call, checked: those it reads, and those it writes; and its lengths.

    A call that is given the very same arrays again need not be checked and bound again, which takes
    longer than a small network.
    """

    def __init__(
        self,
        given: list[Any],
        read: dict[str, Any],
        written: dict[str, Any],
        shape: Shape,
        memory: Any,
        lengths: NDArray[np.int64] | None = None,
    ) -> None:
        self.given, self.read, self.written, self.shape = given, read, written, shape
        self.lengths = lengths
        self.results = {name: memory.result(array) for name, array in written.items()}
        self.states: Any = None  # of the results, as the caller gets them
        self.places = memory.places(given)
        self._memory = memory
        # Only where nothing was copied or made can the next call use the same arrays.
        own = {id(item) for item in given}
        arrays = [*map(memory.result, read.values()), *self.results.values()]
        self.whole = all(id(array) in own for array in arrays)

    def repeats(self, given: list[Any], lengths: NDArray[np.int64] | None = None) -> bool:
        """Whether these are the same objects in the same places, of the same shapes and lengths."""
        if lengths is not self.lengths and (
            lengths is None or self.lengths is None or not np.array_equal(lengths, self.lengths)
        ):
            return False
        return (
            len(given) == len(self.given)
            and all(map(is_, given, self.given))
            and self._memory.places(given) == self.places
        )


def leaves(*values: Any) -> list[Any]:
    """Everything inside nested tuples, lists and dictionaries, and their outlines."""
    found: list[Any] = []
    for value in values:
        if isinstance(value, tuple | list):
            found += [len(value), *leaves(*value)]
        elif isinstance(value, dict):
            found += [len(value), *value, *value.values()]
        else:
            found.append(value)
    return found


def describe(value: Any) -> str:
    """A wrong argument, for a message."""
    if isinstance(value, tuple | list):
        return f"{len(value)} items"
    return f"{type(value).__module__}.{type(value).__qualname__}"
