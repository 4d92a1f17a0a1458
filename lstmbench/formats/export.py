"""Result files as other tools take them: which formats there are."""

from collections.abc import Callable, Mapping

from ..errors import UsageError, unknown
from . import asv, csv_table, github_action, pyperf, pytest_benchmark
from .measured import Measured

FORMATS: Mapping[str, Callable[[Measured], str]] = {
    "pytest-benchmark": pytest_benchmark.text,
    "pyperf": pyperf.text,
    "asv": asv.text,
    "github-action-benchmark": github_action.text,
    "csv": csv_table.text,
}


def export(measured: Measured, to: str) -> str:
    """The text of a file of that format; raises ``UsageError`` where there is nothing to say."""
    if to not in FORMATS:
        raise UsageError(unknown("--to", to, FORMATS))
    if not measured.rows:
        raise UsageError("export: expected at least one row with a time and samples, got none")
    return FORMATS[to](measured)
