"""The process that runs one trial: ``python -m lstmbench.learning.serve FD``.

It is opened as ``lstmbench.running.serve`` is.  One message names the trial; each point of the
curve is answered with one, and the end with another.
"""

from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from ..machine.environment import OtherLoad
from ..running import serve as worker
from ..running.worker import one_line
from ..tasks import load
from ..timing.clock import Clock, WallClock
from . import checkpoint, trial
from .learner import make_learner, make_recipe
from .records import Point, Settings


def perform(
    settings: Settings,
    cell: str,
    backend: str,
    seed: int,
    path: Path | None,
    tell: Callable[[Point], None],
    clock: Clock | None = None,
) -> trial.Outcome:
    """Run a trial in this process, or go on with it where its checkpoint is there."""

    def keep(found: checkpoint.Checkpoint) -> None:
        if path is not None:
            checkpoint.write(path, found)

    task = load(settings.task, lag=settings.lag)
    return trial.run(
        make_learner(backend, make_recipe(task, settings, cell, seed)),
        task,
        settings,
        seed,
        clock=clock or WallClock(),
        begun=checkpoint.read(path) if path else None,
        keep=keep,
        tell=tell,
    )


def serve(talk: Connection) -> None:
    """Run the trial that is asked for."""
    opening = worker.receive(talk)
    if worker.open_backend(talk, opening) is None:
        return
    request = worker.receive(talk)
    settings = Settings.model_validate_json(request["settings"])
    path = Path(request["checkpoint"]) if request["checkpoint"] else None

    def tell(point: Point) -> None:
        worker.send(talk, point=point.model_dump())

    others = OtherLoad()
    try:
        found = perform(settings, request["cell"], opening["backend"], request["seed"], path, tell)
    except Exception as error:  # noqa: BLE001  a framework may raise anything
        worker.send(talk, failed=f"{type(error).__name__}: {one_line(error)}")
        return
    worker.send(
        talk,
        status=found.status,
        reason=found.reason,
        steps=found.steps,
        seconds=found.seconds,
        beyond=[each.model_dump() for each in found.beyond],
        other_load=others.since(),
    )


if __name__ == "__main__":
    worker.main(serve)
