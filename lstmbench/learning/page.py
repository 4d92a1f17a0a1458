"""What networks learnt, as a Markdown page.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator

from ..markdown import escape, fold, table
from ..report.method import made, warnings
from ..report.pictures.panels import spread
from ..report.shelf import Shelf
from ..units import rate
from .method import method
from .picture import learning
from .records import Group, LearningFile, Trial
from .summary import reaches
from .words import (
    REACH,
    beside,
    between,
    disturbed,
    lag,
    number,
    of_seeds,
    reach,
    scores,
    seconds,
    time,
)

# Points of a curve in its table, at most.
SHOWN = 12


def page(file: LearningFile, shelf: Shelf | None = None) -> str:
    """The whole page: the answer, the picture, the tables, what was done and how."""
    return "\n\n".join(filter(None, _parts(file, shelf or Shelf()))) + "\n"


def _parts(file: LearningFile, shelf: Shelf) -> Iterator[str]:
    yield f"# What was learnt: {escape(file.settings.task)}{lag(file.settings.lag)}"
    yield "\n".join(f"- {sentence(group)}" for group in file.groups)
    doubt = disturbed(file)
    if doubt:
        yield f"> {doubt[0].upper()}{doubt[1:]}."
    if any(trial.curve for trial in file.trials):
        yield shelf.place(learning(file))
    yield _groups(file)
    yield from _beyond(file)
    yield from _trouble(file)
    yield fold("Every trial", _trials(file))
    yield fold("Every curve", _curves(file))
    yield "### Method"
    yield method(file)
    yield made(file.command, file.created, file.environment)
    yield from warnings(file.environment)


def sentence(group: Group) -> str:
    """How often, how fast, and how that is beside our own."""
    parts = [of_seeds(group)]
    if group.seconds_range is not None:
        parts.append(f"time to target {seconds(group)}")
    if group.ratios:
        parts.append(beside(group))
    if group.solved < group.trials:
        parts.append(f"score at the end {_at_end(group)}")
    return f"{escape(group.cell)}, {escape(group.backend)}: {'; '.join(parts)}."


def _groups(file: LearningFile) -> str:
    head = [
        "cell", "backend", "solved", "95 % interval", "time to target", "least to most", "steps",
        "sequences/s", "time / ours", "score at the end",
    ]  # fmt: skip
    return table(head, [_row(group) for group in file.groups], left=(0, 1))


def _row(group: Group) -> list[str]:
    interval, ends = group.success_ci95, group.seconds_range
    return [
        escape(group.cell),
        escape(group.backend),
        f"{group.solved} of {group.trials}",
        f"{100 * interval[0]:.0f} % to {100 * interval[1]:.0f} %" if interval else "–",
        time(group.seconds_median) if group.seconds_median is not None else "–",
        between(*map(time, ends)) if ends else "–",
        f"{group.steps_median:g}" if group.steps_median is not None else "–",
        rate(group.sequences_per_s).strip() if group.sequences_per_s else "–",
        beside(group, brief=True) if group.ratios else "–",
        _at_end(group),
    ]


def _at_end(group: Group) -> str:
    return scores(group.final_score_median, group.final_score_range)


def _beyond(file: LearningFile) -> Iterator[str]:
    """What was learnt, asked for at other lags; nothing where that was not asked for."""
    found = reaches(file.trials)
    if found:
        yield "### At other lags, without more training"
        body = [[escape(each.cell), escape(each.backend), *reach(each)] for each in found]
        yield table(["cell", "backend", *REACH], body, left=(0, 1))


def _trouble(file: LearningFile) -> Iterator[str]:
    """A line for each trial that has not reached its target, and why."""
    bad = [trial for trial in file.trials if trial.status != "solved"]
    if bad:
        yield "### Without the target"
        yield "\n".join(
            f"- {escape(trial.name)}: {trial.status}; {escape(trial.reason)}" for trial in bad
        )


def _trials(file: LearningFile) -> str:
    head = [
        "cell", "backend", "seed", "status", "steps", "time to target", "sequences/s",
        "score at first", "score at last", "other load",
    ]  # fmt: skip
    return table(head, [_trial(trial) for trial in file.trials], left=(0, 1, 3))


def _trial(trial: Trial) -> list[str]:
    to_target = trial.seconds_to_target
    return [
        escape(trial.cell),
        escape(trial.backend),
        str(trial.seed),
        trial.status,
        str(trial.curve[-1].step) if trial.curve else "–",
        time(to_target) if to_target is not None else "–",
        rate(trial.sequences_per_s).strip() if trial.sequences_per_s else "–",
        number(trial.initial_score),
        number(trial.final_score),
        f"{trial.other_load:.2f}" if trial.other_load is not None else "–",
    ]


def _curves(file: LearningFile) -> str:
    """A few points of each curve, evenly over it; all are in the file."""
    head = ["trial", "step", "time", "loss", "score"]
    body = []
    for trial in file.trials:
        for n in spread(len(trial.curve), SHOWN):
            point = trial.curve[n]
            body.append(
                [
                    escape(trial.name),
                    str(point.step),
                    time(point.seconds),
                    number(point.loss),
                    number(point.score),
                ]
            )
    return table(head, body, left=(0,))
