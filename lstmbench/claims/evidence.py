"""What claims are judged by: the files of every experiment, by its name.

Of ``FILE.json`` they are in the folder ``FILE`` beside it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..gradients.records import GradientsFile
from ..guessing.records import GuessesFile
from ..learning.records import Group, LearningFile
from ..model import Model
from ..records import Result
from ..result import content, validated
from .records import Exhibit

KINDS: Mapping[str, tuple[type[Model], str]] = {
    "learning": (LearningFile, "an lstmbench learning file"),
    "gradients": (GradientsFile, "an lstmbench file of gradients"),
    "guesses": (GuessesFile, "an lstmbench file of guesses"),
    "result": (Result, "an lstmbench result file"),
}


@dataclass(frozen=True)
class Evidence:
    """Files as they are read; where an experiment was not run its name is missing."""

    learning: Mapping[str, LearningFile] = field(default_factory=dict)
    gradients: Mapping[str, GradientsFile] = field(default_factory=dict)
    guesses: Mapping[str, GuessesFile] = field(default_factory=dict)
    result: Mapping[str, Result] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        """Those that are there."""
        parts = (self.learning, self.gradients, self.guesses, self.result)
        return frozenset(name for part in parts for name in part)

    def group(self, name: str, cell: str) -> Group:
        """The trials of one cell in one experiment, over their seeds."""
        return next(group for group in self.learning[name].groups if group.cell == cell)


def folder(output: Path) -> Path:
    """Where the evidence of a file of claims is."""
    return output.with_suffix("")


def load(output: Path, exhibits: Iterable[Exhibit]) -> Evidence:
    """The evidence of a file of claims; raises ``ResultFormatError``."""
    parts: dict[str, dict[str, Any]] = {kind: {} for kind in KINDS}
    for each in exhibits:
        path = folder(output) / f"{each.name}.json"
        parts[each.kind][each.name] = read(path, each.kind)
    return Evidence(**parts)


def read(path: Path, kind: str) -> Any:
    """One file of a kind; raises ``ResultFormatError``."""
    return validated(path, content(path), *KINDS[kind])
