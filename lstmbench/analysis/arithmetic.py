"""The arithmetic that rows were really computed in, beside the precision that their ids name."""

from collections.abc import Iterable

from ..records import Row


def multiplied(precision: str) -> str:
    """What the products multiply, from what a step says of its precision."""
    return precision.partition(":")[0]


def differs(row: Row) -> bool:
    """Whether a row was computed in another precision than its id names."""
    return row.precision is not None and multiplied(row.precision) != row.dtype


def by_backend(rows: Iterable[Row]) -> dict[str, list[str]]:
    """What each backend says of its precision, each text once; who says nothing is left out."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        if row.precision is not None:
            found.setdefault(row.backend, {})[row.precision] = None
    return {backend: list(texts) for backend, texts in found.items()}


def others(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """The rows that were computed in another precision, by backend and what it says."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.precision is not None and differs(row):
            found.setdefault((row.backend, row.precision), []).append(row)
    return found
