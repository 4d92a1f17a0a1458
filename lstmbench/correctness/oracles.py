"""Oracles kept for the length of a run, so that each is computed once and not once a backend."""

from collections.abc import Callable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from .verify import Arrays, Oracle


class OracleStore:
    """A folder of oracles, shared by the workers of one run; without a folder nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def get(self, name: str, make: Callable[[], Oracle]) -> Oracle:
        """The oracle of that name, made where it is not there yet."""
        if self._folder is None:
            return make()
        path = self._folder / f"{name.replace('/', '_')}.npz"
        try:
            return _load(path)
        except (OSError, ValueError, BadZipFile):
            # Not there yet, or cut short by a full disk.
            oracle = make()
        try:
            _save(path, oracle)
        except OSError:
            # No room for it: the next worker computes it again.
            path.unlink(missing_ok=True)
        return oracle


def _save(path: Path, oracle: Oracle) -> None:
    arrays = {f"output {name}": array for name, array in oracle.outputs.items()}
    arrays |= {f"gradient {name}": array for name, array in (oracle.gradients or {}).items()}
    arrays |= {f"slack {name}": array for name, array in oracle.slack.items()}
    scalars = {"tolerance": np.array(oracle.tolerance), "dtype": np.array(oracle.dtype)}
    np.savez(path, allow_pickle=False, **scalars, **arrays)


def _load(path: Path) -> Oracle:
    with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:

        def of(kind: str) -> Arrays:
            return {
                name.removeprefix(kind): arrays[name] for name in arrays if name.startswith(kind)
            }

        return Oracle(
            of("output "),
            of("gradient ") or None,
            float(arrays["tolerance"]),
            str(arrays["dtype"]),
            of("slack "),
        )
