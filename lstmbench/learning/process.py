"""A trial in a process of its own: nothing that another backend has loaded or started is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import BackendUnavailable, WorkerError
from ..machine.environment import usable_cpus
from ..running.process import WorkerProcess
from ..units import Seconds
from .records import Beyond, Point, Settings, Trial

# A process that says nothing for so long hangs: an evaluation comes every few steps.
SILENCE: Seconds = 3600.0


class _Process(WorkerProcess):
    """A worker that trains."""

    SERVES = "lstmbench.learning.serve"

    def learn(self, request: dict[str, Any], tell: Callable[[Point], None]) -> dict[str, Any]:
        """What the process says at the end; each point before that is told."""
        try:
            self._send(**request)
            while True:
                answer = self._receive(SILENCE)
                if "point" not in answer:
                    return answer
                tell(Point.model_validate(answer["point"]))
        except TimeoutError:
            return {"failed": "the process said nothing for an hour"}
        except (EOFError, OSError):
            return {"failed": self._post_mortem()[1]}


def train(
    settings: Settings,
    cell: str,
    backend: str,
    seed: int,
    checkpoint: Path | None,
    tell: Callable[[Point], None],
) -> Trial:
    """Run a trial in a fresh process, on as many processors as it has threads.

    It goes on where there is a checkpoint; what goes wrong is in the record.
    """
    cpus = usable_cpus()
    threads = settings.threads
    process = _Process(backend, threads, cpus[:threads] if threads <= len(cpus) else ())
    curve: list[Point] = []

    def follow(point: Point) -> None:
        curve.append(point)
        tell(point)

    version = ""
    try:
        version = process.version()
        request = {
            "settings": settings.model_dump_json(),
            "cell": cell,
            "seed": seed,
            "checkpoint": str(checkpoint) if checkpoint else None,
        }
        answer = process.learn(request, follow)
    except BackendUnavailable as error:
        answer = {"unavailable": str(error)}
    except WorkerError as error:
        answer = {"failed": str(error)}
    finally:
        process.close()
    return make_trial(settings, cell, backend, seed, version, curve, answer)


def make_trial(
    settings: Settings,
    cell: str,
    backend: str,
    seed: int,
    version: str,
    curve: list[Point],
    answer: dict[str, Any],
) -> Trial:
    """The record of a trial from its curve and what was said at its end."""
    for status in ("unavailable", "failed"):
        if status in answer:
            answer = {"status": status, "reason": answer[status], "steps": 0}
    solved = answer["status"] == "solved"
    steps, seconds = answer["steps"], answer.get("seconds", 0.0)
    return Trial(
        cell=cell,
        backend=backend,
        backend_version=version,
        seed=seed,
        status=answer["status"],
        reason=answer["reason"],
        steps_to_target=curve[-1].step if solved else None,
        seconds_to_target=curve[-1].seconds if solved else None,
        sequences_per_s=steps * settings.batch_size / seconds if seconds else None,
        initial_score=curve[0].score if curve else None,
        final_score=curve[-1].score if curve else None,
        other_load=answer.get("other_load"),
        curve=tuple(curve),
        beyond=tuple(Beyond.model_validate(each) for each in answer.get("beyond", ())),
    )
