"""How networks were taught, and by what, as the end of a page."""

from ..markdown import escape
from .records import LearningFile, Lesson, Settings
from .words import number


def method(file: LearningFile) -> str:
    """The task, the settings, and what is inside the time."""
    settings = file.settings
    layers = f"{settings.num_layers} layer{'s' if settings.num_layers > 1 else ''}"
    return (
        f"{taught(file.lesson)} A trial is solved where the score is below "
        f"{number(settings.target)}; it is looked at every {settings.every} steps, for "
        f"{settings.max_steps} steps or {settings.budget_s:g} s of training at most.\n\n"
        f"H = {settings.hidden_size}, {layers}, batches of {settings.batch_size}, "
        f"{settings.optimiser} with a learning rate of {settings.lr:g}, {clipping(settings.clip)}, "
        f"threads: {settings.threads}.{_biases(settings)}{_dropout(settings)} "
        "All backends of a seed begin with the same weights and see the same batches in the same "
        "order, one after the other, each in a process of its own; the optimiser's formula is the "
        "same. Floating point rounds differently in each, and training carries that on: curves "
        "begin alike and drift apart. "
        f"Inside the time: {'; '.join(map(escape, file.timed.split('; ')))}. "
        "The interval of a success rate is exact (Clopper and Pearson); an unsolved trial counts "
        "as later than any."
    )


def taught(lesson: Lesson) -> str:
    """The task and its scores."""
    others = "".join(
        f", {escape(name)} {number(score)}" for name, score in lesson.baselines.items()
    )
    return (
        f"The task: {escape(lesson.description)} ({escape(lesson.source)}). "
        f"A score is the {escape(lesson.metric)} on {lesson.test_size} sequences that no network "
        f"trains on; lower is better. Best answer that does not look at the input: "
        f"{number(lesson.trivial)}{others}."
    )


def clipping(clip: float | None) -> str:
    """Whether gradients are clipped, and where."""
    return "no clipping" if clip is None else f"clipped at a norm of {clip:g}"


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


def _dropout(settings: Settings) -> str:
    """How much is dropped, and that this is not the same for all."""
    if not settings.dropout:
        return ""
    return (
        f" Between a layer and the next {100 * settings.dropout:g} % of the numbers are dropped in "
        "training, none in the test set; each backend draws which by itself, so that losses differ "
        "from the first step on."
    )
