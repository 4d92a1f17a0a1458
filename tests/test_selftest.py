"""The gate's test of itself counts what it finds, and slows down for real."""

from importlib.util import module_from_spec, spec_from_file_location
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from gate_machine import SIDES, WORKLOADS, Machine, judged

from lstmbench.gate.selftest import SelfTestFile, Tries, least_found, run_self_test, slowed
from lstmbench.gate.selftest_page import page
from lstmbench.gate.sides import UNDER_TEST, Side

WORKSPACE = """
from time import perf_counter_ns as clock
class Workspace:
    def run(self, entry):
        until = clock() + entry
        while clock() < until:
            pass
"""


@pytest.fixture
def base(tmp_path: Path) -> Side:
    module = tmp_path / "base" / UNDER_TEST / "cpu" / "workspace.py"
    module.parent.mkdir(parents=True)
    module.write_text(WORKSPACE)
    return Side("base", "abc", Path("python"), (tmp_path / "base", tmp_path / "harness"))


def test_a_slowed_copy_takes_that_much_longer_and_the_base_stays_as_it_was(base: Side):
    with slowed(base, 0.5) as head:
        module = loaded(head.path[0] / UNDER_TEST / "cpu" / "workspace.py")
        assert (head.name, head.revision) == ("head", "base, slower by 50 %")
        assert head.path[1:] == base.path[1:]
    ticks = count()
    module.clock = lambda: next(ticks)
    module.Workspace().run(1000)
    assert 1500 <= next(ticks) <= 1510
    assert (base.path[0] / UNDER_TEST / "cpu" / "workspace.py").read_text() == WORKSPACE


def loaded(path: Path) -> Any:
    spec = spec_from_file_location("slowed_workspace", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_without_a_share_the_copy_is_the_base(base: Side):
    with slowed(base, 0.0) as head:
        assert (head.path[0] / UNDER_TEST / "cpu" / "workspace.py").read_text() == WORKSPACE
        assert head.revision == "base"


def test_what_is_appended_fits_the_module_it_is_appended_to():
    import lstmbench_kernels.cpu.workspace as module

    assert callable(module.clock)
    assert callable(module.Workspace.run)


def test_every_row_of_every_run_is_counted_and_kept_as_it_comes(base: Side):
    kept: list[int] = []

    def judge(sides: object) -> object:
        share = 0.1 if "slower" in sides["head"].revision else 0.0  # type: ignore[index]
        slower = {("head", each.id): 1 + share for each in WORKLOADS[1:]}
        return judged(Machine(slower=slower, seed=len(kept), compiles=True))

    found = run_self_test(
        {**SIDES, "base": base},
        {0.0: 3, 0.1: 2},
        judge,  # type: ignore[arg-type]
        lambda so_far: kept.append(len(so_far.runs)),
    )
    assert kept == [1, 2, 3, 4, 5]
    assert [(t.share, t.runs, t.rows, t.found, t.stopped) for t in found.tries] == [
        (0.0, 3, 12, 0, 0),
        (0.1, 2, 8, 6, 2),
    ]
    again = SelfTestFile.model_validate_json(found.model_dump_json(by_alias=True))
    assert again == found


def tried(share: float, rows: int, found: int) -> Tries:
    return Tries(share=share, runs=1, rows=rows, found=found, undecided=0, stopped=0)


def test_rates_have_exact_intervals():
    none, all_, nothing = tried(0.0, 100, 0), tried(0.1, 24, 24), tried(0.1, 0, 0)
    assert none.rate == 0.0
    # 1 - 0.025^(1/100): what zero of a hundred leave open.
    assert none.interval == pytest.approx((0.0, 1 - 0.025**0.01))
    assert all_.interval == pytest.approx((0.025 ** (1 / 24), 1.0))
    assert (nothing.rate, nothing.interval) == (0.0, (0.0, 1.0))


def test_the_least_slowdown_is_one_from_which_on_all_are_found():
    def least(**found: int) -> float | None:
        return least_found([tried(int(name[1:]) / 100, 20, n) for name, n in found.items()])

    assert least(p3=4, p5=19, p10=20) == 0.05
    assert least(p3=20, p5=10, p10=20) == 0.10
    assert least(p3=0, p10=2) is None


def test_a_page_tells_of_each_slowdown_and_the_least_that_is_found():
    found = SelfTestFile(tries=(tried(0.0, 108, 0), tried(0.05, 36, 35)), runs=())

    assert page(found).splitlines() == [
        "| head is slower by | runs | rows | found | undecided | rate | 95 % interval "
        "| runs stopped |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| 0 % | 1 | 108 | 0 | 0 | 0.0 % | 0.0 % to 3.4 % | 0 |",
        "| 5 % | 1 | 36 | 35 | 0 | 97.2 % | 85.5 % to 99.9 % | 0 |",
        "",
        "found, where nothing is slower, are false alarms; "
        "the least slowdown that is found nine times in ten is 5 %.",
    ]
