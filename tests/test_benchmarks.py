"""The benchmarks of pytest-benchmark: run by their name alone, and right when they are."""

import os
import subprocess
import sys
from pathlib import Path

from lstmbench.formats import pytest_benchmark_import

ROOT = Path(__file__).parent.parent
NO_TESTS = 5


def by_pytest(*arguments):
    # What this pytest tells its own workers is not for another one.
    environment = {n: value for n, value in os.environ.items() if not n.startswith("PYTEST_")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_normal_run_has_no_benchmarks():
    done = by_pytest("--collect-only", "--ignore-glob", "tests/test_*.py")

    assert done.returncode == NO_TESTS, done.stdout


def test_the_benchmarks_are_every_cell_and_pass_in_three_sizes():
    done = by_pytest("--collect-only", "tests/benchmarks", "--benchmark-only")

    names = [line.partition("[")[2] for line in done.stdout.splitlines() if "::" in line]
    assert {name.rpartition("-T")[0] for name in names} == {
        f"{cell}-{mode}" for cell in ("lstm", "gru", "rnn-tanh") for mode in ("infer", "train")
    }
    assert len(names) == len(set(names)) == 3 * 3 * 2


def test_a_benchmark_runs_is_verified_and_becomes_a_row(tmp_path):
    file = tmp_path / "theirs.json"
    few = ("--benchmark-max-time", "0.001", "--benchmark-min-rounds", "6")

    done = by_pytest(
        "tests/benchmarks", "-k", "lstm-train and B1-", *few, "--benchmark-json", str(file)
    )

    assert done.returncode == 0, done.stdout
    result = pytest_benchmark_import.read(file)
    (row,) = result.rows
    assert (row.id, row.backend) == ("lstm/train/T64-B1-I64-H64-L1/float32", "numba-cpu")
    assert result.measured_by == "pytest-benchmark"
    assert result.command.startswith("pytest -q")
