"""A trial on disk as it was at its last evaluation: one file, replaced in one step.

It is an ``.npz`` of arrays without pickle.  One of them, ``json``, is text: what is no array.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from ..errors import ResultFormatError
from ..result import write_bytes_atomically

TEXT = "json"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a learner, and what else going on needs."""

    arrays: Mapping[str, NDArray[Any]]
    facts: dict[str, Any]


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Replace the file; raises ``OutputError``."""
    file = io.BytesIO()
    text = np.array(json.dumps(checkpoint.facts))
    np.savez(file, allow_pickle=False, **{TEXT: text, **checkpoint.arrays})
    write_bytes_atomically(path, file.getvalue())


def read(path: Path) -> Checkpoint | None:
    """What was written last; ``None`` where nothing was.  Raises ``ResultFormatError``."""
    try:
        with NpzFile(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
            facts = json.loads(str(arrays.pop(TEXT)))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ResultFormatError(
            f"{path}: not a checkpoint that can be read ({error}); "
            "delete it to begin the trial anew"
        ) from error
    return Checkpoint(arrays, facts)
