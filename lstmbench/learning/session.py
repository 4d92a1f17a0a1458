"""One `lstmbench learn` from its settings to its file and its page, interrupted or not.

While it is unfinished, ``FILE.json.unfinished`` holds the trials that have ended, and
``FILE.json.CELL-BACKEND-SEED.npz`` the one on its way.  Both are gone when ``FILE.json`` is there.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .. import origin
from ..errors import UsageError
from ..machine.environment import describe, fingerprint, machine
from ..report.shelf import write_page
from ..result import make_folder_of, validated, write_atomically
from ..tasks import load
from . import page, process
from .lesson import lesson
from .records import LearningFile, Settings, Trial
from .summary import groups
from .trial import TIMED
from .view import Quiet

Key = tuple[str, str, int]


def begin(settings: Settings) -> LearningFile:
    """The file of a run that has no trial yet."""
    return LearningFile(
        created=origin.now(),
        command=origin.command(),
        environment=describe(),
        settings=settings,
        lesson=lesson(load(settings.task, lag=settings.lag)),
        timed=TIMED,
        trials=(),
        groups=(),
    )


def unfinished(output: Path) -> Path:
    """Where the trials that have ended are until all have."""
    return output.with_name(f"{output.name}.unfinished")


def take_up(output: Path) -> LearningFile:
    """What an interrupted run has left, or one of whose trials some failed.

    Raises ``UsageError`` or ``ResultFormatError``.
    """
    path = unfinished(output)
    if output.exists() and not path.exists():
        path = output
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"--resume: {path} cannot be read ({error.strerror}): no run was interrupted"
        ) from error
    file = validated(path, text, LearningFile, "an lstmbench learning file")
    if path == output and not any(map(_failed, file.trials)):
        raise UsageError(f"--resume: {output} is complete: no run was interrupted, no trial failed")
    here, there = fingerprint(machine()), fingerprint(file.environment.machine)
    if here != there:
        raise UsageError(
            f"--resume: expected the machine that began ({file.environment.machine.cpu_model}, "
            f"{there}), got {here}: times of two machines are not one run"
        )
    return file


def _checkpoint(output: Path, cell: str, backend: str, seed: int) -> Path:
    """Where the trial on its way is."""
    return output.with_name(f"{output.name}.{cell}-{backend}-{seed}.npz")


def clear(output: Path, settings: Settings) -> None:
    """See that no trial goes on with one that is nobody's any more.

    Raises ``UsageError`` where an unfinished run would be lost.
    """
    path = unfinished(output)
    if path.exists():
        raise UsageError(
            f"{path}: holds an unfinished run; go on with it (--resume -o {output}) or delete it"
        )
    for key in _keys(settings):
        _checkpoint(output, *key).unlink(missing_ok=True)


def run(file: LearningFile, output: Path | None, watcher: Quiet) -> LearningFile:
    """Run the trials that are left or failed; where there is an output, write it and its page.

    Raises ``KeyboardInterrupt`` as it comes: by then all that was done is on the disk.
    """
    if output is not None:
        make_folder_of(output)
        write_atomically(unfinished(output), file.as_file())
    trials = {(trial.cell, trial.backend, trial.seed): trial for trial in file.trials}
    for key in _keys(file.settings):
        if key in trials and not _failed(trials[key]):
            continue
        cell, backend, seed = key
        checkpoint = _checkpoint(output, cell, backend, seed) if output else None
        watcher.started(f"{cell} {backend} seed {seed}")
        trial = process.train(file.settings, cell, backend, seed, checkpoint, watcher.point)
        watcher.ended(trial)
        trials[key] = trial  # where the failed one was
        file = with_trials(file, tuple(trials.values()))
        if output is not None and checkpoint is not None:
            write_atomically(unfinished(output), file.as_file())
            checkpoint.unlink(missing_ok=True)
    if output is not None:
        write(output, file)
        unfinished(output).unlink()
    return file


def _failed(trial: Trial) -> bool:
    return trial.status == "failed"


def with_trials(file: LearningFile, trials: Sequence[Trial]) -> LearningFile:
    """The file with these trials, and what they come to."""
    return file.model_copy(update={"trials": tuple(trials), "groups": groups(trials)})


def _keys(settings: Settings) -> Iterator[Key]:
    """Every trial; the backends of a seed one after the other, so that what disturbs hits all."""
    for seed in range(settings.seeds):
        for cell in settings.cells:
            for backend in settings.backends:
                yield cell, backend, seed


def write(output: Path, file: LearningFile) -> None:
    """The file, the page beside it, and its picture; raises ``OutputError``."""
    write_atomically(output, file.as_file())
    write_page(output.with_suffix(".md"), lambda shelf: page.page(file, shelf))
