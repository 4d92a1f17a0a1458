"""The result file: it is read back as written, the schema agrees, and damage is one clear line."""

import copy
import errno
import json
import os
import stat
from pathlib import Path

import jsonschema
import pytest
from conftest import GOLDEN, a_header, a_row, a_workload, bad_row, ok_outcome

from lstmbench.errors import OutputError, ResultFormatError
from lstmbench.machine.environment import fingerprint
from lstmbench.records import Outcome, make_row
from lstmbench.result import json_schema, read, write, write_atomically

ROWS = [
    a_row(a_workload(mode="train")),
    a_row(backend="numpy", seconds=0.002),
    a_row(a_workload(input_size=1, data="sunspots")),
    a_row(a_workload(bias=False, num_layers=2, bidirectional=True), threads=2),
    bad_row("unavailable", backend="torch-cpu"),
    bad_row("timeout", workload=a_workload(cell="gru")),
]


@pytest.fixture
def written(tmp_path):
    path = tmp_path / "result.json"
    write(path, a_header(), ROWS)
    return path


@pytest.fixture
def content(written):
    return json.loads(written.read_text())


@pytest.fixture(scope="module")
def validator():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


# --- round trip


def test_what_is_written_is_read_back(written):
    result = read(written)

    assert list(result.rows) == ROWS
    for name in type(a_header()).model_fields:
        assert getattr(result, name) == getattr(a_header(), name)


def test_a_file_that_was_read_is_written_byte_for_byte(written, tmp_path):
    result = read(written)

    write(tmp_path / "again.json", result, result.rows)

    assert (tmp_path / "again.json").read_bytes() == written.read_bytes()


def test_a_row_has_the_fields_that_others_rely_on(content):
    assert content["schema"] == "lstmbench/result"
    assert content["version"] == 1
    assert {"created", "command", "environment", "fingerprint", "rows"} <= set(content)
    assert set(content["rows"][0]) >= {
        "id", "backend", "backend_version", "cell", "bidirectional", "mode", "dtype", "device",
        "threads", "seq_len", "batch_size", "input_size", "hidden_size", "num_layers",
        "status", "reason", "time_s", "samples_s", "compile_s", "sequences_per_s",
        "timesteps_per_s", "flops", "flops_per_s", "fraction_of_peak", "peak_memory_bytes", "error",
    }  # fmt: skip
    assert set(content["rows"][0]["time_s"]) == {
        "median", "q1", "q3", "min", "max", "ci95", "samples",
    }  # fmt: skip
    assert set(content["rows"][0]["error"]) == {"output", "gradient", "tolerance"}


def test_a_field_of_a_later_version_is_ignored(content, tmp_path):
    content["new"] = content["rows"][0]["new"] = {"a": 1}
    (tmp_path / "later.json").write_text(json.dumps(content))

    assert list(read(tmp_path / "later.json").rows) == ROWS


def test_the_golden_file_of_version_1_is_read(golden_result):
    assert golden_result.version == 1
    assert golden_result.fingerprint == fingerprint(golden_result.environment.machine)
    assert {row.status for row in golden_result.rows} >= {"ok", "unavailable", "incorrect", "oom"}


# --- the schema


def test_the_schema_takes_what_is_written(content, validator):
    validator.validate(content)


def test_the_schema_takes_the_golden_file(validator):
    validator.validate(json.loads((GOLDEN / "result.json").read_text(encoding="utf-8")))


def damages():
    def at(*path, value):
        def damage(content):
            place = content
            for part in path[:-1]:
                place = place[part]
            place[path[-1]] = value

        return damage

    def without(*path):
        def damage(content):
            place = content
            for part in path[:-1]:
                place = place[part]
            del place[path[-1]]

        return damage

    return {
        "no rows": without("rows"),
        "rows are no list": at("rows", value={}),
        "a row is a number": at("rows", 0, value=3),
        "no id": without("rows", 0, "id"),
        "a size of zero": at("rows", 0, "seq_len", value=0),
        "a size as text": at("rows", 0, "seq_len", value="3"),
        "a size with a fraction": at("rows", 0, "seq_len", value=3.5),
        "an unknown status": at("rows", 0, "status", value="fine"),
        "a negative time": at("rows", 0, "time_s", "median", value=-0.001),
        "a time of zero": at("rows", 0, "time_s", "min", value=0),
        "a time below a picosecond": at("rows", 0, "time_s", "min", value=1e-13),
        "a time of centuries": at("rows", 0, "time_s", "max", value=1e10),
        "a sample of nothing": at("rows", 0, "samples_s", 2, value=5e-324),
        "a time as text": at("rows", 0, "time_s", "q1", value="1 ms"),
        "an interval of one": at("rows", 0, "time_s", "ci95", value=[0.001]),
        "an interval of three": at("rows", 0, "time_s", "ci95", value=[0.1, 0.2, 0.3]),
        "a negative sample": at("rows", 0, "samples_s", 2, value=-1.0),
        "a tolerance of zero": at("rows", 0, "error", "tolerance", value=0),
        "no environment": without("environment"),
        "no machine": without("environment", "machine"),
        "cores as text": at("environment", "machine", "physical_cores", value="4"),
        "a budget of zero": at("settings", "budget_s", value=0),
        "another schema": at("schema", value="lstmbench/plan"),
        "another version": at("version", value=2),
    }


@pytest.mark.parametrize("name", damages())
def test_the_schema_and_the_reader_refuse_the_same_damage(name, content, validator, tmp_path):
    damaged = copy.deepcopy(content)
    damages()[name](damaged)
    (tmp_path / "damaged.json").write_text(json.dumps(damaged))

    assert not validator.is_valid(damaged)
    with pytest.raises(ResultFormatError) as error:
        read(tmp_path / "damaged.json")
    assert "\n" not in str(error.value)


# --- damage beyond what a schema can say


def refused(tmp_path, text):
    path = tmp_path / "damaged.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ResultFormatError) as error:
        read(path)
    line = str(error.value)
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    assert len(line) < len(str(path)) + 300
    return line.removeprefix(f"{path}: ")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_truncated_file_is_not_json_or_cut_short(written, tmp_path, share):
    text = written.read_text().rstrip()

    assert refused(tmp_path, text[: int(share * len(text))]).startswith("not JSON, or cut short")


@pytest.mark.parametrize(
    "text", ["[]", "3", "null", "{}", '{"schema": "other/result"}', '{"schema": ["lstmbench"]}']
)
def test_a_foreign_file_is_not_a_result_file(tmp_path, text):
    assert refused(tmp_path, text).startswith("not an lstmbench result file")


@pytest.mark.parametrize("text", [b"\x89PNG\r\n\x1a\n", b"\xff\xfe", b"[" * 200_000, b"\0" * 100])
def test_a_file_that_is_no_text_is_not_json(tmp_path, text):
    assert refused(tmp_path, text).startswith("not JSON")


def test_a_file_of_a_future_version_says_to_update(content, tmp_path):
    content["version"] = 2

    assert refused(tmp_path, json.dumps(content)) == (
        "expected version 1, got 2; update lstmbench to read it"
    )


@pytest.mark.parametrize("version", [None, "1", 0, -3, 1.5, True, [1]])
def test_a_version_that_never_was_is_damage(content, tmp_path, version):
    content["version"] = version

    assert refused(tmp_path, json.dumps(content))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
@pytest.mark.parametrize("field", ["median", "max"])
def test_a_number_that_is_not_finite_is_refused(content, tmp_path, number, field):
    content["rows"][0]["time_s"][field] = "HERE"

    line = refused(tmp_path, json.dumps(content).replace('"HERE"', number))

    assert line.startswith(f"rows[0].time_s.{field}: ")


def test_an_id_that_contradicts_the_fields_is_refused(content, tmp_path):
    content["rows"][1]["hidden_size"] = 6

    assert refused(tmp_path, json.dumps(content)).startswith(
        "rows[1]: id: expected lstm/infer/T3-B2-I4-H6-L1/float32, as the other fields say, got"
    )


@pytest.mark.parametrize(
    ("field", "value"), [("cell", "lsmt"), ("mode", "trian"), ("dtype", "f"), ("data", "moon")]
)
def test_a_name_that_no_workload_has_is_refused(content, tmp_path, field, value):
    content["rows"][1][field] = value

    assert refused(tmp_path, json.dumps(content)).startswith(f"rows[1]: {field}: unknown '{value}'")


def test_the_same_row_twice_is_refused(content, tmp_path):
    content["rows"].append(content["rows"][0])

    assert "lstm/train/T3-B2-I4-H5-L1/float32 on fake is there twice" in refused(
        tmp_path, json.dumps(content)
    )


def test_a_row_that_is_ok_without_times_is_refused(content, tmp_path):
    content["rows"][0]["time_s"] = None

    assert refused(tmp_path, json.dumps(content)) == ("rows[0]: a row with status ok needs time_s")


@pytest.mark.parametrize(
    ("field", "value"),
    [("median", 9.0), ("q1", 9.0), ("max", 1e-9), ("ci95", [0.5, 0.1]), ("ci95", [0.1, 0.5])],
)
def test_times_that_are_out_of_order_are_refused(content, tmp_path, field, value):
    content["rows"][0]["time_s"][field] = value

    assert refused(tmp_path, json.dumps(content)).startswith(
        "rows[0].time_s: expected times in ascending order, got ("
    )


def test_several_damages_are_counted_and_the_first_is_told(content, tmp_path):
    content["rows"][0]["seq_len"] = -1
    content["rows"][1]["threads"] = "two"

    line = refused(tmp_path, json.dumps(content))

    assert line.startswith("rows[0].seq_len: Input should be greater than or equal to 1, got -1")
    assert line.endswith("(and 1 more)")


@pytest.mark.parametrize("what", ["missing", "folder"])
def test_a_file_that_cannot_be_read_says_why(tmp_path, what):
    path = tmp_path if what == "folder" else tmp_path / "absent.json"

    with pytest.raises(ResultFormatError, match=r"cannot be read: (Is a dir|No such file)"):
        read(path)


# --- what a row may be


def test_a_row_with_a_time_is_ok_and_one_without_says_why():
    with pytest.raises(ValueError, match="status ok needs time_s"):
        Outcome(status="ok")
    with pytest.raises(ValueError, match="status failed needs a reason"):
        Outcome(status="failed")
    with pytest.raises(ValueError, match="status incorrect cannot have time_s"):
        Outcome(status="incorrect", reason="wrong", time_s=ok_outcome().time_s)


def test_a_row_gives_back_its_workload():
    for row in ROWS:
        remade = make_row(
            row.workload,
            backend=row.backend,
            backend_version=row.backend_version,
            device=row.device,
            threads=row.threads,
            outcome=row,
        )
        assert remade == row


def test_the_spread_is_half_the_interval_over_the_median():
    times = ok_outcome(2.0).time_s

    assert times.spread == pytest.approx((1.05 - 0.97) / 2)


# --- replacing a file


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    write_atomically(path, "new, with ± and ×\n")

    assert path.read_text(encoding="utf-8") == "new, with ± and ×\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "other").write_text("")

    write_atomically(tmp_path / "file", "")

    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_when_writing_fails_the_old_file_is_as_it_was(tmp_path, monkeypatch, step):
    path = tmp_path / "file"
    path.write_text("old")

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*{"fsync": (os, "fsync"), "replace": (Path, "replace")}[step], full)

    with pytest.raises(OutputError, match="file: cannot be written: No space left on device"):
        write_atomically(path, "new")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_in_the_place_of_the_file_is_an_error_of_output(tmp_path):
    (tmp_path / "file").mkdir()

    with pytest.raises(OutputError, match="cannot be written"):
        write_atomically(tmp_path / "file", "new")

    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_a_folder_that_is_not_there_is_an_error_of_output(tmp_path):
    with pytest.raises(OutputError, match="cannot be written: No such file or directory"):
        write_atomically(tmp_path / "absent" / "file", "new")
