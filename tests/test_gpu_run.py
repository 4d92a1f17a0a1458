"""The command measures on a GPU: an emulated one, so times mean nothing and all else is real."""

import json
from pathlib import Path

import pytest
from conftest import require_emulator, run_compiled

EVERYWHERE = Path(__file__).parent / "emulator" / "everywhere"


def lstmbench(*arguments: str) -> str:
    require_emulator()
    return run_compiled("-m", "lstmbench.cli", *arguments, places=(EVERYWHERE,))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network's inference, on the GPU and on the CPU."""
    made = tmp_path_factory.mktemp("gpu") / "result.json"
    sizes = "--cell lstm --mode infer --seq-len 2 --batch-size 2 --input-size 2 --hidden-size 4"
    lstmbench(
        "run", "-b", "numba-cuda,numba-cpu", *sizes.split(), "--budget", "0.1", "-qo", str(made)
    )
    return made


def test_a_row_says_what_the_device_did(result: Path) -> None:
    rows = {row["backend"]: row for row in json.loads(result.read_text())["rows"]}
    row, gpu = rows["numba-cuda"], rows["numba-cuda"]["gpu"]

    assert row["status"] == rows["numba-cpu"]["status"] == "ok"
    assert row["error"]["output"] <= row["error"]["tolerance"]
    assert gpu["name"] == "NVIDIA H200, emulated"
    assert gpu["algorithm"]["forward"].startswith("persistent: one launch")
    assert 0 < gpu["time_s"]["median"] <= row["time_s"]["median"]
    assert gpu["to_device"]["bytes"] == 4 * (2 * 2 * 2 + 2 * (2 * 4))  # x; h0 and c0
    assert rows["numba-cpu"]["gpu"] is None


def test_its_report_sets_the_gpu_beside_the_cpu(result: Path) -> None:
    page = lstmbench("report", str(result))

    assert "NVIDIA H200, emulated" in page
    assert "## GPU against CPU" in page


def test_doctor_finds_the_device() -> None:
    said = lstmbench("doctor")

    assert "NVIDIA H200, emulated" in said
    assert "CUDA 13.0" in said
