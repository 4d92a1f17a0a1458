"""The builds that a gate compares: the kernels of each, in a place that nobody else writes to.

One harness, that of the head, drives every side; only what is under test differs: the package
``lstmbench_kernels`` of a revision or a folder, or an environment with what is installed in it.
A worker says which kernels it has loaded, so that a side is never measured in another's name.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import lstmbench
import lstmbench_kernels

from ..backends.under_test import PACKAGE
from ..errors import UsageError

# The name under which a worker finds the build of its side.
UNDER_TEST = "lstmbench_kernels_under_test"
# Where a repository or an installation may have the package.
PLACES = ("kernels", "src", ".")
MAIN_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


@dataclass(frozen=True)
class Side:
    """One build.

    Attributes:
        name: ``base``, ``head`` or ``control``.
        revision: what it is, for a person: a commit, or a path.
        python: the interpreter that runs it.
        path: where Python looks before anything that is installed: a folder with the build,
            as ``UNDER_TEST``, and that of the harness.
    """

    name: str
    revision: str
    python: Path
    path: tuple[Path, ...]


@contextmanager
def make_sides(base: str | None, head: str | None = None) -> Iterator[dict[str, Side]]:
    """``base``, ``head`` and ``control``, which is ``base`` once more, in folders of their own.

    Args:
        base: a revision of the repository at hand, a folder with the kernels in it, or an
            environment (a folder with ``bin/python``); the merge base with the main branch where
            None.
        head: the same; the working tree as it is now where None.

    Raises ``UsageError`` where there is no such thing.
    """
    with TemporaryDirectory(prefix="lstmbench-gate-") as folder:
        root = Path(folder)
        harness = root / "harness"
        for package in (lstmbench, lstmbench_kernels):
            _copy(Path(str(package.__file__)).parent, harness / package.__name__)
        first = _prepare("base", base or merge_base(), root, harness)
        sides = {
            "base": first,
            "head": _prepare("head", head, root, harness) if head else _work(root, harness),
            "control": copy_of(first, "control", root),
        }
        yield sides


def merge_base() -> str:
    """The commit that the work at hand began from: where it left the main branch."""
    _top_level()
    for branch in MAIN_BRANCHES:
        found = _git("merge-base", "HEAD", branch, check=False)
        if found:
            return found
    raise UsageError(
        f"--base: expected a revision, as none of {', '.join(MAIN_BRANCHES)} has a commit in "
        "common with HEAD"
    )


def _prepare(name: str, given: str, root: Path, harness: Path) -> Side:
    """A side of a revision, a folder or an environment."""
    path = Path(given)
    if not path.is_dir():
        commit = _git("rev-parse", "--verify", "--quiet", f"{given}^{{commit}}", check=False)
        if not commit:
            raise UsageError(
                f"--{name}: expected a revision or a folder, got {given!r}, which is neither"
            )
        checkout = root / f"checkout-{name}"
        _check_out(commit, checkout)
        return _side(name, _describe(commit), Path(sys.executable), checkout, root, harness)
    python = path / "bin" / "python"
    if not python.exists():
        return _side(name, str(path), Path(sys.executable), path, root, harness)
    return _side(name, str(path), python.absolute(), _installed(python, harness), root, harness)


def _work(root: Path, harness: Path) -> Side:
    """The working tree as it is."""
    top = _top_level()
    revision = _git("log", "-1", "--format=%h %s", check=False) or str(top)
    if _git("status", "--porcelain"):
        revision += ", and what is not committed"
    return replace(_prepare("head", str(top), root, harness), revision=revision)


def _side(name: str, revision: str, python: Path, source: Path, root: Path, harness: Path) -> Side:
    """A copy of the kernels that lie in a folder."""
    for place in PLACES:
        package = source / place / PACKAGE
        if (package / "__init__.py").is_file():
            _copy(package, root / name / UNDER_TEST)
            return Side(name, revision, python, (root / name, harness))
    raise UsageError(
        f"--{name}: expected a folder with {PACKAGE} in it, or in its "
        f"{' or '.join(PLACES[:-1])}, got {revision}"
    )


def copy_of(side: Side, name: str, root: Path) -> Side:
    """The same build in another folder, below ``root``."""
    _copy(side.path[0], root / name)
    return replace(side, name=name, path=(root / name, *side.path[1:]))


def _installed(python: Path, harness: Path) -> Path:
    """Where an environment has the kernels; those of the harness where it has none of its own."""
    find = f"import importlib.util as u; print(u.find_spec({PACKAGE!r}).origin)"
    done = subprocess.run([python, "-P", "-c", find], capture_output=True, text=True, check=False)
    return Path(done.stdout.strip()).parent.parent if done.returncode == 0 else harness


def _copy(folder: Path, target: Path) -> None:
    shutil.copytree(folder, target, ignore=shutil.ignore_patterns("__pycache__"))


def _check_out(commit: str, target: Path) -> None:
    """Write the files of a commit; by an index of its own, so that the repository keeps its own."""
    target.mkdir()
    index = {"GIT_INDEX_FILE": str(target.with_name(f"{target.name}-index"))}
    _run("read-tree", commit, cwd=_top_level(), variables=index)
    _run("checkout-index", "--all", f"--prefix={target}/", cwd=_top_level(), variables=index)


def _describe(commit: str) -> str:
    """A commit in one line."""
    return _git("log", "-1", "--format=%h %s", commit)


def _top_level() -> Path:
    """The folder of the repository at hand."""
    found = _git("rev-parse", "--show-toplevel", check=False)
    if not found:
        raise UsageError("gate: expected to run inside a git repository, or --base and --head PATH")
    return Path(found)


def _git(*arguments: str, check: bool = True) -> str:
    try:
        return _run(*arguments).decode().strip()
    except UsageError:
        if check:
            raise
        return ""


def _run(
    *arguments: str, cwd: Path | None = None, variables: Mapping[str, str] | None = None
) -> bytes:
    """What git says; raises ``UsageError`` where it refuses or is not there."""
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd,
            env={**os.environ, **(variables or {})},
            capture_output=True,
            check=False,
        )
    except OSError as error:
        raise UsageError(f"git: cannot be run: {error.strerror}; install git") from error
    if done.returncode != 0:
        complaint = " ".join(done.stderr.decode(errors="replace").split())
        raise UsageError(f"git {arguments[0]}: {complaint or 'refused'}")
    return done.stdout
