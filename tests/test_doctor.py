"""The doctor tells what is there, what is doubtful, and what installs a missing backend."""

import json
import os
import platform
import subprocess
import sys

import pytest
from conftest import a_header, a_machine
from rich.console import Console

from lstmbench import doctor
from lstmbench.backends.entries import BACKENDS
from lstmbench.doctor import BackendState, Checkup, Simd


def a_checkup(**given):
    header = a_header()
    fields = {
        "environment": header.environment,
        "fingerprint": header.fingerprint,
        "simd": Simd("imaginary", 256, "AVX2"),
        "kernel_threads": 4,
        "backends": (
            BackendState("numpy", True, "2.4.6", None, "vectorised NumPy"),
            BackendState("torch-cpu", False, None, "pip install torch", "eager"),
        ),
    }
    return Checkup(**{**fields, **given})


def shown(checkup, width=80):
    console = Console(width=width, no_color=True)
    with console.capture() as capture:
        console.print(doctor.table(checkup))
    return capture.get()


@pytest.fixture(scope="module")
def here():
    return doctor.checkup()


def test_every_backend_is_in_a_checkup(here):
    assert [backend.name for backend in here.backends] == list(BACKENDS)


def test_what_is_always_installed_is_ready_with_its_version(here):
    import numpy

    states = {backend.name: backend for backend in here.backends}

    assert (states["numpy"].available, states["numpy"].version) == (True, numpy.__version__)
    assert states["numba-cpu"].available
    assert states["numpy"].install is None


def test_a_backend_whose_package_goes_by_another_name_has_the_version_of_that(monkeypatch):
    monkeypatch.setattr(doctor, "missing", lambda _name: None)
    monkeypatch.setattr(doctor, "not_installed", lambda _name: None)
    monkeypatch.setattr(doctor, "version", lambda name: {"onnxruntime-gpu": "1.31.1"}.get(name))

    states = {state.name: state for state in doctor.checkup().backends}

    assert states["onnxruntime-cuda"].version == "1.31.1"
    assert states["onnxruntime-cpu"].version is None


def test_a_missing_backend_comes_with_its_command(monkeypatch):
    monkeypatch.setattr("lstmbench.backends.registry.find_spec", lambda _name: None)

    states = {backend.name: backend for backend in doctor.checkup().backends}

    assert not states["torch-cpu"].available
    assert states["torch-cpu"].install.startswith("pip install torch")


def test_the_vector_width_is_one_that_processors_have(here):
    assert here.simd.width_bits in (64, 128, 256, 512)
    assert here.simd.cpu


@pytest.mark.parametrize(
    ("features", "name", "width"),
    [("", "128-bit baseline", 128), ("+avx2,+fma", "AVX2", 256)],
)
@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are features of x86-64")
def test_the_vector_width_is_what_numba_is_told_to_compile_for(features, name, width):
    done = subprocess.run(
        [sys.executable, "-c", "from lstmbench.doctor import simd; print(simd())"],
        env={**os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": features},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(Simd("generic", width, name))


def test_a_checkup_is_plain_data(here):
    data = here.as_json()

    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert set(data) == {
        "environment",
        "fingerprint",
        "simd",
        "kernel_threads",
        "backends",
        "roofs",
        "cuda",
    }


def test_the_table_says_all_of_it():
    text = shown(a_checkup())

    for part in (
        "Imaginary 9000 @ 3.00GHz (x86_64, Linux)",
        "4 physical, 4 usable here",
        "L1d 32.0 KiB, L2 2.00 MiB, L3 32.0 MiB",
        "16 GiB",
        "AVX2, 256 bits in use (as imaginary)",
        "4 by default",
        "performance",
        "0.10",
        "lstmbench 0.1.0, python 3.11.9",
        a_header().fingerprint,
        "ready, 2.4.6",
        "missing",
        "pip install torch",
    ):
        assert part in text


def test_what_of_cuda_is_missing_comes_with_how_to_get_it(monkeypatch):
    monkeypatch.delenv("NUMBA_ENABLE_CUDASIM", raising=False)
    monkeypatch.setattr("lstmbench.machine.cuda._library", lambda: None)
    monkeypatch.setattr("lstmbench.backends.registry.find_spec", lambda _name: object())
    seen = doctor.checkup()
    states = {backend.name: backend for backend in seen.backends}

    assert seen.cuda["driver"].startswith("no NVIDIA driver")
    assert states["numba-cuda"].install == states["torch-cuda"].install == seen.cuda["driver"]
    assert not states["torch-cuda"].available


def test_the_table_shows_what_of_cuda_is_there():
    text = shown(a_checkup(cuda={"driver": "CUDA 13.0", "device": "Imaginary [9]"}))

    assert "CUDA 13.0" in text
    assert "Imaginary [9]" in text


def test_what_several_backends_lack_is_told_once():
    lacking = [BackendState(name, False, None, "no driver; get one", "") for name in "abc"]
    text = shown(a_checkup(backends=lacking, cuda={"driver": "no driver; get one"}))

    assert text.count("no driver; get one") == 1
    assert text.count("a driver, see below") == 3


def test_the_table_fits_the_console():
    assert max(len(line) for line in shown(a_checkup(), width=80).splitlines()) <= 80


def test_doubts_are_shown():
    environment = a_header().environment.model_copy(update={"warnings": ("it burns",)})

    assert "warning: it burns" in shown(a_checkup(environment=environment))
    assert "warning" not in shown(a_checkup())


def test_what_a_system_does_not_tell_is_said_to_be_unknown():
    environment = a_header().environment.model_copy(
        update={"governor": None, "load_average": None, "machine": a_machine(caches={})}
    )

    text = shown(a_checkup(environment=environment))

    assert "not exposed by this system" in text
    assert text.count("unknown") == 2


def test_brackets_from_a_processor_are_text_not_style():
    environment = a_header().environment.model_copy(
        update={"machine": a_machine(cpu_model="[red]Fast[/red]")}
    )

    assert "[red]Fast[/red]" in shown(a_checkup(environment=environment))
