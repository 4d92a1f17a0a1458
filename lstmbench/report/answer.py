"""The answer of the page: how fast each backend is, and who wins.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Sequence

from .. import summary
from ..markdown import escape
from ..summary import Line, Overall
from ..tables import MODE_WORDS
from ..units import rate, ratio


def headline(lines: Sequence[Line], baseline: str) -> str:
    """One sentence a mode and backend, and who wins."""
    sentences = [_sentence(each, baseline) for each in summary.overall(lines, baseline)]
    wins = summary.wins(lines)
    if wins:
        total = sum(wins.values())
        score = ", ".join(f"{escape(name)} in {count}" for name, count in wins.items())
        sentences.append(f"- Fastest: {score} of {total} workloads.")
    return "\n".join(sentences) if sentences else "No row has a time on two backends."


def _sentence(each: Overall, baseline: str) -> str:
    what = {"train": "Training speedup", "infer": "Inference throughput"}.get(
        each.mode, MODE_WORDS[each.mode].capitalize()
    )
    text = (
        f"- {what}: **{escape(each.backend)} {ratio(each.speedup)} {escape(baseline)}** "
        f"(geometric mean of {each.rows} row{'s' if each.rows > 1 else ''}; "
        f"{_extreme(each.worst)} to {_extreme(each.best)})"
    )
    top = each.most_steps
    if each.mode == "infer" and top.timesteps_per_s and top.sequences_per_s:
        text += (
            f"; at best {rate(top.timesteps_per_s)} time-steps/s "
            f"({rate(top.sequences_per_s)} sequences/s)"
        )
    return text + "."


def _extreme(at: tuple[summary.Speedup, Line]) -> str:
    speedup, line = at
    w = line.workload
    return (
        f"{ratio(speedup.value)} at {escape(w.cell_name)} "
        f"T {w.seq_len}, B {w.batch_size}, H {w.hidden_size}"
    )


def definition(baseline: str) -> str:
    return (
        f"Speedup = time of {escape(baseline)} / time: above 1 is faster. "
        "Times are medians of one call. A field of a grid is the fastest backend, its speedup and "
        "its sequences a second."
    )
