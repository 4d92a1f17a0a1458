"""When and by which command a file is made."""

import shlex
import sys
from datetime import UTC, datetime


def now() -> str:
    """This second in UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def command() -> str:
    """The command line that this process was given."""
    return shlex.join(["lstmbench", *sys.argv[1:]])


def fresh(command_line: str) -> str:
    """The command line that begins anew what this one went on with."""
    return shlex.join(word for word in shlex.split(command_line) if word != "--resume")
