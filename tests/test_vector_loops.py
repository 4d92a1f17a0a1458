"""The loops in which nearly all time is spent keep their vectors in registers, on any processor."""

import json
import platform
from pathlib import Path

import pytest
from conftest import run_compiled

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
def test_no_loop_that_multiplies_has_a_vector_on_the_stack(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled for a processor that need not be this one; nothing of it is run."""
    monkeypatch.setenv("NUMBA_CPU_NAME", name)
    monkeypatch.setenv("NUMBA_CPU_FEATURES", PROCESSORS[name])
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    loops = [json.loads(line) for line in run_compiled(str(SCRIPT)).splitlines()]
    tiles = {each["name"] for each in loops if "_tile_" in each["name"]}
    assert len(tiles) == 2 * TILE_ROWS * TILE_VECTORS
    if "avx512" not in name:  # streams are not used where registers are few
        loops = [each for each in loops if each["name"] in tiles]
    assert [each for each in loops if each["spilled"]] == []
