"""What machine this is, and what about it makes numbers doubtful."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import a_machine

from lstmbench.machine import environment
from lstmbench.machine.environment import State, caches, fingerprint

CALM = {"load_average": 0.1, "governor": "performance", "cpu_quota": None, "usable_cores": 4}


def files(folder, **content):
    folder.mkdir(parents=True)
    for name, text in content.items():
        (folder / name).write_text(text + "\n")


# --- the machine


def test_this_machine_is_described_and_the_description_is_finite_json():
    seen = environment.describe()

    assert seen.machine.usable_cores == len(environment.usable_cpus()) >= 1
    assert seen.machine.logical_cores >= seen.machine.physical_cores >= 1
    assert seen.machine.memory_gib >= 1
    assert {"python", "numpy", "numba", "scipy", "lstmbench"} <= set(seen.software)
    assert environment.Environment.model_validate_json(seen.model_dump_json()) == seen


def test_the_fingerprint_is_the_same_in_another_process():
    script = "from lstmbench.machine.environment import *; print(fingerprint(machine()))"
    other = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    assert other.stdout.strip() == fingerprint(environment.machine())


def test_the_fingerprint_of_a_machine_does_not_change_from_version_to_version():
    # Result files are told apart by it: a change of this value is a change of the file format.
    assert fingerprint(a_machine()) == "43ec436bad218923"


@pytest.mark.parametrize(
    "other",
    [
        {"cpu_model": "Imaginary 9001"},
        {"usable_cores": 2},
        {"memory_gib": 32},
        {"caches": {"L1d": 48 * 2**10}},
        {"simd": ("avx2",)},
    ],
)
def test_another_machine_has_another_fingerprint(other):
    assert fingerprint(a_machine(**other)) != fingerprint(a_machine())


# --- caches


def test_caches_are_read_from_the_kernels_folder(tmp_path):
    files(tmp_path / "index0", level="1", type="Data", size="48K")
    files(tmp_path / "index1", level="1", type="Instruction", size="32K")
    files(tmp_path / "index2", level="2", type="Unified", size="2048K")
    files(tmp_path / "index3", level="3", type="Unified", size="105M")

    assert caches(tmp_path) == {"L1d": 48 * 2**10, "L2": 2 * 2**20, "L3": 105 * 2**20}


def test_a_cache_that_the_kernel_does_not_describe_is_left_out(tmp_path):
    files(tmp_path / "index0", level="1", type="Data")
    files(tmp_path / "index1", level="2", type="Unified", size="")
    files(tmp_path / "index2", type="Unified", size="1M")
    files(tmp_path / "index3", level="4", type="Unified", size="12")

    assert caches(tmp_path) == {}
    assert caches(tmp_path / "absent") == {}


# --- processors


def test_one_processor_of_each_core_is_used(tmp_path, monkeypatch):
    for cpu, siblings in enumerate(("0,2", "1,3", "0,2", "1,3")):
        files(tmp_path / f"cpu{cpu}" / "topology", thread_siblings_list=siblings)
    monkeypatch.setattr(environment, "SYS_CPU", tmp_path)
    monkeypatch.setattr(environment.os, "sched_getaffinity", lambda _pid: {3, 2, 1, 0})

    assert environment.usable_cpus() == [0, 1]

    monkeypatch.setattr(environment.os, "sched_getaffinity", lambda _pid: {2, 3})
    assert environment.usable_cpus() == [2, 3]


def test_where_the_kernel_tells_no_siblings_every_processor_is_a_core(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "SYS_CPU", tmp_path)
    monkeypatch.setattr(environment.os, "sched_getaffinity", lambda _pid: {0, 1, 5})

    assert environment.usable_cpus() == [0, 1, 5]


# --- limits of a container


@pytest.fixture
def cgroup(monkeypatch):
    """Give what the files of the control group say."""
    said = {}
    monkeypatch.setattr(environment, "_read", lambda path: said.get(Path(path).name))
    return said


@pytest.mark.parametrize(
    ("line", "quota"), [("150000 100000", 1.5), ("max 100000", None), (None, None), ("", None)]
)
def test_a_quota_of_processors_is_read(cgroup, line, quota):
    cgroup["cpu.max"] = line

    assert environment.cgroup_quota() == quota


def test_free_memory_is_what_the_container_leaves(cgroup):
    free = environment.available_memory()
    assert free > 0

    cgroup.update({"memory.max": "1000", "memory.current": "400"})
    assert environment.available_memory() == 600

    cgroup.update({"memory.max": "max"})
    assert environment.available_memory() > 600

    cgroup.update({"memory.max": str(2**62), "memory.current": "400"})
    assert environment.available_memory() < 2**62 - 400


# --- doubts


def warnings_of(**given):
    return list(State(**{**CALM, **given}).warnings())


def test_a_calm_machine_raises_no_doubt():
    assert warnings_of() == []


def test_what_cannot_be_told_raises_no_doubt():
    assert warnings_of(load_average=None, governor=None, cpu_quota=None) == []


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (
            {"load_average": 2.25},
            "load average 2.25 on 4 cores: other processes share them and times will scatter; "
            "stop them",
        ),
        (
            {"governor": "powersave"},
            "CPU governor 'powersave': the clock follows the load and the first samples are slow; "
            "set it to performance (cpupower frequency-set -g performance)",
        ),
        (
            {"cpu_quota": 1.5},
            "a quota of 1.5 CPUs on 4 cores: the process is paused when it is used up; "
            "use no more threads than that",
        ),
    ],
)
def test_a_doubt_says_what_was_seen_why_it_matters_and_what_to_do(given, line):
    assert warnings_of(**given) == [line]


@pytest.mark.parametrize("given", [{"load_average": 2.0}, {"cpu_quota": 4.0}, {"cpu_quota": 8.0}])
def test_what_is_just_enough_raises_no_doubt(given):
    assert warnings_of(**given) == []


def test_doubts_add_up():
    assert len(warnings_of(load_average=9.0, governor="ondemand", cpu_quota=0.5)) == 3


def test_versions_are_those_of_what_is_installed():
    import numpy

    assert environment.software()["numpy"] == numpy.__version__
    assert json.dumps(environment.software())


def test_other_load_is_what_all_processors_did_but_this_process(monkeypatch):
    told = iter([(10.0, 100.0, 20.0), (12.0, 103.0, 21.5)])
    monkeypatch.setattr(environment.OtherLoad, "_times", staticmethod(lambda: next(told)))

    # In two seconds the processors were busy for three, half of that with this process.
    assert environment.OtherLoad().since() == pytest.approx(1.5 / 2.0)


def test_ticks_that_do_not_add_up_are_no_load(monkeypatch):
    told = iter([(10.0, 100.0, 20.0), (11.0, 100.99, 21.0)])
    monkeypatch.setattr(environment.OtherLoad, "_times", staticmethod(lambda: next(told)))
    assert environment.OtherLoad().since() == 0.0


def test_a_time_of_few_ticks_says_nothing(monkeypatch):
    told = iter([(10.0, 100.0, 20.0), (10.1, 100.1, 20.0)])
    monkeypatch.setattr(environment.OtherLoad, "_times", staticmethod(lambda: next(told)))
    assert environment.OtherLoad().since() is None


def test_the_kernel_tells_times_that_go_up():
    before, after = environment.OtherLoad._times(), environment.OtherLoad._times()
    assert len(before) == 3
    assert all(then <= now for then, now in zip(before, after, strict=True))
