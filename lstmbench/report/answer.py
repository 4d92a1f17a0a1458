"""The answer of the page: which backend to use, what that brings, and how sure it is.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections import Counter
from collections.abc import Iterator, Sequence

from ..analysis.choice import MODES, Choice, choices, why_none
from ..analysis.summary import NOISE, Line, Speedup, is_own, overall
from ..analysis.tables import MODE_WORDS
from ..markdown import escape, table
from ..units import percent, rate, ratio
from .fields import place

# Places at which another is faster, at most.
PLACES = 3
HEADLINES = {"train": "Training speedup", "infer": "Inference throughput"}


def answer(lines: Sequence[Line], baseline: str) -> str:
    """A sentence for each mode, or why there is none."""
    sentences = [_sentence(each, baseline) for each in choices(lines, baseline)]
    return "\n".join(f"- {sentence}" for sentence in sentences) or f"**{why_none(lines)}**"


def definition(baseline: str) -> str:
    """What the letters and the words of the answer mean."""
    return (
        "T is the number of time-steps, B the batch size, H the hidden size; a shape is a cell "
        f"with its sizes. Speedup = time of {escape(baseline)} / time: above 1 is faster. Times "
        "are medians of one call; typically is the geometric mean. Surely faster: the 95 % "
        "intervals of the two times lie apart; by more than "
        f"{percent(NOISE)} where each backend had one process only, which says nothing of the next "
        "one. Nothing is surely faster than what was timed beside busy processes. ≈ marks where "
        "it is not sure who is the fastest."
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


def _sentence(choice: Choice, baseline: str) -> str:
    what = HEADLINES.get(choice.mode, MODE_WORDS[choice.mode].capitalize())
    own = " (lstmbench's own kernels)" if is_own(choice.backend) else ""
    parts = [f"**{what}: use {escape(choice.backend)}**{own}{_how_fast(choice, baseline)}"]
    parts += [_how_sure(choice), *_elsewhere(choice), *_most(choice)]
    if choice.other is not None and choice.over_other is not None:
        behind = f"over which it is {ratio(choice.over_other)}"
        parts.append(f"Of what others offer use {escape(choice.other)}, {behind}")
    return ". ".join(parts) + "."


def _how_fast(choice: Choice, baseline: str) -> str:
    ahead = f"{ratio(choice.typically_ahead)} as fast as the fastest other"
    over = choice.over
    if over is None:
        return f", typically **{ahead}**"
    ends = f"{_at(over.worst)} to {_at(over.best)}"
    if over.rows == 1:
        ends = f"at {place(over.best[1].workload)}"
    return (
        f", typically **{ratio(over.speedup)} as fast as {escape(baseline)}** ({ends}) and {ahead}"
    )


def _how_sure(choice: Choice) -> str:
    contests, won, sure = len(choice.contests), len(choice.won), len(choice.surely_won)
    surely = "surely in all of these" if sure == won else f"surely in {sure}"
    shapes = f"{won} of {contests} shape{'s' if contests > 1 else ''}"
    return f"It is the fastest of {choice.backends} in {shapes}, {surely}"


def _elsewhere(choice: Choice) -> Iterator[str]:
    """Where another is surely faster; nothing where noise decides all that is not won."""
    lost = choice.surely_lost
    if not lost:
        return
    named = [
        f"{escape(lead.first.backend)} at {place(line.workload)} ({ratio(lead.margin.value)})"
        for lead, line in lost[:PLACES]
    ]
    if lost[PLACES:]:
        named.append(f"and {len(lost) - PLACES} more")
    yield f"Surely faster elsewhere: {', '.join(named)}"


def _most(choice: Choice) -> Iterator[str]:
    """The highest throughput; nothing where the mode is not inference."""
    top = choice.over.most_steps if choice.over else None
    if choice.mode == "infer" and top and top.timesteps_per_s and top.sequences_per_s:
        yield (
            f"At most {rate(top.timesteps_per_s)} time-steps/s: "
            f"{rate(top.sequences_per_s)} sequences/s at {place(top.workload)}"
        )


def _at(pair: tuple[Speedup, Line]) -> str:
    speedup, line = pair
    return f"{ratio(speedup.value)} at {place(line.workload)}"
