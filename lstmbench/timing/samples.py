"""Many times of one row, in little memory."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ..model import Duration
from ..units import Seconds


class Samples(Sequence[Seconds]):
    """A tuple of seconds that takes 8 bytes for each; one of Python's takes 32."""

    __slots__ = ("_seconds",)

    def __init__(self, seconds: Iterable[Seconds] = ()) -> None:
        self._seconds = array("d", seconds)

    @overload
    def __getitem__(self, at: int) -> Seconds: ...
    @overload
    def __getitem__(self, at: slice) -> "Samples": ...
    def __getitem__(self, at: int | slice) -> "Seconds | Samples":
        return Samples(self._seconds[at]) if isinstance(at, slice) else self._seconds[at]

    def __len__(self) -> int:
        return len(self._seconds)

    def __iter__(self) -> Iterator[Seconds]:
        return iter(self._seconds)

    def __array__(self, dtype: Any = None, *, copy: bool | None = None) -> npt.NDArray[np.float64]:
        view = np.asarray(self._seconds)
        view.setflags(write=False)
        return np.array(view, dtype, copy=copy)

    def __add__(self, others: Sequence[Seconds]) -> "Samples":
        return Samples((*self, *others))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Samples | tuple):
            return tuple(self) == tuple(other)
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """In a file they are an array of durations; a record takes a tuple of them too."""
        from_file = core_schema.no_info_after_validator_function(cls, handler(tuple[Duration, ...]))
        return core_schema.json_or_python_schema(
            json_schema=from_file,
            python_schema=core_schema.no_info_before_validator_function(_as_tuple, from_file),
            serialization=core_schema.plain_serializer_function_ser_schema(
                list, return_schema=core_schema.list_schema(core_schema.float_schema())
            ),
        )


def _as_tuple(given: object) -> object:
    return tuple(given) if isinstance(given, Samples) else given
