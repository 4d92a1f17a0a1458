"""Labels: ``numba-cpu@again`` is a second backend of the kind ``numba-cpu``, with its own name."""

from collections.abc import Iterable

AT = "@"


def kind_of(backend: str) -> str:
    """The name of a backend without its label."""
    return backend.partition(AT)[0]


def first_of_kind(backend: str, among: Iterable[str]) -> str:
    """The first of some backends that is of the same kind; itself where it is that."""
    return next((name for name in among if kind_of(name) == kind_of(backend)), backend)
