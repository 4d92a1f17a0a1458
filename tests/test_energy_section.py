"""The page has a field for energy where any row has one, and else says why none has."""

from html import unescape

import pytest
from conftest import HOSTILE, a_row, a_workload, as_result

from lstmbench.machine.energy import Energy
from lstmbench.report import energy
from lstmbench.report.page import markdown

HEAD = f"| {energy.HEAD} |"
KNOWN = Energy.of(5.0, 2.0, 4000, "RAPL of package-0")


def with_energy(energy=None, reason=None, **given):
    return a_row(**given).model_copy(update={"energy": energy, "energy_reason": reason})


def page_of(*rows):
    return unescape(markdown([as_result(rows)]))


def test_a_row_with_an_energy_has_it_in_a_field_of_its_own():
    unknown = with_energy(reason="NVML: gone", workload=a_workload(mode="train"))

    page = page_of(with_energy(KNOWN), unknown)

    assert HEAD in page
    assert page.count("| 1.25 mJ |") == 1
    assert "Energy is what RAPL of package-0 counted from the first sample of a row to the" in page
    assert "with what they draw when idle and what other processes make them do" in page
    assert "Energy: not measured in some rows: NVML: gone." in page


def test_without_any_a_line_says_why_and_there_is_no_field():
    page = page_of(
        with_energy(reason="no counter"),
        with_energy(reason="no counter", workload=a_workload(mode="train")),
    )

    assert HEAD not in page
    assert page.count("- Energy: not measured: no counter.") == 1


def test_a_file_of_before_energy_says_nothing_of_it():
    assert "nergy" not in page_of(a_row())


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_whatever_a_source_and_a_reason_say_is_text(text):
    rows = [with_energy(KNOWN.model_copy(update={"source": text}), text)]

    for item in energy.items(rows):
        assert "\n" not in item
        assert not set("<>`|") & set(item)
