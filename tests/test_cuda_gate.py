"""Every CUDA kernel compiles for real devices, within what it may need; broken ones are caught."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import require_peer, run_compiled
from cuda_gate import REGISTERS, Compiled

GATE = Path(__file__).parent / "cuda_gate.py"
CLEAN = Compiled("kernel", "sm_90", REGISTERS, 0, 0, 0, 0, 0, False)


def compile_all(script: str, *arguments: str) -> list[Compiled]:
    """Run a script of the gate in a process where Numba's own simulator is off."""
    require_peer("numba_cuda")
    found = run_compiled(script, *arguments)
    return [Compiled(**json.loads(line)) for line in found.splitlines()]


def test_every_sort_of_kernel_passes_the_gate() -> None:
    found = compile_all(str(GATE))
    assert len(found) >= 350
    failed = [
        f"{each.name} on {each.architecture}: {', '.join(each.violations())}"
        for each in found
        if each.violations()
    ]
    assert not failed, "\n".join(failed)


@pytest.fixture(scope="module")
def broken() -> dict[str, Compiled]:
    """Kernels broken on purpose, by what is wrong with them."""
    script = GATE.with_name("cuda_gate_broken.py")
    return {each.name: each for each in compile_all(str(script))}


@pytest.mark.parametrize(
    ("name", "violation"),
    [
        ("spills", "spilled"),
        ("stack", "stack"),
        ("static shared", "static shared memory"),
        ("double", "float64"),
        ("long division", "64 bits"),
    ],
)
def test_a_kernel_broken_on_purpose_is_caught(
    broken: dict[str, Compiled], name: str, violation: str
) -> None:
    assert any(violation in each for each in broken[name].violations())


def test_a_kernel_that_is_not_broken_passes(broken: dict[str, Compiled]) -> None:
    assert broken["sound"].violations() == []


def test_a_register_more_than_there_are_is_caught() -> None:
    assert CLEAN.violations() == []
    assert "registers" in replace(CLEAN, registers=REGISTERS + 1).violations()[0]
