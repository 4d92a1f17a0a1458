"""What is said of a GPU: which reasons make its clock doubtful."""

import pytest

from lstmbench.machine.gpu import IDLE, Clocks, Gpu
from lstmbench.machine.nvml import REASONS


@pytest.mark.parametrize(
    ("reasons", "held"),
    [
        (None, ()),
        ((), ()),
        (("idle", "applications-clocks", "sync-boost", "display-clock"), ()),
        (("idle", "power-cap", "hardware-thermal"), ("power-cap", "hardware-thermal")),
        (("bit 0x400",), ("bit 0x400",)),
    ],
)
def test_a_clock_is_held_back_by_what_is_neither_idleness_nor_a_wish(reasons, held):
    assert Clocks(reasons=reasons).held_back == held


def test_every_reason_that_raises_no_doubt_is_one_that_nvml_gives():
    assert set(IDLE) < set(REASONS.values())


def test_what_held_a_row_back_is_each_reason_before_or_after_once():
    gpu = Gpu(
        name="Imaginary",
        before=Clocks(reasons=("power-cap",)),
        after=Clocks(reasons=("software-thermal", "power-cap")),
    )

    assert gpu.held_back == ("power-cap", "software-thermal")
    assert Gpu(name="Imaginary").held_back == ()
