"""When, where and by which command a file is made."""

import shlex
import sys
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from .machine.environment import Environment
from .model import Model


class Made(Model):
    """How every file begins whose rows are no times of calls."""

    schema_: Annotated[str, Field(alias="schema")]
    """What kind of file this is."""
    version: Literal[1] = 1
    """The version of the format."""
    created: str
    """UTC, ISO 8601."""
    command: str
    """The command line that makes it again."""
    environment: Environment
    """The machine and the software."""


def now() -> str:
    """This second in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def command() -> str:
    """The command line that this process was given."""
    return shlex.join(["lstmbench", *sys.argv[1:]])


def fresh(command_line: str) -> str:
    """The command line that begins anew what this one went on with."""
    return shlex.join(word for word in shlex.split(command_line) if word != "--resume")
