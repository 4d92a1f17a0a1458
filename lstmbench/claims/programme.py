"""What is run for the claims: commands by name, from ``plans/full.toml`` or ``quick.toml``."""

import shlex
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from itertools import product
from typing import Any

from .recipe import PREFIX
from .records import Kind

# The kind of file that each command writes.
KINDS: dict[str, Kind] = {
    "learn": "learning",
    "gradients": "gradients",
    "guess": "guesses",
    "run": "result",
}


@dataclass(frozen=True)
class Experiment:
    """One command of lstmbench.

    ``paged`` is whether it writes a page beside its file; else its standard output is the file.
    """

    name: str
    what: str
    arguments: tuple[str, ...]
    paged: bool = True

    @property
    def kind(self) -> Kind:
        """Of its file."""
        return KINDS[self.arguments[0]]

    @property
    def line(self) -> tuple[str, ...]:
        """All arguments, when it is run in the folder of its file."""
        ending = ("-o", f"{self.name}.json") if self.paged else ("--json",)
        return (*self.arguments, *ending)


def programme(*, quick: bool) -> tuple[Experiment, ...]:
    """All experiments, in their order."""
    name = f"{'quick' if quick else 'full'}.toml"
    text = resources.files(__package__).joinpath("plans", name).read_text(encoding="utf-8")
    return tuple(_experiments(tomllib.loads(text)))


def _experiments(plan: Mapping[str, Mapping[str, Any]]) -> Iterator[Experiment]:
    for name, given in plan.items():
        arguments = tuple(shlex.split(given["command"]))
        if "corners" in given:
            yield from _corners(arguments, given)
        else:
            yield Experiment(name, given["what"], arguments)


def _corners(arguments: tuple[str, ...], box: Mapping[str, Any]) -> Iterator[Experiment]:
    """Every optimiser and rate at every corner.  They are many: none has a page."""
    for optimiser, rate, corner in product(box["optimisers"], box["rates"], box["corners"]):
        chosen = {"optimiser": optimiser, "lr": f"{rate:g}"}
        chosen |= {key: f"{value:g}" for key, value in corner.items()}
        options = (text for key, value in chosen.items() for text in (f"--{key}", value))
        title = f"{PREFIX}{'-'.join(chosen.values())}"
        yield Experiment(title, box["what"], (*arguments, *options), paged=False)
