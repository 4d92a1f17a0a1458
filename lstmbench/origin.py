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
