"""Clocks and energy come from NVML, or it is said plainly why they are unknown."""

import sys
from types import SimpleNamespace

import pytest

from lstmbench.errors import EnergyUnknown
from lstmbench.machine import nvml
from lstmbench.machine.gpu import Clocks


class NVMLError(Exception):
    pass


def a_library(**given):
    """NVML with one device at 1830 MHz, held back by its power and by nothing to do."""

    functions = {
        "NVMLError": NVMLError,
        "NVML_CLOCK_SM": 1,
        "nvmlInit": lambda: None,
        "nvmlDeviceGetCount": lambda: 1,
        "nvmlDeviceGetHandleByIndex": lambda index: f"device {index}",
        "nvmlDeviceGetHandleByUUID": lambda uuid: f"device {uuid}",
        "nvmlDeviceGetClockInfo": lambda handle, kind: {("device 0", 1): 1830}.get(
            (handle, kind), 1200
        ),
        "nvmlDeviceGetCurrentClocksThrottleReasons": lambda _handle: 0x5,
        "nvmlDeviceGetTotalEnergyConsumption": lambda handle: {"device 0": 12_500}.get(handle, 400),
    }
    return SimpleNamespace(**{**functions, **given})


@pytest.fixture
def library(monkeypatch):
    def install(**given):
        monkeypatch.setitem(sys.modules, "pynvml", a_library(**given))
        monkeypatch.setattr(nvml, "find_spec", lambda _name: object())

    return install


def test_the_clock_and_what_holds_it_back_are_read(library):
    library()

    assert nvml.reader()() == Clocks(sm_mhz=1830, reasons=("idle", "power-cap"))


def test_each_reading_is_of_its_moment(library):
    clocks = iter((345, 1980))
    library(nvmlDeviceGetClockInfo=lambda _handle, _kind: next(clocks))
    read = nvml.reader()

    assert [read().sm_mhz, read().sm_mhz] == [345, 1980]


def test_a_device_is_found_by_its_uuid(library):
    library(nvmlDeviceGetCount=lambda: 8)

    assert nvml.reader("GPU-1234")().sm_mhz == 1200


def test_one_of_several_devices_is_not_guessed(library):
    library(nvmlDeviceGetCount=lambda: 8)

    assert nvml.reader()() == Clocks(
        unknown="NVML: several devices, and which one this is cannot be told"
    )


def test_a_reason_of_a_later_driver_is_kept_as_its_number(library):
    library(nvmlDeviceGetCurrentClocksThrottleReasons=lambda _handle: 0x400)

    assert nvml.reader()().reasons == ("bit 0x400",)


def test_nothing_holds_a_free_clock_back(library):
    library(nvmlDeviceGetCurrentClocksThrottleReasons=lambda _handle: 0)

    assert nvml.reader()().reasons == ()


def test_without_the_package_the_reason_and_the_command_are_in_every_answer(monkeypatch):
    monkeypatch.setattr(nvml, "find_spec", lambda _name: None)

    assert nvml.reader()() == Clocks(
        unknown="nvidia-ml-py is not installed; pip install nvidia-ml-py"
    )


@pytest.mark.parametrize("function", ["nvmlInit", "nvmlDeviceGetCount", "nvmlDeviceGetClockInfo"])
def test_what_nvml_refuses_is_unknown_and_never_an_error(library, function):
    def refuse(*_given):
        raise NVMLError("Driver Not Loaded")

    library(**{function: refuse})

    assert nvml.reader()() == Clocks(unknown="NVML: Driver Not Loaded")


# --- energy


def test_the_counter_of_energy_is_in_millijoules(library):
    library()

    meter = nvml.meter()

    assert meter.read() == pytest.approx(12.5)
    assert meter.needs == nvml.ENERGY_NEEDS


def test_energy_is_of_the_device_that_was_named(library):
    library(nvmlDeviceGetCount=lambda: 8)

    assert nvml.meter("GPU-1234").read() == pytest.approx(0.4)


def test_without_the_package_reading_energy_says_the_command(monkeypatch):
    monkeypatch.setattr(nvml, "find_spec", lambda _name: None)

    with pytest.raises(EnergyUnknown, match="not installed; pip install nvidia-ml-py"):
        nvml.meter().read()


@pytest.mark.parametrize("function", ["nvmlInit", "nvmlDeviceGetTotalEnergyConsumption"])
def test_a_device_that_counts_no_energy_says_so(library, function):
    def refuse(*_given):
        raise NVMLError("Not Supported")

    library(**{function: refuse})

    with pytest.raises(EnergyUnknown, match=r"^NVML: Not Supported$"):
        nvml.meter().read()


def test_energy_of_one_of_several_devices_is_not_guessed(library):
    library(nvmlDeviceGetCount=lambda: 8)

    with pytest.raises(EnergyUnknown, match="several devices"):
        nvml.meter().read()
