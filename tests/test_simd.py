"""The same kernels on narrower registers: what a processor without AVX-512 or AVX2 runs."""

import os
import platform
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from kernel_trials import check_against_oracle
from lstmbench_kernels.cpu.host import registers
from lstmbench_kernels.spec import CELLS, Shape

assert registers().bytes == int(sys.argv[1]), registers()
for cell in sys.argv[2:]:
    for shape in (Shape(1, 1, 1, 1), Shape(7, 5, 19, 37, 2, True), Shape(13, 1, 40, 64)):
        check_against_oracle(CELLS[cell], shape, "float32", num_threads=2)
"""


@pytest.mark.skipif(
    platform.machine().lower() not in ("x86_64", "amd64"), reason="names x86 features"
)
@pytest.mark.parametrize(
    ("features", "width"),
    [("-avx512f", 32), ("-avx512f,-avx2,-fma,-avx", 16)],
    ids=["without-AVX-512", "without-AVX2"],
)
def test_narrower_registers_agree_with_the_oracle(features: str, width: int) -> None:
    # Numba's feature string replaces the host's own list, so narrower ones need no such host.
    tests = Path(__file__).parent
    environment = {
        **os.environ,
        "NUMBA_CPU_FEATURES": features,
        "PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent / "kernels")]),
    }
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(width), "lstm", "gru"], env=environment, check=True
    )
