"""A task as a file tells it."""

from ..tasks import Task
from .records import Lesson


def lesson(task: Task) -> Lesson:
    """Its own words and numbers."""
    return Lesson(
        description=task.description,
        source=task.source,
        metric=task.goal.metric,
        trivial=task.trivial,
        baselines=dict(task.baselines),
        test_size=task.test_set().x.shape[1],
    )
