"""Sections of the page that are a table each: the roofline, compile time, several files."""

import pytest
from conftest import HOSTILE, a_machine, a_row, a_workload, as_result, bad_row, contenders

from lstmbench.analysis.summary import lines_of
from lstmbench.machine.environment import fingerprint
from lstmbench.records import Roof
from lstmbench.report import bounds, compilation
from lstmbench.report.overview import overview, scope

ROOF = Roof(threads=2, flops_per_s={"float32": 2e11}, bytes_per_s={"L2": 1e11})


def at(fraction, bound, **given):
    beside = {"fraction_of_peak": fraction, "bound": bound}
    return a_row(a_workload(**given), backend="fast").model_copy(update=beside)


def cells(text):
    """The body of the one table of a text."""
    lines = [line for line in text.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_roofline_has_the_middle_the_ends_and_what_bounds():
    rows = [
        at(0.5, "compute", seq_len=1),
        at(0.8, "compute", seq_len=2),
        at(0.1, "L2", seq_len=3),
        bad_row("failed"),
        a_row(backend="unknown"),
    ]

    text = "\n\n".join(bounds.section(rows, [ROOF]))

    assert "- 2 threads: 200 GFLOP/s in float32, 100 GB/s from L2." in text
    assert cells(text) == [
        [
            "inference",
            "fast",
            "50.0 %",
            "80.0 % at lstm T 2, B 2, H 5",
            "10.0 % at lstm T 3, B 2, H 5",
            "3",
            "compute 2, L2 1",
        ]
    ]


def test_without_a_known_bound_there_is_no_roofline():
    assert list(bounds.section([a_row()], [ROOF])) == []


def test_compile_time_is_summed_for_each_backend():
    def compiled(seconds, seq_len):
        return a_row(a_workload(seq_len=seq_len)).model_copy(update={"compile_s": seconds})

    text = "\n\n".join(compilation.section([compiled(1.0, 1), compiled(3.0, 2), compiled(0.0, 3)]))

    assert cells(text) == [["fake", "2", "4.00 s", "3.00 s at lstm T 2, B 2, H 5"]]


def test_where_nothing_was_compiled_there_is_no_compile_time():
    assert list(compilation.section([a_row()])) == []


def file_of(cpu_model="Imaginary 9000", scale=1.0, **given):
    machine = a_machine(cpu_model=cpu_model)
    rows = contenders(numpy=0.004 * scale, fast=0.001 * scale)
    result = as_result(rows, baseline="numpy", fingerprint=fingerprint(machine), **given)
    environment = result.environment.model_copy(update={"machine": machine})
    result = result.model_copy(update={"environment": environment})
    return result, lines_of(result.rows)


def test_several_files_have_a_line_each():
    text = "\n\n".join(overview([file_of(), file_of(created="2026-02-03T00:00:00+00:00")]))

    won = "**fast** 4.00× numpy, fastest in 1 of 1"
    assert cells(text) == [
        ["1", "Imaginary 9000", "2026-01-02 03:04", "tiny", won],
        ["2", "Imaginary 9000", "2026-02-03 00:00", "tiny", won],
    ]


def test_a_file_without_a_rival_says_so():
    alone = as_result([a_row()])

    text, *_ = overview([file_of(), (alone, lines_of(alone.rows))])

    assert cells(text)[1][-1] == "nothing to compare"


def test_two_machines_are_compared_by_the_fastest_backend_of_each():
    *_, machines = overview([file_of(), file_of("Imaginary 9001", 0.5)])

    ((mode, name, *ratios),) = cells(machines)
    assert (mode, *ratios) == ("inference", "2.00×", "2.00×", "2.00×", "1")
    assert name.startswith("Imaginary 9001 (")


def test_machines_without_work_in_common_are_not_compared():
    first, second = file_of(), file_of("Imaginary 9001")
    rows = contenders(a_workload(seq_len=9), numpy=0.1, fast=0.2)
    other = second[0].model_copy(update={"rows": tuple(rows)}), lines_of(rows)

    assert len(list(overview([first, other]))) == 1


def test_the_scope_says_what_was_measured():
    result, lines = file_of()

    assert scope(result, lines) == (
        "1 workload on numpy, fast: 2 of 2 rows have a time. float32; 1 thread on 4 cores; "
        "suite tiny."
    )
    assert scope(as_result([]), []) == "Suite tiny."


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_changes_no_table(name):
    text = HOSTILE[name]
    row = at(0.5, text).model_copy(update={"backend": text, "compile_s": 1.0})
    roof = Roof(threads=1, flops_per_s={text: 1e9}, bytes_per_s={text: 1e9})

    for page in (bounds.section([row], [roof]), compilation.section([row])):
        joined = "\n\n".join(page)
        assert "<script" not in joined
        assert len({line.count("|") for line in joined.splitlines() if line[:1] == "|"}) == 1
