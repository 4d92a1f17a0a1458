"""Energy of processor packages from Linux's files, on a folder of files that the tests write."""

import os
from pathlib import Path

import pytest

from lstmbench.errors import EnergyUnknown
from lstmbench.machine import rapl


@pytest.fixture
def domain(tmp_path):
    """Write the files of a domain; called again, the counter alone."""

    def write(place, energy, *, name=None, most=1_000_000):
        folder = tmp_path / place
        folder.mkdir(exist_ok=True)
        if name is not None:
            (folder / "name").write_text(f"{name}\n")
            (folder / "max_energy_range_uj").write_text(f"{most}\n")
        (folder / "energy_uj").write_text(f"{energy}\n")
        return folder

    return write


def moved(folder: Path, move):
    """Joules between two readings, the counter moved in between."""
    meter = rapl.meter(folder)
    before = meter.read()
    move()
    return meter.read() - before


def test_microjoules_of_a_package_become_joules(domain, tmp_path):
    domain("intel-rapl:0", 250_000, name="package-0")

    assert moved(tmp_path, lambda: domain("intel-rapl:0", 750_000)) == pytest.approx(0.5)


def test_packages_are_counted_together_and_named(domain, tmp_path):
    domain("intel-rapl:0", 0, name="package-0")
    domain("intel-rapl:1", 0, name="package-1")

    def move():
        domain("intel-rapl:0", 200_000)
        domain("intel-rapl:1", 300_000)

    assert moved(tmp_path, move) == pytest.approx(0.5)
    assert rapl.meter(tmp_path).source == "RAPL of package-0 and package-1"


def test_a_counter_that_begins_again_goes_on_from_its_largest_value(domain, tmp_path):
    domain("intel-rapl:0", 900_000, name="package-0", most=1_000_000)

    assert moved(tmp_path, lambda: domain("intel-rapl:0", 150_000)) == pytest.approx(0.25)


def test_each_time_that_it_begins_again_counts(domain, tmp_path):
    domain("intel-rapl:0", 0, name="package-0", most=1_000_000)
    meter = rapl.meter(tmp_path)
    first = meter.read()
    for value in (900_000, 800_000, 700_000):
        domain("intel-rapl:0", value)
        last = meter.read()

    assert last - first == pytest.approx(2.7)


def test_parts_of_a_package_memory_and_the_platform_are_left_out(domain, tmp_path):
    domain("intel-rapl:0", 0, name="package-0")
    others = ("intel-rapl:0:0", "core"), ("intel-rapl:0:1", "dram"), ("intel-rapl:1", "psys")
    for place, name in others:
        domain(place, 0, name=name)
    # The same package once more, by another way.
    domain("intel-rapl-mmio:0", 0, name="package-0")

    def move():
        for place in ("intel-rapl:0", "intel-rapl-mmio:0", *(place for place, _ in others)):
            domain(place, 500_000)

    assert moved(tmp_path, move) == pytest.approx(0.5)


def reason_of(folder):
    with pytest.raises(EnergyUnknown) as told:
        rapl.meter(folder).read()
    return str(told.value)


@pytest.mark.parametrize("folder", ["", "nowhere"])
def test_a_machine_without_a_counter_says_so(tmp_path, folder):
    assert reason_of(tmp_path / folder) == (
        f"{tmp_path / folder} has no counter of a processor package (intel-rapl:*): the processor "
        "has none, or a virtual machine or container hides it"
    )


def test_a_counter_that_only_root_may_read_says_how_to_change_that(domain, tmp_path, monkeypatch):
    folder = domain("intel-rapl:0", 0, name="package-0")
    counter = folder / "energy_uj"
    counter.chmod(0)
    if os.access(counter, os.R_OK):
        # Root may read everything.
        refuse_to_read(monkeypatch, counter)

    assert reason_of(tmp_path) == (
        f"{counter} cannot be read: permission denied; run as root, or sudo chmod a+r {counter}"
    )


def refuse_to_read(monkeypatch, path):
    read = Path.read_text

    def refuse(self, **options):
        if self == path:
            raise PermissionError(13, "Permission denied")
        return read(self, **options)

    monkeypatch.setattr(Path, "read_text", refuse)


def test_a_counter_that_goes_away_says_so(domain, tmp_path):
    folder = domain("intel-rapl:0", 0, name="package-0")
    meter = rapl.meter(tmp_path)
    (folder / "energy_uj").unlink()

    with pytest.raises(EnergyUnknown, match="energy_uj cannot be read: No such file or directory"):
        meter.read()
