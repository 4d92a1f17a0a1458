"""The loops in which nearly all time is spent keep their vectors in registers, on any processor."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

from lstmbench_kernels.cpu.tile import TILE_ROWS, TILE_VECTORS

SCRIPT = Path(__file__).with_name("vector_loops.py")
PROCESSORS = {
    "haswell": "+avx2,+fma",
    "skylake-avx512": "+avx2,+fma,+avx512f,+avx512vl,+avx512dq,+avx512bw",
}

pytestmark = pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="names x86 processors"
)


@pytest.mark.parametrize("name", PROCESSORS)
def test_no_loop_that_multiplies_has_a_vector_on_the_stack(name: str, tmp_path: Path) -> None:
    """Compiled for a processor that need not be this one; nothing of it is run."""
    environment = {"NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": PROCESSORS[name]}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        env={**os.environ, **environment, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    loops = [json.loads(line) for line in done.stdout.splitlines()]
    tiles = {each["name"] for each in loops if "_tile_" in each["name"]}
    assert len(tiles) == 2 * TILE_ROWS * TILE_VECTORS
    if "avx512" not in name:  # streams are not used where registers are few
        loops = [each for each in loops if each["name"] in tiles]
    assert [each for each in loops if each["spilled"]] == []
