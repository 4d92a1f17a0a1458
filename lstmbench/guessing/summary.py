"""What came of guesses, in words."""

from collections.abc import Callable, Sequence
from statistics import median

from ..learning.words import between, number, time
from ..statistics.order import proportion_interval
from .records import Guess, GuessesFile


def facts(file: GuessesFile) -> dict[str, str]:
    """All seeds together, by name: how often it went well, after how many guesses, how fast.

    Guesses, time and score are the median and the range over the seeds that found a network.
    """
    solved, of = sum(each.solved for each in file.guesses), len(file.guesses)
    low, high = proportion_interval(solved, of)
    chance = f"{100 * low:.0f} % to {100 * high:.0f} %"
    told = {"solved": f"with {solved} of {of} seeds (95 % interval {chance})"}
    found = [each for each in file.guesses if each.score is not None]
    drawn = sum(each.guesses for each in file.guesses)
    if not found:
        return told | {"found": f"none of {drawn} networks"}
    return told | {
        "found": f"{len(found)} of {drawn} networks, one in {drawn / len(found):.0f}",
        "guesses": _spread([each.guesses for each in found], lambda count: f"{count:.0f}"),
        "time": _spread([each.seconds for each in found], time),
        "score on the test set": _spread(
            [each.score for each in found if each.score is not None], number
        ),
    }


def _spread(values: Sequence[float], word: Callable[[float], str]) -> str:
    """The median, and the range where there is one."""
    middle, ends = word(median(values)), between(word(min(values)), word(max(values)))
    return middle if middle == ends else f"median {middle} ({ends})"


def line(guess: Guess) -> str:
    """What came of one seed."""
    found = "none found" if guess.score is None else f"score {number(guess.score)}"
    return f"seed {guess.seed}: {guess.guesses} guesses, {time(guess.seconds)}, {found}"
