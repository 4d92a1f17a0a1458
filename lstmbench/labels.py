"""Labels: ``numba-cpu@again`` is a second backend of the kind ``numba-cpu``, with its own name."""

from collections.abc import Iterable

AT = "@"


def kind_of(backend: str) -> str:
    """The name of a backend without its label."""
    return backend.partition(AT)[0]


def first_of_kinds(backends: Iterable[str]) -> dict[str, str]:
    """Each kind of some backends, and the first that is of it."""
    found: dict[str, str] = {}
    for name in backends:
        found.setdefault(kind_of(name), name)
    return found
