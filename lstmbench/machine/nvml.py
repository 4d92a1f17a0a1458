"""The clock of a GPU, what holds it back and what it draws, from NVIDIA's management library."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from ..errors import EnergyUnknown
from ..units import Joules
from .energy import Meter, no_meter
from .gpu import Clocks

INSTALL = "pip install nvidia-ml-py"
# nvmlClocksEventReasons of nvml.h; the names are ours.
REASONS = {
    0x1: "idle",
    0x2: "applications-clocks",
    0x4: "power-cap",
    0x8: "hardware-slowdown",
    0x10: "sync-boost",
    0x20: "software-thermal",
    0x40: "hardware-thermal",
    0x80: "power-brake",
    0x100: "display-clock",
}

# The counter of energy moves every 20 to 100 ms: by at most 5 % of this.
ENERGY_NEEDS = 2.0


def reader(uuid: str | None = None) -> Callable[[], Clocks]:
    """What reads the clocks of a device, or says in each answer why they are unknown.

    Without a ``uuid`` the device must be the only one: NVML's numbering is not CUDA's.
    """
    found = _find(uuid)
    if isinstance(found, str):
        return lambda: Clocks(unknown=found)
    nvml, handle = found

    def read() -> Clocks:
        try:
            return Clocks(
                sm_mhz=nvml.nvmlDeviceGetClockInfo(handle, nvml.NVML_CLOCK_SM),
                reasons=_reasons(nvml.nvmlDeviceGetCurrentClocksThrottleReasons(handle)),
            )
        except nvml.NVMLError as error:
            return Clocks(unknown=f"NVML: {error}")

    return read


def meter(uuid: str | None = None) -> Meter:
    """The counter of what a device draws, or one that says why there is none."""
    found = _find(uuid)
    if isinstance(found, str):
        return no_meter(found)
    nvml, handle = found

    def read() -> Joules:
        try:
            # In millijoules, since the driver was loaded.
            return float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) * 1e-3
        except nvml.NVMLError as error:
            raise EnergyUnknown(f"NVML: {error}") from error

    return Meter("NVML's counter of the GPU", ENERGY_NEEDS, read)


def _find(uuid: str | None) -> tuple[Any, Any] | str:
    """The library and the device in it, or why there is none."""
    if find_spec("pynvml") is None:
        return f"nvidia-ml-py is not installed; {INSTALL}"
    nvml = import_module("pynvml")
    try:
        nvml.nvmlInit()
        handle = _handle(nvml, uuid)
    except nvml.NVMLError as error:
        return f"NVML: {error}"
    if handle is None:
        return "NVML: several devices, and which one this is cannot be told"
    return nvml, handle


def _handle(nvml: Any, uuid: str | None) -> Any:
    if uuid is not None:
        return nvml.nvmlDeviceGetHandleByUUID(uuid)
    if nvml.nvmlDeviceGetCount() == 1:
        return nvml.nvmlDeviceGetHandleByIndex(0)
    return None


def _reasons(mask: int) -> tuple[str, ...]:
    """The names of the bits of a mask; a bit without a name is its number."""
    bits = [1 << place for place in range(mask.bit_length()) if mask >> place & 1]
    return tuple(REASONS.get(bit, f"bit {bit:#x}") for bit in bits)
