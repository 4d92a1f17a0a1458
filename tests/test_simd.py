"""The same kernels on narrower registers: what a processor without AVX-512 or AVX2 runs."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import run_tool

from lstmbench.planning.suite import load_suite
from lstmbench_kernels.cpu.host import registers

WIDTH_OF = "from lstmbench_kernels.cpu.host import registers; print(registers().bytes)"
LONGEST, LARGEST = 12, 256  # steps and hidden units: what takes seconds, not minutes

# What to turn off for registers of so many bytes.  Numba's feature string replaces the host's own
# list, so narrower ones need no such host.
FEATURES = {32: "-avx512f", 16: "-avx512f,-avx2,-fma,-avx"}
OWN = pytest.mark.skipif(registers().bytes <= 32, reason="no AVX-512 here: all tests run without")
narrower = pytest.mark.parametrize(
    "width",
    [pytest.param(32, id="without-AVX-512", marks=OWN), pytest.param(16, id="without-AVX2")],
)
pytestmark = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="names x86 features"
)


def reduced(suite: str) -> str:
    """The rows of a suite up to ``LARGEST``, cut to ``LONGEST`` steps, as TOML."""
    head = {"name": "reduced", "description": "x", "baseline": "numba-cpu"}
    lines = [f"{key} = {json.dumps(value)}" for key, value in head.items()]
    lines.append('backends = ["numba-cpu"]')
    for rows in load_suite(suite).rows:
        if rows.hidden_size <= LARGEST:
            of = rows.model_dump(exclude_none=True) | {"seq_len": min(rows.seq_len, LONGEST)}
            lines += ["[[rows]]", *(f"{key} = {json.dumps(value)}" for key, value in of.items())]
    return "\n".join(lines)


@narrower
def test_narrower_registers_are_used(width: int) -> None:
    environment = {**os.environ, "NUMBA_CPU_FEATURES": FEATURES[width]}
    done = subprocess.run(
        [sys.executable, "-c", WIDTH_OF], env=environment, capture_output=True, check=True
    )
    assert int(done.stdout) == width


def test_what_is_taken_from_disk_computes_what_was_compiled(tmp_path: Path) -> None:
    """One number wide, and more steps than a panel holds: a lane is read, added to and written."""
    sizes = {"seq_len": 16, "batch_size": 21, "input_size": 1, "hidden_size": 1}
    rows = {"cell": "rnn-tanh", "mode": "train", "dtype": "float64", **sizes}
    (tmp_path / "one.toml").write_text(
        'name = "one"\ndescription = ""\nbaseline = "numba-cpu"\nbackends = ["numba-cpu"]\n'
        + "[[rows]]\n"
        + "".join(f"{name} = {value!r}\n" for name, value in rows.items())
    )
    for _ in range(2):
        done = run_tool(
            "verify", "-b", "numba-cpu", "--suite", "one.toml",
            cwd=tmp_path, NUMBA_CPU_FEATURES=FEATURES[16], NUMBA_CACHE_DIR=str(tmp_path),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


@narrower
@pytest.mark.parametrize("what", ["suite", "random"])
def test_verification_holds_on_narrower_registers(width: int, what: str, tmp_path: Path) -> None:
    (tmp_path / "reduced.toml").write_text(reduced("cpu-limit"))
    chosen = ("--suite", "reduced.toml") if what == "suite" else ("--random", "60")
    for _ in range(2):  # the second time no kernel is compiled: all are taken from disk
        done = run_tool(
            "verify", "-b", "numba-cpu", "--threads", "2", *chosen,
            cwd=tmp_path, NUMBA_CPU_FEATURES=FEATURES[width],
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "numba-cpu" in done.stdout


@narrower
def test_losses_hold_on_narrower_registers(width: int) -> None:
    tests = Path(__file__).with_name("test_training_losses.py")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tests)],
        env={**os.environ, "NUMBA_CPU_FEATURES": FEATURES[width]}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
