"""The host side of the CUDA kernels, by NVIDIA's own packages on a driver that is ours."""

import json
from pathlib import Path

import pytest
from conftest import require_emulator, run_compiled
from cuda_driver import BROKEN, CHECKS

SCRIPT = Path(__file__).with_name("cuda_driver.py")

pytestmark = pytest.mark.peer


def run(*names: str) -> dict[str, str]:
    """What went wrong in each check, in a process where Numba's own simulator is off."""
    require_emulator()
    return dict(map(json.loads, run_compiled(str(SCRIPT), *names, quiet=True).splitlines()))


@pytest.fixture(scope="module")
def outcomes() -> dict[str, str]:
    return run(*CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_on_the_driver(outcomes: dict[str, str], name: str) -> None:
    assert outcomes[name] == "", outcomes[name]


@pytest.mark.parametrize("name", BROKEN)
def test_what_leaves_a_broken_device(name: str) -> None:
    assert run(name) == {name: ""}
