"""What of CUDA is there is found without importing it; what is missing comes with a remedy."""

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from lstmbench.machine import cuda


class Library:
    """A driver for CUDA 13.0 with two devices."""

    def __init__(self, status=0):
        self.status = status

    def cuInit(self, _flags):  # noqa: N802
        return self.status

    def cuDriverGetVersion(self, number):  # noqa: N802
        number._obj.value = 13000
        return self.status

    def cuDeviceGetCount(self, count):  # noqa: N802
        count._obj.value = 2
        return self.status

    def cuDeviceGetName(self, name, _size, number):  # noqa: N802
        name.value = f"Imaginary {number}".encode()
        return self.status


@pytest.fixture
def driver(monkeypatch):
    """Replace the driver's library; ``None`` is a machine without."""
    monkeypatch.setattr(cuda, "KERNEL_MODULE", Path("/nowhere"))

    def install(library):
        monkeypatch.setattr(cuda, "_library", lambda: library)

    return install


def test_a_driver_says_its_version_and_its_devices(driver):
    driver(Library())

    assert cuda.no_driver() is None
    assert cuda.driver() == cuda.facts()["driver"] == "CUDA 13.0"
    assert cuda.devices() == ["Imaginary 0", "Imaginary 1"]
    assert cuda.facts()["device"] == "Imaginary 0, Imaginary 1"


def test_the_kernel_may_tell_the_version_of_the_driver(driver, monkeypatch, tmp_path):
    text = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05  Tue Sep 23 10:11:16 UTC 2025"
    (tmp_path / "version").write_text(f"{text}\nGCC version:  gcc version 12.2.0\n")
    monkeypatch.setattr(cuda, "KERNEL_MODULE", tmp_path / "version")
    driver(Library())

    assert cuda.driver() == "580.95.05, CUDA 13.0"


def test_a_driver_that_refuses_has_no_devices(driver):
    driver(Library(status=100))

    assert cuda.devices() == []
    assert cuda.facts()["device"] == "none"
    assert cuda.facts()["driver"] == "of an unknown version"


def test_without_a_driver_one_line_says_so_and_what_to_do(driver):
    driver(None)

    assert cuda.no_driver() == cuda.facts()["driver"]
    assert cuda.no_driver().startswith("no NVIDIA driver: libcuda.so.1 is not on this machine; ")
    assert "\n" not in cuda.no_driver()
    assert cuda.devices() == []


def test_a_library_that_is_not_there_is_not_loaded(monkeypatch):
    def absent(_name):
        raise OSError("cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", absent)
    cuda._library.cache_clear()
    try:
        assert cuda.no_driver() == cuda.NO_DRIVER
    finally:
        cuda._library.cache_clear()


@pytest.mark.parametrize(
    ("value", "on"), [(None, False), ("", False), ("0", False), ("1", True), (" 1 ", True)]
)
def test_the_simulator_is_on_where_numba_is_told_so(monkeypatch, value, on):
    monkeypatch.delenv(cuda.SIMULATOR, raising=False)
    if value is not None:
        monkeypatch.setenv(cuda.SIMULATOR, value)

    assert cuda.simulated() is on
    assert cuda.facts()["simulator"].startswith("on" if on else "off")


@pytest.mark.parametrize(
    "place", ["site/nvidia/cu13/lib/libnvvm.so.4", "toolkit/nvvm/lib64/libnvvm.so"]
)
def test_libnvvm_is_found_in_a_wheel_and_in_a_toolkit(monkeypatch, tmp_path, place):
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.touch()
    spec = type("Spec", (), {"submodule_search_locations": [str(tmp_path / "site" / "nvidia")]})
    monkeypatch.setattr(cuda, "find_spec", lambda _name: spec)
    monkeypatch.setenv("CUDA_HOME", str(tmp_path / "toolkit"))
    monkeypatch.setattr(cuda, "TOOLKIT", tmp_path / "none")

    assert cuda.libnvvm() == path
    assert cuda.facts()["libnvvm"] == str(path)


def test_without_libnvvm_one_line_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setattr(cuda, "find_spec", lambda _name: None)
    monkeypatch.setattr(cuda, "TOOLKIT", tmp_path)
    for name in ("CUDA_HOME", "CUDA_PATH"):
        monkeypatch.delenv(name, raising=False)

    assert cuda.libnvvm() is None
    assert cuda.facts()["libnvvm"].startswith("not found; pip install 'lstmbench[cuda]'")


def test_a_package_that_is_not_installed_comes_with_its_command(monkeypatch):
    def absent(name):
        raise cuda.PackageNotFoundError(name)

    monkeypatch.setattr(cuda, "version", absent)

    assert cuda.facts()["numba-cuda"] == "not installed; pip install 'lstmbench[cuda]'"


def test_looking_imports_nothing_of_cuda():
    code = (
        "import sys; from lstmbench.machine import cuda; cuda.facts()\n"
        "print([m for m in sys.modules if m.partition('.')[0] in ('numba', 'numba_cuda', 'torch')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
