"""The answer of the page: which backend to use, what that brings, and how sure it is.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections import Counter
from collections.abc import Sequence

from ..choice import MODES, Choice, choices
from ..markdown import escape, table
from ..summary import NOISE, Line, Speedup, overall
from ..tables import MODE_WORDS
from ..units import percent, rate, ratio
from .fields import place

HEADLINES = {"train": "Training speedup", "infer": "Inference throughput"}


def answer(lines: Sequence[Line], baseline: str) -> str:
    """A sentence for each mode, or why there is none."""
    sentences = [_sentence(each, baseline) for each in choices(lines, baseline)]
    return "\n".join(f"- {sentence}" for sentence in sentences) or _nothing(lines)


def definition(baseline: str) -> str:
    """What a speedup is, and what surely means."""
    return (
        f"Speedup = time of {escape(baseline)} / time: above 1 is faster. Typical is the geometric "
        "mean. Ahead = time of the next fastest / time of the fastest, of medians of one call. "
        "Surely: even the least that both 95 % intervals allow is ahead, by more than "
        f"{percent(NOISE)} where each backend had one process only, and no other process was busy "
        "while the next fastest was timed."
    )


def standings(lines: Sequence[Line], baseline: str) -> str:
    """Each backend against the baseline, and how often it is the fastest; empty without any."""
    wins, sure = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for line in lines:
        if line.lead is not None:
            key = (line.workload.mode, line.lead.first.backend)
            wins[key] += 1
            sure[key] += line.lead.is_sure
    head = ["mode", "backend", f"over {escape(baseline)}", "worst", "best", "rows"]
    head += ["fastest in", "surely"]
    body = [
        [
            MODE_WORDS[each.mode],
            escape(each.backend),
            ratio(each.speedup),
            _at(each.worst),
            _at(each.best),
            str(each.rows),
            str(wins[each.mode, each.backend]),
            str(sure[each.mode, each.backend]),
        ]
        for each in sorted(overall(lines, baseline), key=lambda each: MODES.index(each.mode))
    ]
    return table(head, body, left=(0, 1)) if body else ""


def _nothing(lines: Sequence[Line]) -> str:
    if not lines:
        return "**The file has no rows: nothing was measured.**"
    if not any(line.ranking for line in lines):
        return "**No row has a time.** Each has a reason, which is told below."
    return "**No work has a time on two kinds of backends: there is nothing to compare.**"


def _sentence(choice: Choice, baseline: str) -> str:
    what = HEADLINES.get(choice.mode, MODE_WORDS[choice.mode].capitalize())
    use = f"{what}: use {escape(choice.backend)}"
    if choice.over is None:
        return f"**{use}**: {_against_all(choice)}."
    over = choice.over
    ends = f"best {_at(over.best)}; worst {_at(over.worst)}"
    if over.rows == 1:
        ends = f"at {place(over.best[1].workload)}"
    return (
        f"**{use}, typically {ratio(over.speedup)} {escape(baseline)}** "
        f"({ends}{_most(choice)}): {_against_all(choice)}."
    )


def _most(choice: Choice) -> str:
    """The highest throughput; empty where the mode is not inference."""
    top = choice.over.most_steps if choice.over else None
    if choice.mode != "infer" or not (top and top.timesteps_per_s and top.sequences_per_s):
        return ""
    steps, sequences = rate(top.timesteps_per_s), rate(top.sequences_per_s)
    return f"; at most {steps} time-steps/s ({sequences} sequences/s)"


def _against_all(choice: Choice) -> str:
    """How often it is the fastest, how surely, and who is where it is not."""
    contests, won, sure = len(choice.contests), len(choice.won), len(choice.surely_won)
    surely = "surely in all" if sure == won else f"surely in {sure}"
    text = (
        f"the fastest of {choice.backends} in {won} of {contests} "
        f"shape{'s' if contests > 1 else ''}, {surely}, "
        f"typically {ratio(choice.typically_ahead)} its best rival"
    )
    winners = Counter(line.fastest or "" for line in choice.contests)
    del winners[choice.backend]
    if winners:
        text += f"; else {', '.join(f'{escape(name)} ({n})' for name, n in winners.most_common())}"
    return text


def _at(pair: tuple[Speedup, Line]) -> str:
    speedup, line = pair
    return f"{ratio(speedup.value)} at {place(line.workload)}"
