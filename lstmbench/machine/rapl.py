"""Energy of the processor packages, by the running average power limit of Intel and AMD.

Linux shows the counter of each package as a file of microjoules that begins again at zero behind
its largest value.  Memory (``dram``) and parts of a package are counted apart, and left out: not
every processor has them.
"""

from pathlib import Path

from ..errors import EnergyUnknown
from ..units import Joules
from .energy import Meter, no_meter

FOLDER = Path("/sys/class/powercap")
# The counter moves about every millisecond: by at most 1 % of this.
NEEDS = 0.1


class Package:
    """One package, whose counter is followed past its largest value.

    Attributes:
        name: such as ``package-0``.
        joules: what it drew since it was made, when last read.
    """

    def __init__(self, folder: Path) -> None:
        self.name = _read(folder / "name")
        self._file = folder / "energy_uj"
        self._range = int(_read(folder / "max_energy_range_uj"))
        self._last = int(_read(self._file))
        self._moved = 0

    def joules(self) -> Joules:
        """What it drew since it was made."""
        now = int(_read(self._file))
        # Whatever is less than before has passed the largest value, once: at 500 W that takes
        # minutes, and no row is measured for so long.
        self._moved += now - self._last if now >= self._last else now + self._range - self._last
        self._last = now
        return self._moved * 1e-6


def meter(folder: Path = FOLDER) -> Meter:
    """The meter of all packages together, or one that says why there is none."""
    try:
        domains = sorted(folder.glob("intel-rapl:*"))
        packages = [Package(each) for each in domains if _read(each / "name").startswith("package")]
    except EnergyUnknown as error:
        return no_meter(str(error))
    if not packages:
        return no_meter(
            f"{folder} has no counter of a processor package (intel-rapl:*): the processor has "
            "none, or a virtual machine or container hides it"
        )
    names = " and ".join(package.name for package in packages)
    return Meter(f"RAPL of {names}", NEEDS, lambda: sum(each.joules() for each in packages))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except PermissionError as error:
        raise EnergyUnknown(
            f"{path} cannot be read: permission denied; run as root, or sudo chmod a+r {path}"
        ) from error
    except OSError as error:
        raise EnergyUnknown(f"{path} cannot be read: {error.strerror}") from error
