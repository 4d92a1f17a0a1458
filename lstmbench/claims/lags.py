"""Claims 2: long time lags, where older nets fail, noise, and longer sequences than before."""

from collections.abc import Iterator

from ..tasks import load
from .evidence import Evidence
from .findings import LEARNS, fails, learns, listed, named, percent, seconds, success
from .records import Claim, Finding, Verdict

PAPER = "Hochreiter & Schmidhuber, Long short-term memory, Neural Computation 9(8), 1997"
LAGS = ("lag-10", "lag-100", "lag-1000")
LONGER = ("longer", "longer-order")
RULE = f"holds where at least {percent(LEARNS)} of the seeds reach the target"


def claims(found: Evidence) -> Iterator[Claim]:
    """2a to 2d, those whose evidence is there."""
    if {"lag-1000", "lag-1000-as-drawn"} <= found.names:
        yield long_lags(found)
    if set(LAGS) <= found.names:
        yield older_nets(found)
    if {"noise", "lag-100"} <= found.names:
        yield noise(found)
    if set(LONGER) <= found.names:
        yield longer(found)


def where(found: Evidence, name: str) -> str:
    """An experiment in two words."""
    settings = found.learning[name].settings
    return named(settings.task, settings.lag)


def long_lags(found: Evidence) -> Claim:
    """The adding problem over a thousand steps, with gates set for that and without."""
    told, drawn = found.group("lag-1000", "lstm"), found.group("lag-1000-as-drawn", "lstm")
    at = where(found, "lag-1000")
    scale = found.learning["lag-1000"].settings.time_scale
    bias = found.learning["lag-1000-as-drawn"].settings.forget_bias
    verdict, because = Verdict.NOT, "no way to begin reaches the target often enough"
    if learns(told) and learns(drawn):
        verdict, because = Verdict.HOLDS, "it learns it with either way to begin"
    elif learns(told):
        verdict = Verdict.ONLY_WHEN
        because = (
            f"its gates begin with time scales of up to {scale} steps; with a forget bias of "
            f"{bias:g} and all else as drawn, {drawn.solved} of {drawn.trials} seeds solve {at} in "
            f"{found.learning['lag-1000-as-drawn'].settings.max_steps} steps"
        )
    elif learns(drawn):
        verdict, because = Verdict.ONLY_WHEN, f"its forget bias begins at {bias:g}"
    return Claim(
        id="2a",
        statement="LSTMs solve tasks with time lags of over 1000 steps.",
        source=f"{PAPER}, abstract and section 5",
        test=f"{at}, from two ways to begin; {RULE}",
        findings=(
            success(told, f"{at}, time scales"),
            seconds(told, f"{at}, time scales"),
            success(drawn, f"{at}, forget bias {bias:g}"),
        ),
        verdict=verdict,
        because=because,
        evidence=("lag-1000", "lag-1000-as-drawn"),
    )


def older_nets(found: Evidence) -> Claim:
    """The plain RNN at three lags."""
    groups = {name: found.group(name, "rnn-tanh") for name in LAGS}
    learnt = [where(found, name) for name, group in groups.items() if learns(group)]
    lost = [where(found, name) for name, group in groups.items() if fails(group)]
    if fails(groups["lag-10"]):
        verdict, because = Verdict.HOLDS, f"no seed solves {listed(lost)}"
    elif learnt:
        verdict = Verdict.NOT
        because = f"with today's optimiser and clipping it learns {listed(learnt)}" + (
            f"; no seed solves {listed(lost)}" if lost else ""
        )
    else:
        verdict, because = Verdict.ONLY_WHEN, "the seed is a bad one: some solve it and some do not"
    return Claim(
        id="2b",
        statement="Older recurrent nets fail at lags of 10 steps.",
        source=f"{PAPER}, section 1; Bengio, Simard & Frasconi, IEEE Transactions on Neural "
        "Networks 5(2), 1994",
        test="a tanh RNN on the adding problem at three lags; holds where no seed solves the "
        "shortest",
        findings=tuple(success(group, where(found, name)) for name, group in groups.items()),
        verdict=verdict,
        because=because,
        evidence=LAGS,
    )


def noise(found: Evidence) -> Claim:
    """Noise after the signal and in the answers; continuous numbers to add."""
    tried = {name: found.group(name, "lstm") for name in ("noise", "lag-100")}
    good = [where(found, name) for name, group in tried.items() if learns(group)]
    bad = [where(found, name) for name, group in tried.items() if not learns(group)]
    verdict = Verdict.HOLDS if not bad else Verdict.ONLY_WHEN if good else Verdict.NOT
    because = f"it learns {listed(good)}" if good else "it learns neither"
    if good and bad:
        because = f"the task is {listed(good)}; not at {listed(bad)}"
    return Claim(
        id="2c",
        statement="LSTMs cope with noise and with continuous values.",
        source=f"{PAPER}, sections 5.3 and 5.4",
        test="noise after the signal and in the answers (two-sequence), and continuous numbers "
        f"among others (adding); {RULE} of both",
        findings=tuple(success(group, where(found, name)) for name, group in tried.items()),
        verdict=verdict,
        because=because,
        evidence=("noise", "lag-100"),
    )


def longer(found: Evidence) -> Claim:
    """What was learnt at one lag, asked at longer ones."""
    trained = listed(where(found, name) for name in LONGER)
    kept = {at: below for name in LONGER for at, below in _beyond(found, name).items()}
    good = [at for at, below in kept.items() if sum(below) >= LEARNS * len(below)]
    if not kept:
        verdict, because = Verdict.UNTESTED, f"no seed solves {trained}"
    elif len(good) == len(kept):
        verdict, because = Verdict.HOLDS, f"the goal is kept in {listed(good)}"
    elif good:
        verdict = Verdict.ONLY_WHEN
        because = f"it is {listed(good)}, after training {trained}"
    else:
        verdict, because = Verdict.NOT, f"the goal is kept in none of {listed(kept)}"
    return Claim(
        id="2d",
        statement="LSTMs generalise to longer sequences than they were trained on.",
        source="Gers & Schmidhuber, LSTM recurrent networks learn simple context-free and "
        "context-sensitive languages, IEEE Transactions on Neural Networks 12(6), 2001",
        test=f"networks that learnt {trained}, asked at longer lags without more training; holds "
        f"where at least {percent(LEARNS)} of them reach the goal of the task at each",
        findings=tuple(
            Finding(
                what=f"lstm, {at}: networks that reach the goal",
                value=sum(below) / len(below),
                unit="share",
                interval=f"{sum(below)} of {len(below)}",
            )
            for at, below in kept.items()
        ),
        verdict=verdict,
        because=because,
        evidence=LONGER,
    )


def _beyond(found: Evidence, name: str) -> dict[str, list[bool]]:
    """At each longer lag, which of the networks that learnt the task reach its goal."""
    file = found.learning[name]
    task = file.settings.task
    goal = load(task, lag=file.settings.lag).goal.below
    kept: dict[str, list[bool]] = {}
    for trial in file.trials:
        for each in trial.beyond if trial.status == "solved" else ():
            below = each.score is not None and each.score < goal
            kept.setdefault(f"{task} at lag {each.lag}", []).append(below)
    return kept
