"""The error tree, and the exit codes.

LstmbenchError                  one clear line for a person; exit 2
├── UsageError                  an argument or a suite is wrong
├── BackendUnavailable          a framework is missing or cannot run here
├── ResultFormatError           a file is not a result file that can be read
├── OutputError                 something could not be written
├── EnergyUnknown               the machine does not tell what a row drew; the row says so
└── WorkerError                 a worker process did not do what it was asked

A message says what, expected, got, and what to do.  Only ``cli`` catches these, but for those
that are the reason of a row.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the command line; a contract."""

    OK = 0
    REGRESSION = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INCOMPLETE = 4
    INCORRECT = 5
    TIMEOUT = 124
    INTERRUPTED = 130


class LstmbenchError(Exception):
    """Anything a person can be told about in one line."""


class UsageError(LstmbenchError):
    """An argument or a suite file is wrong."""


class BackendUnavailable(LstmbenchError):
    """A backend cannot run here; the message says why and what installs it."""


class ResultFormatError(LstmbenchError):
    """A file is not a result file that this version can read."""


class OutputError(LstmbenchError):
    """A file or folder could not be written."""


class EnergyUnknown(LstmbenchError):
    """A counter of energy is missing, cannot be read, or was read for too short a time."""


class WorkerError(LstmbenchError):
    """A worker process died, or said something unexpected."""


def unknown(what: str, got: str, known: Iterable[str]) -> str:
    """One line about an unknown name: the nearest match, and what is known."""
    known = list(known)
    nearest = get_close_matches(got, known, n=1, cutoff=0.4)
    hint = f"did you mean {nearest[0]!r}? " if nearest else ""
    return f"{what}: unknown {got!r}; {hint}known: {', '.join(known)}"
