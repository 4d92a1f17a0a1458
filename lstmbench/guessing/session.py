"""One run of `lstmbench guess`, from its options to its file and its page."""

from collections.abc import Callable
from pathlib import Path

from .. import origin
from ..learning.lesson import lesson
from ..machine.environment import describe
from ..report.shelf import write_page
from ..result import write_atomically
from ..tasks import load
from . import network, page, search
from .records import Guess, GuessesFile, Settings


def measure(
    task: str,
    *,
    lag: int | None,
    seeds: int,
    max_guesses: int,
    watch: Callable[[Guess], object] = id,
) -> GuessesFile:
    """Everything that is asked for, with where and when; ``watch`` sees each seed as it ends.

    Raises ``UsageError`` where the task is none for such networks.
    """
    to_solve = load(task, lag=lag)
    settings = Settings(
        task=task,
        lag=lag,
        network=network.DESCRIPTION,
        weight_range=network.RANGE,
        sequences=search.SEQUENCES,
        near=search.NEAR,
        target=to_solve.goal.below,
        seeds=seeds,
        max_guesses=max_guesses,
    )
    created, guesses = origin.now(), []
    for guess in search.run(to_solve, settings):
        watch(guess)
        guesses.append(guess)
    return GuessesFile(
        created=created,
        command=origin.command(),
        environment=describe(),
        settings=settings,
        lesson=lesson(to_solve),
        guesses=tuple(guesses),
    )


def write(output: Path, file: GuessesFile) -> None:
    """The file, and the page beside it; raises ``OutputError``."""
    write_atomically(output, file.as_file())
    write_page(output.with_suffix(".md"), lambda _: page.page(file))
