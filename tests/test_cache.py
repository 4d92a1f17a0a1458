"""Compiled code kept on disk: found again by the next process, never served after an edit."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba
import pytest

import lstmbench_kernels
from lstmbench_kernels.cpu import compile as compile_module

PROGRAM = """
from numba.core import event
import numpy as np
with event.install_recorder("numba:compile") as recorder:
    from lstmbench_kernels import RNN
    net = RNN(1, 1, bias=False, dtype="float64", num_threads=1)
    net.load_state_dict({name: np.ones((1, 1)) for name in net.state_dict()})
    y, _ = net.forward(np.full((1, 1, 1), 0.5))
print(float(y[0, 0, 0]), sum("forward" in str(e.data["dispatcher"]) for _, e in recorder.buffer))
"""


def run_copy(
    package: Path, cache: Path, program: str = PROGRAM, **variables: str
) -> tuple[float, int]:
    """y of a small network in a new process, and how often it compiled the kernel."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(package),
        "NUMBA_CACHE_DIR": str(cache),
        # Python itself would not see an edit that leaves size and date as they were.
        "PYTHONDONTWRITEBYTECODE": "1",
        **variables,
    }
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    value, compiled = done.stdout.split()
    return float(value), int(compiled)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, float]:
    """A copy of the package, a cache that a first process filled from it, and what it computed."""
    folder = tmp_path_factory.mktemp("filled")
    copy, cache = folder / "copy", folder / "cache"
    ignore = shutil.ignore_patterns("__pycache__")
    source = Path(lstmbench_kernels.__file__).parent
    shutil.copytree(source, copy / "lstmbench_kernels", ignore=ignore)
    value, compiled = run_copy(copy, cache)
    assert value == pytest.approx(0.46211715726, abs=1e-9)  # tanh 0.5
    assert compiled > 0
    return copy, cache, value


def test_the_cache_is_found_again_and_never_serves_old_code(
    filled: tuple[Path, Path, float], tmp_path: Path
) -> None:
    copy, kept, value = filled
    cache = shutil.copytree(kept, tmp_path / "cache")
    assert run_copy(copy, cache) == (value, 0)

    cell = copy / "lstmbench_kernels" / "cells" / "rnn.py"
    text = cell.read_text()
    times = cell.stat()
    edited = text.replace("n = tanh(pre)  # R1", "n = tanh(-pre) # R1")
    assert len(edited) == len(text)
    try:
        cell.write_text(edited)
        os.utime(cell, ns=(times.st_atime_ns, times.st_mtime_ns))  # same size, same date
        other, compiled = run_copy(copy, cache)
    finally:
        cell.write_text(text)
        os.utime(cell, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert other == pytest.approx(-value, abs=1e-15)
    assert compiled > 0


def test_what_the_same_lines_are_made_for_never_shares_an_index(
    filled: tuple[Path, Path, float], tmp_path: Path
) -> None:
    copy, kept, _ = filled
    cache = shutil.copytree(kept, tmp_path / "cache")
    run_copy(copy, cache, NUMBA_CPU_FEATURES="-avx512f")
    program = PROGRAM.replace("RNN(", "GRU(").replace("import RNN", "import GRU")
    program = program.replace("np.ones((1, 1))", "np.ones(net.state_dict()[name].shape)")
    run_copy(copy, cache, program)
    indexes = [path for path in cache.rglob("*.nbi") if "forward" in path.name]
    # Two processors and one other cell: each its own index, with one file of code beside it.
    assert len(indexes) == 3
    assert len({path.parent for path in indexes}) == 3
    for path in indexes:
        assert len(list(path.parent.glob(f"{path.stem}.*.nbc"))) == 1


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(blocked))
    compile_module.cache_folder.cache_clear()
    try:
        assert compile_module.cache_folder() is None
        assert compile_module.kernel(lambda x: x + 1)(1) == 2
    finally:
        compile_module.cache_folder.cache_clear()


def test_numba_settings_of_others_stay_as_they_are() -> None:
    before = numba.config.CACHE_DIR
    compile_module.kernel(test_numba_settings_of_others_stay_as_they_are)
    assert before == numba.config.CACHE_DIR
