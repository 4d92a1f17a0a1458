"""What was guessed, as a Markdown page.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator

from ..learning.words import lag, number, time
from ..markdown import escape, fold, table
from ..report.method import made, warnings
from .records import Guess, GuessesFile
from .summary import facts


def page(file: GuessesFile) -> str:
    """The whole page: the answer, every seed, what was done and how."""
    return "\n\n".join(_parts(file)) + "\n"


def _parts(file: GuessesFile) -> Iterator[str]:
    yield f"# Weights guessed at random: {escape(file.settings.task)}{lag(file.settings.lag)}"
    yield "\n".join(f"- {name}: {fact}" for name, fact in facts(file).items())
    yield fold("Every seed", _seeds(file))
    yield "### Method"
    yield _method(file)
    yield made(file.command, file.created, file.environment)
    yield from warnings(file.environment)


def _seeds(file: GuessesFile) -> str:
    head = ["seed", "guesses", "time", "score", "weights u, a, b, c, v, d, e"]
    return table(head, [_seed(guess) for guess in file.guesses], left=(4,))


def _seed(guess: Guess) -> list[str]:
    return [
        str(guess.seed),
        str(guess.guesses),
        time(guess.seconds),
        number(guess.score),
        ", ".join(f"{weight:.1f}" for weight in guess.weights) or "none found",
    ]


def _method(file: GuessesFile) -> str:
    settings, lesson = file.settings, file.lesson
    return (
        f"The task: {escape(lesson.description)} ({escape(lesson.source)}). A guess is a network: "
        f"{escape(settings.network)}. Each weight is drawn evenly from "
        f"−{settings.weight_range:g} to {settings.weight_range:g}. A network is found where after "
        f"the last step of each of {settings.sequences} training sequences y is nearer than "
        f"{settings.near:g} to the class, 0 or 1. Then it is asked for {lesson.test_size} other "
        f"sequences: the score is the {escape(lesson.metric)}, {number(lesson.trivial)} without "
        f"looking at the input, and the goal is below {number(settings.target)}. All sequences are "
        "equally long, so that a network may also count steps. At most "
        f"{settings.max_guesses} guesses a seed.\n\n"
        "Network, weights, training sequences and what counts as right are those of A1 with one "
        "hidden unit in Schmidhuber, Hochreiter & Bengio (2001), who need 2906 guesses on average "
        "for parity of 500 to 600 bits. Where it describes the network it does not say what the "
        "hidden unit computes, nor which unit moves first: tanh, and the hidden unit, are "
        "lstmbench's own choice, and so are classes as they fall, not half of each.\n\n"
        "Time is that of drawing and running the networks in NumPy on one thread, a thousand at "
        "once: those behind the one that is found in a thousand are in the time, but are no "
        "guesses. Drawing the sequences and the test are outside."
    )
