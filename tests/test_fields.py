"""What a field of a table says of a row."""

from conftest import a_row, a_workload, bad_row

from lstmbench.report.fields import (
    algorithm,
    clock,
    device_median,
    median,
    of_the_bound,
    row_name,
    transfer,
)


def test_data_that_are_not_random_stand_behind_the_id():
    workload = a_workload(input_size=1, data="sunspots")

    assert row_name(a_row(workload)) == f"{workload.id} (sunspots)"
    assert row_name(a_row()) == a_workload().id


def test_a_disturbed_time_is_marked():
    assert median(a_row()) == "1.00 ms"
    assert median(a_row().model_copy(update={"other_load": 0.6})) == "1.00 ms ⚠"


def test_a_row_without_a_time_or_a_bound_has_empty_fields():
    assert median(bad_row("failed")) == ""
    assert of_the_bound(a_row()) == ""


def test_a_row_on_no_gpu_has_empty_fields():
    assert device_median(a_row()) == algorithm(a_row()) == clock(a_row()) == transfer(None) == ""


def test_a_bound_is_named_and_escaped():
    row = a_row().model_copy(update={"fraction_of_peak": 0.881, "bound": "cache | L2"})

    assert of_the_bound(row) == "88.1 % of cache &#124; L2"
