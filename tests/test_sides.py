"""The builds that a gate compares: of revisions, folders and environments, each a copy."""

import subprocess
import sys
from pathlib import Path

import pytest

import lstmbench_kernels
from lstmbench.backends.under_test import PACKAGE
from lstmbench.errors import UsageError, WorkerError
from lstmbench.gate.session import SideWorker
from lstmbench.gate.sides import UNDER_TEST, Side, make_sides
from lstmbench.running.process import Installation


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits of a kernel, the second on a branch, and work that is not committed."""
    top = tmp_path / "repository"
    package = top / "kernels" / PACKAGE
    package.mkdir(parents=True)
    monkeypatch.chdir(top)
    for name, value in (("NAME", "A"), ("EMAIL", "a@example.org")):
        monkeypatch.setenv(f"GIT_AUTHOR_{name}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{name}", value)
    git("init", "--quiet", "--initial-branch", "main")
    commit(package, "first")
    git("checkout", "--quiet", "-b", "topic")
    commit(package, "second")
    (package / "__init__.py").write_text("not committed")
    return top


def commit(package: Path, text: str) -> None:
    (package / "__init__.py").write_text(text)
    (package.parent / "notes.txt").write_text(text)
    git("add", ".")
    git("commit", "--quiet", "--message", f"The {text} one")


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True)


def kernel_of(side: Side) -> str:
    return (side.path[0] / UNDER_TEST / "__init__.py").read_text()


def test_the_base_is_where_the_branch_began_and_the_head_is_the_working_tree(repository: Path):
    with make_sides(None) as sides:
        assert [kernel_of(side) for side in sides.values()] == ["first", "not committed", "first"]
        assert sides["base"].revision.endswith("The first one")
        assert sides["head"].revision.endswith(" The second one, and what is not committed")
        places = {side.path[0] for side in sides.values()}
        assert len(places) == 3
        assert not any(place.is_relative_to(repository) for place in places)
    assert not any(place.exists() for place in places)


def test_one_harness_drives_every_side(repository: Path):
    with make_sides("HEAD") as sides:
        (harness,) = {side.path[-1] for side in sides.values()}
        assert (harness / "lstmbench" / "running" / "worker.py").is_file()
        assert {side.python for side in sides.values()} == {Path(sys.executable)}
        assert kernel_of(sides["base"]) == "second"
    assert repository.exists()


def test_what_is_edited_while_a_gate_runs_changes_no_side(repository: Path):
    with make_sides("main") as sides:
        (repository / "kernels" / PACKAGE / "__init__.py").write_text("edited")
        assert kernel_of(sides["head"]) == "not committed"


def test_a_folder_may_hold_the_package_itself(repository: Path):
    with make_sides(str(repository / "kernels"), "main") as sides:
        assert kernel_of(sides["base"]) == "not committed"
        assert kernel_of(sides["head"]) == "first"


def test_an_environment_is_used_as_it_is(repository: Path, tmp_path: Path):
    python = tmp_path / "environment" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    with make_sides(str(tmp_path / "environment")) as sides:
        assert sides["base"].python == python
        assert sides["control"].python == python
        # This one has kernels installed: those that run this very test.
        ours = Path(lstmbench_kernels.__file__).read_text()
        assert kernel_of(sides["base"]) == kernel_of(sides["control"]) == ours
    assert repository.exists()


@pytest.mark.parametrize(
    ("base", "complaint"),
    [
        ("no-such", "--base: expected a revision or a folder, got 'no-such', which is neither"),
        ("--output=x", "--base: expected a revision or a folder, got '--output=x'"),
        (".git", "--base: expected a folder with lstmbench_kernels in it"),
    ],
)
def test_what_is_neither_is_refused_in_one_line(repository: Path, base: str, complaint: str):
    with pytest.raises(UsageError, match=complaint), make_sides(base):
        pass
    assert repository.exists()


def test_outside_of_a_repository_a_person_has_to_say_what_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(UsageError, match="inside a git repository"), make_sides(None):
        pass


def test_a_worker_that_loaded_other_kernels_is_no_side(tmp_path: Path):
    class Loaded:
        kernels = tmp_path / "elsewhere" / PACKAGE

        def version(self) -> str:
            return "1"

        start = perform = again = close = lambda *_: None

    side = Side("head", "it", Path(sys.executable), (tmp_path / "head", tmp_path / "harness"))
    with pytest.raises(WorkerError, match=r"head: expected the kernels of .*, got .*elsewhere"):
        SideWorker(side, Loaded()).version()  # type: ignore[arg-type]


def test_a_worker_looks_where_its_side_lies_before_anywhere_else(tmp_path: Path):
    installation = Installation(path=(tmp_path / "a", tmp_path / "b"), environment={"X": "1"})
    variables = installation.variables()
    assert variables["PYTHONPATH"] == f"{tmp_path / 'a'}:{tmp_path / 'b'}"
    assert variables["X"] == "1"
