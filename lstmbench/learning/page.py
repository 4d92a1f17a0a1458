"""What networks learnt, as a Markdown page.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator

from ..markdown import escape, fold, table
from ..report.method import versions
from ..report.pictures.learning import learning
from ..report.pictures.panels import spread
from ..report.shelf import Shelf
from ..units import rate
from .records import Group, LearningFile, Settings, Trial
from .words import beside, between, disturbed, lag, number, of_seeds, scores, seconds, time

# Points of a curve in its table, at most.
SHOWN = 12


def page(file: LearningFile, shelf: Shelf | None = None) -> str:
    """The whole page: the answer, the picture, the tables, what was done and how."""
    return "\n\n".join(filter(None, _parts(file, shelf or Shelf()))) + "\n"


def _parts(file: LearningFile, shelf: Shelf) -> Iterator[str]:
    yield f"# What was learnt: {escape(file.settings.task)}{lag(file.settings)}"
    yield "\n".join(f"- {sentence(group)}" for group in file.groups)
    doubt = disturbed(file)
    if doubt:
        yield f"> {doubt[0].upper()}{doubt[1:]}."
    if any(trial.curve for trial in file.trials):
        yield shelf.place(learning(file))
    yield _groups(file)
    yield from _trouble(file)
    yield fold("Every trial", _trials(file))
    yield fold("Every curve", _curves(file))
    yield "### Method"
    yield _method(file)
    yield _made(file)


def sentence(group: Group) -> str:
    """How often, how fast, and how that is beside our own."""
    parts = [of_seeds(group)]
    if group.seconds_range is not None:
        parts.append(f"time to target {seconds(group)}")
    if group.ratios:
        parts.append(beside(group))
    if group.solved < group.trials:
        parts.append(f"score at the end {scores(group)}")
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
        scores(group),
    ]


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


def _method(file: LearningFile) -> str:
    settings, lesson = file.settings, file.lesson
    others = "".join(
        f", {escape(name)} {number(score)}" for name, score in lesson.baselines.items()
    )
    clip = "no clipping" if settings.clip is None else f"clipped at a norm of {settings.clip:g}"
    layers = f"{settings.num_layers} layer{'s' if settings.num_layers > 1 else ''}"
    return (
        f"The task: {escape(lesson.description)} ({escape(lesson.source)}). "
        f"A score is the {escape(lesson.metric)} on {lesson.test_size} sequences that no network "
        f"trains on; lower is better. Best answer that does not look at the input: "
        f"{number(lesson.trivial)}{others}. A trial is solved where the score is below "
        f"{number(settings.target)}; it is looked at every {settings.every} steps, for "
        f"{settings.max_steps} steps or {settings.budget_s:g} s of training at most.\n\n"
        f"H = {settings.hidden_size}, {layers}, batches of {settings.batch_size}, "
        f"{settings.optimiser} with a learning rate of {settings.lr:g}, {clip}, "
        f"threads: {settings.threads}.{_biases(settings)} All backends of a seed begin with the "
        "same weights and see the same batches in the same order, one after the other, each in a "
        "process of its own; the optimiser's formula is the same. Floating point rounds "
        "differently in each, and training carries that on: curves begin alike and drift apart. "
        f"Inside the time: {escape(file.timed)}. "
        "The interval of a success rate is exact (Clopper and Pearson); an unsolved trial counts "
        "as later than any."
    )


def _biases(settings: Settings) -> str:
    """What the gates begin with, where that was not left to chance."""
    if settings.forget_bias is not None:
        return f" The forget gates of an LSTM begin with a bias of {settings.forget_bias:g}."
    if settings.time_scale is None:
        return ""
    return (
        " The biases of an LSTM or a GRU begin so that each unit remembers for about u steps, u "
        f"drawn from 1 to {settings.time_scale} (Tallec and Ollivier 2018)."
    )


def _made(file: LearningFile) -> str:
    environment = file.environment
    warnings = "".join(f"\n\n> {escape(warning)}" for warning in environment.warnings)
    return (
        f"Made by <code>{escape(file.command)}</code> at {escape(file.created)} on "
        f"{escape(environment.machine.cpu_model)}; {versions(environment)}.{warnings}"
    )
