"""The wheel holds two packages and what they read, and nothing else."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The names in a wheel that is built from this tree."""
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        timeout=120,
    )
    (path,) = folder.iterdir()
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_two_packages_come_out_of_one_wheel(wheel):
    tops = {name.partition("/")[0] for name in wheel}

    assert {top for top in tops if not top.endswith(".dist-info")} == {
        "lstmbench",
        "lstmbench_kernels",
    }


def test_every_module_of_the_tree_is_in_the_wheel_and_no_other(wheel):
    tree = {
        str(path.relative_to(top.parent))
        for top in (ROOT / "lstmbench", ROOT / "kernels" / "lstmbench_kernels")
        for path in top.rglob("*.py")
    }

    assert {name for name in wheel if name.endswith(".py")} == tree


@pytest.mark.parametrize(
    "name",
    [
        "lstmbench/suites/quick.toml",
        "lstmbench/suites/default.toml",
        "lstmbench/data/sunspots.csv",
        "lstmbench/data/ferry.txt",
        "lstmbench/data/README.md",
        "lstmbench/report/viewer/page.html",
        "lstmbench/report/viewer/page.css",
        "lstmbench/report/viewer/page.js",
        "lstmbench/report/viewer/vendored/VENDORED.toml",
        "lstmbench/report/viewer/vendored/plot.umd.min.js",
        "lstmbench/py.typed",
        "lstmbench_kernels/py.typed",
    ],
)
def test_what_the_packages_read_is_in_the_wheel(wheel, name):
    assert name in wheel


def test_the_licence_and_the_command_are_in_the_wheel(wheel):
    (info,) = {name.partition("/")[0] for name in wheel if ".dist-info/" in name}

    assert f"{info}/licenses/LICENSE" in wheel
    assert f"{info}/entry_points.txt" in wheel


def test_nothing_of_the_tests_or_of_python_s_caches_is_in_the_wheel(wheel):
    kept_out = ("tests", "test_", "conftest", "__pycache__")
    assert not [n for n in wheel if any(part.startswith(kept_out) for part in n.split("/"))]
