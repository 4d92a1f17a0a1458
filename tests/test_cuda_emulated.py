"""What NVIDIA's compilers make of the CUDA kernels gives right results, and races with nothing.

The kernels go through numba-cuda to finished binaries and are loaded and launched through its
driver calls; what the launches do is carried out on the CPU (``emulator``).
"""

import json
from pathlib import Path

import pytest
from conftest import require_emulator, run_compiled
from cuda_emulated import BROKEN

SCRIPT = Path(__file__).with_name("cuda_emulated.py")
# Of the script's cases, which compile their own kernels, a second each: those that differ most.
# All of them: python tests/cuda_emulated.py
CASES = [
    "rnn-relu bfloat16",
    "lstm float32 graph",
    "lstm float64",
    "lstm ragged",
    "gru float16",
    "stack float32",
    "behind one another graph",
    "blocks that meet float32",
    "between meetings lstm",
    "groups of blocks that meet float32",
    "several warps along k float32",
    "weights in shared memory float16",
]


@pytest.fixture(scope="module")
def errors() -> dict[str, str]:
    """What went wrong in each case."""
    require_emulator()
    found = run_compiled(str(SCRIPT), *CASES, *BROKEN)
    return {each["name"]: each["error"] for each in map(json.loads, found.splitlines())}


@pytest.mark.parametrize("case", CASES)
def test_compiled_kernels_agree_with_the_oracle(errors: dict[str, str], case: str) -> None:
    assert not errors[case], errors[case]


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_on_purpose_is_noticed(errors: dict[str, str], case: str) -> None:
    assert not errors[case], errors[case]
