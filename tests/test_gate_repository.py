"""The gate as a person meets it: a repository, a commit, a command, a verdict.

The repository's kernels are a few lines that tell the fake backend what to play, so that every time
is exact; one test has a real one.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from conftest import run_tool

from lstmbench.backends.under_test import PACKAGE
from lstmbench.gate.comment import MARKER
from lstmbench.gate.records import GateFile

SUITE = """
name = "mine"
description = "What is gated here."
baseline = "{backend}"
backends = ["{backend}"]
[[rows]]
source = "own choice"
cell = "lstm"
mode = "infer"
seq_len = {seq_len}
batch_size = 1
hidden_size = 4
"""
ROW, OTHER = "lstm/infer/T3-B1-I4-H4-L1/float32", "lstm/infer/T5-B1-I4-H4-L1/float32"
USUAL = {"seconds": [0.003]}

# An LSTM of one layer for inference, in the few words that the adapter asks of a layer.
LAYER = """
import numpy as np

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

class RNN:
    def __init__(self, input_size, hidden_size, *, dtype, **options):
        self.dtype = dtype

    def load_state_dict(self, weights):
        self.w = weights

    def forward(self, x, initial, out=None):
        h, c = initial[0][0], initial[1][0]
        y = []
        for step in x:
            gates = step @ self.w["weight_ih_l0"].T + self.w["bias_ih_l0"]
            gates = gates + h @ self.w["weight_hh_l0"].T + self.w["bias_hh_l0"]
            i, f, g, o = np.split(gates, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            y.append(h)
        return np.array(y), (h[np.newaxis], c[np.newaxis])

LSTM = GRU = RNN
"""


@dataclass(frozen=True)
class Repository:
    """A git repository with kernels, and where a gate of it is told to write."""

    top: Path

    def git(self, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=self.top, check=True)

    def kernels(self, text: str) -> None:
        """Edit the package, without committing it."""
        package = self.top / "kernels" / PACKAGE
        package.mkdir(parents=True, exist_ok=True)
        (package / "__init__.py").write_text(text)

    def plays(self, *rules: dict[str, Any]) -> None:
        """Edit the package so that the fake backend plays these rules."""
        self.kernels(f"FAKE = {list(rules)!r}\n")

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def gate(
        self, *arguments: str, seq_len: str = "3", backend: str = "fake"
    ) -> tuple[int, str, GateFile, str]:
        """What a gate ends with, the last line it says, the verdict file and the comment."""
        out = self.top.parent
        (out / "suite.toml").write_text(SUITE.format(seq_len=seq_len, backend=backend))
        done = run_tool(
            *("gate", "--suite", str(out / "suite.toml"), "--threads", "1"),
            *("--output", str(out / "verdict.json"), "--comment", str(out / "comment.md")),
            *arguments,
            cwd=self.top,
            GITHUB_STEP_SUMMARY=str(out / "summary.md"),
        )
        assert (out / "verdict.json").exists(), done.stderr
        verdict = GateFile.model_validate_json((out / "verdict.json").read_text())
        page = (out / "comment.md").read_text()
        assert page.startswith(MARKER)
        assert (out / "summary.md").read_text() == page
        assert verdict.exit_code == done.returncode
        return done.returncode, done.stderr.splitlines()[-1], verdict, page


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A branch of one commit, which changes a document only, off a main branch of one."""
    for name, value in (("NAME", "A"), ("EMAIL", "a@example.org")):
        monkeypatch.setenv(f"GIT_AUTHOR_{name}", value)
        monkeypatch.setenv(f"GIT_COMMITTER_{name}", value)
    made = Repository(tmp_path / "repository")
    made.top.mkdir()
    made.git("init", "--quiet", "--initial-branch", "main")
    made.plays(USUAL)
    made.commit("The kernels")
    made.git("checkout", "--quiet", "-b", "topic")
    (made.top / "README.md").write_text("Words.")
    made.commit("Words about the kernels")
    return made


def decisions(verdict: GateFile) -> dict[str, str]:
    return {row.id: row.decision for row in verdict.rows if row.id in (ROW, OTHER)}


def test_a_commit_that_changes_only_words_passes(repository: Repository):
    code, said, verdict, page = repository.gate("--blocks", "5,1")

    assert (code, verdict.verdict) == (0, "passed")
    assert said.startswith("passed: no row is slower by more than the 2 % allowed: 1 unchanged")
    assert decisions(verdict) == {ROW: "unchanged"}
    assert "✅ **lstmbench gate: passed**" in page


def test_a_commit_that_makes_a_kernel_slower_is_stopped(repository: Repository):
    repository.plays({"seconds": [0.0036]})
    repository.commit("Slower")

    code, said, verdict, page = repository.gate("--blocks", "1,7", "--base", "HEAD~1")

    assert (code, verdict.verdict) == (1, "regressed")
    assert said.startswith(
        "regressed: 1 of 1 rows slower by more than the 2 % allowed: "
        f"{ROW} takes 1.20× as long, at least"
    )
    assert decisions(verdict) == {ROW: "regressed"}
    assert verdict.base.endswith("Words about the kernels")
    assert (verdict.rows[0].base_s, verdict.rows[0].head_s) == pytest.approx((0.003, 0.0036))
    assert "❌ **lstmbench gate: regressed**" in page
    assert "| 3.00 ms | 3.60 ms | 1.200 |" in page


def test_work_that_is_not_committed_is_judged_against_where_the_branch_began(
    repository: Repository,
):
    repository.git("checkout", "--quiet", "main")
    repository.plays({"fault": "wrong"})
    repository.commit("Main has gone on, and is wrong now")
    repository.git("checkout", "--quiet", "topic")
    repository.plays({"fault": "wrong"})

    code, said, verdict, page = repository.gate("--blocks", "1,1")

    assert (code, verdict.verdict) == (5, "incorrect")
    assert said.startswith(f"incorrect: 1 of 1 rows wrong: {ROW}: error ")
    assert decisions(verdict) == {ROW: "incorrect"}
    assert verdict.base.endswith("The kernels")
    assert verdict.head.endswith(", and what is not committed")
    assert "❌ **lstmbench gate: incorrect**" in page


def test_a_row_that_silently_disappears_is_missed(repository: Repository):
    repository.plays(USUAL, {"id": OTHER, "fault": "unavailable"})
    repository.commit("One row less")

    code, said, verdict, page = repository.gate("--blocks", "1,1", seq_len="[3, 5]")

    assert (code, verdict.verdict) == (4, "incomplete")
    assert said == (
        f"incomplete: 1 of 2 rows without a time: {OTHER}: unavailable: "
        f"fake: told to be unavailable for {OTHER}"
    )
    assert decisions(verdict)[OTHER] == "missing"
    assert "❌ **lstmbench gate: incomplete**" in page


def test_a_build_that_cannot_be_imported_is_missed_too(repository: Repository):
    repository.kernels("FAKE = ")

    code, said, verdict, _ = repository.gate("--blocks", "1,1")

    assert (code, verdict.verdict) == (4, "incomplete")
    assert "SyntaxError" in said
    assert decisions(verdict) == {ROW: "missing"}


def test_a_kernel_that_computes_something_else_is_wrong(repository: Repository):
    simd = repository.top / "kernels" / PACKAGE / "cpu" / "simd.py"
    simd.parent.mkdir()
    simd.write_text("")
    repository.kernels(LAYER)
    repository.commit("A kernel")
    repository.kernels(LAYER.replace("sigmoid(f) * c", "f * c"))
    repository.commit("One function less to call")

    code, said, verdict, _ = repository.gate(
        "--blocks", "1,1", "--base", "HEAD~1", backend="numba-cpu"
    )

    assert (code, verdict.verdict) == (5, "incorrect")
    assert said.startswith(f"incorrect: 1 of 1 rows wrong: {ROW}: error ")


def test_a_folder_that_is_no_repository_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    (tmp_path / "suite.toml").write_text(SUITE.format(seq_len="3", backend="fake"))

    done = run_tool("gate", "-s", "suite.toml", "-o", "verdict.json", cwd=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: gate: expected to run inside a git repository, or --base and --head PATH\n"
    )
    assert not (tmp_path / "verdict.json").exists()
