"""Claims 5: what an LSTM finds hard, and where random weight guessing is faster."""

from collections.abc import Iterator, Sequence

from ..guessing.records import Guess
from .evidence import Evidence
from .findings import fails, learns, over_seeds, seconds, success
from .lags import where
from .records import Claim, Finding, Verdict

PAPER = "Hochreiter & Schmidhuber, Long short-term memory, Neural Computation 9(8), 1997, section 6"


def claims(found: Evidence) -> Iterator[Claim]:
    """5a to 5c, those whose evidence is there."""
    if {"xor", "xor-short"} <= found.names:
        yield hard(found, "5a", ("xor", "xor-short"), "Strongly delayed XOR is hard for an LSTM.")
    if "parity" in found.names:
        yield hard(found, "5b", ("parity",), "Parity of 500 steps is hard for an LSTM.")
    if {"parity", "guessing"} <= found.names:
        yield guessing(found)


def hard(found: Evidence, id_: str, names: Sequence[str], statement: str) -> Claim:
    """Whether seeds of an LSTM fail at the first; the others are shown beside it."""
    group, settings = found.group(names[0], "lstm"), found.learning[names[0]].settings
    beside = "".join(
        f"; {other.solved} of {other.trials} seeds solve {where(found, name)}"
        for name in names[1:]
        for other in [found.group(name, "lstm")]
    )
    at = where(found, names[0])
    solved = f"{group.solved} of {group.trials} seeds solve {at}{beside}"
    if fails(group):
        verdict = Verdict.HOLDS
        because = f"no seed solves {at} in {settings.max_steps} steps{beside}"
    elif learns(group):
        verdict, because = Verdict.NOT, solved
    else:
        verdict, because = Verdict.ONLY_WHEN, f"the seed is a bad one: {solved}"
    return Claim(
        id=id_,
        statement=statement,
        source=PAPER,
        test=f"{at}; holds where no seed reaches the target within "
        f"{settings.max_steps} steps or {settings.budget_s:g} s",
        findings=tuple(
            finding(found.group(name, "lstm"), where(found, name))
            for name in names
            for finding in (success, seconds)
        ),
        verdict=verdict,
        because=because,
        evidence=tuple(names),
    )


def guessing(found: Evidence) -> Claim:
    """Seconds until a network is found, by guessing and by training."""
    trained, at = found.group("parity", "lstm"), where(found, "parity")
    guesses = found.guesses["guessing"].guesses
    seconds_ = [each.seconds for each in guesses if each.solved]
    # A training that does not get there would have taken longer than this.
    spent = [trial.curve[-1].seconds for trial in found.learning["parity"].trials if trial.curve]
    beside = f"of {trained.trials} LSTMs {trained.solved} solve it"
    if not spent:
        verdict, because = Verdict.UNTESTED, "no LSTM was trained"
    elif not seconds_:
        verdict, because = Verdict.NOT, f"no guess solves it; {beside}"
    elif max(seconds_) < min(spent):
        verdict = Verdict.HOLDS
        because = f"the slowest guess is faster than any training; {beside}"
    elif min(seconds_) < min(spent):
        verdict, because = Verdict.ONLY_WHEN, f"the seed is a lucky one; {beside}"
    else:
        verdict, because = Verdict.NOT, f"no guess is faster than the fastest training; {beside}"
    return Claim(
        id="5c",
        statement="Random weight guessing solves parity faster.",
        source=f"{PAPER}; Schmidhuber, Hochreiter & Bengio, Evaluating benchmark problems by "
        "random guessing, in A field guide to dynamical recurrent networks, IEEE Press, 2001",
        test=f"{at}: time until a guessed network of two units has no mistake on the test set, "
        "beside the time that each LSTM trained, whether it got there or not; holds where the "
        "slowest guess takes less than the shortest training",
        findings=(
            Finding(
                what="guessing: seeds that solve it",
                value=len(seconds_) / len(guesses),
                unit="share",
                interval=f"{len(seconds_)} of {len(guesses)}",
            ),
            *_found(guesses),
            *([over_seeds("lstm: time of training", spent, "s")] if spent else []),
        ),
        verdict=verdict,
        because=because,
        evidence=("parity", "guessing"),
    )


def _found(guesses: Sequence[Guess]) -> Iterator[Finding]:
    solved = [each for each in guesses if each.solved]
    if solved:
        yield over_seeds("guessing: time", [each.seconds for each in solved], "s")
        counts = [float(each.guesses) for each in solved]
        yield over_seeds("guessing: networks that were drawn", counts, "count")
