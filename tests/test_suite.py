"""A suite is what its file declares, or one line that says on which line what is wrong."""

import pytest
from conftest import SUITE_HEAD, SUITE_ROWS

from lstmbench.errors import UsageError
from lstmbench.planning.suite import builtin_suites, load_suite

WHOLE = SUITE_HEAD + SUITE_ROWS


def workloads_of(suite):
    return [workload for rows in suite.rows for workload in rows.workloads()]


def complaint(call, *given):
    with pytest.raises(UsageError) as error:
        call(*given)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 500
    return str(error.value)


def test_rows_may_say_what_a_gate_allows_them(tmp_path):
    path = tmp_path / "mine.toml"
    other = SUITE_ROWS.replace("seq_len = 4", "seq_len = 7").rstrip()
    path.write_text(WHOLE + "\nmargin = 0.05\n" + other + "\n")

    suite = load_suite(str(path))

    allowed = {workload.name for workload in suite.rows[0].workloads()}
    assert suite.margins() == dict.fromkeys(allowed, 0.05)
    path.write_text(WHOLE + "\nmargin = 5\n")
    assert "margin: " in complaint(load_suite, str(path))


# --- the suites that come along


def test_built_in_suites_are_named_as_their_files():
    assert list(builtin_suites()) == sorted(builtin_suites())
    assert {"quick", "default"} <= set(builtin_suites())
    for name, suite in builtin_suites().items():
        assert suite == load_suite(name)
        assert suite.description


def test_every_row_of_a_built_in_suite_says_where_its_sizes_are_from():
    without = [name for name, s in builtin_suites().items() if not all(r.source for r in s.rows)]

    assert without == []


@pytest.mark.parametrize("name", builtin_suites())
def test_a_built_in_suite_has_its_baseline_among_its_backends_and_no_workload_twice(name):
    suite = load_suite(name)
    workloads = workloads_of(suite)

    assert suite.baseline in suite.backends
    assert len(set(workloads)) == len(workloads)


def test_the_default_suite_runs_on_real_data_somewhere():
    assert {w.data for w in workloads_of(load_suite("default"))} == {"random", "sunspots"}


def test_the_gate_s_suite_is_about_a_dozen_rows_of_own_kernels_beside_numpy():
    suite = load_suite("ci")

    assert suite.backends == ["numpy", "numba-cpu"]
    assert 10 <= len(workloads_of(suite)) <= 15


# --- what cannot be read


def test_an_unknown_suite_comes_with_the_nearest_match_and_the_other_way():
    assert complaint(load_suite, "quikc") == (
        f"suite: unknown 'quikc'; did you mean 'quick'? known: {', '.join(builtin_suites())}; "
        "or a path ending in .toml"
    )


@pytest.mark.parametrize(
    ("name", "why"),
    [("absent.toml", "No such file or directory"), ("./", "Is a directory")],
)
def test_a_suite_that_cannot_be_read_says_why(tmp_path, monkeypatch, name, why):
    monkeypatch.chdir(tmp_path)

    assert complaint(load_suite, name) == f"suite {name}: cannot be read: {why}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff\xfe\x00", "not a text file in UTF-8"),
        ("name = ", "not TOML: Invalid value (at end of document)"),
        ("\nname = 1\nname = 2\n", "not TOML: Cannot overwrite a value (at line 3, column 9)"),
        ("a = " + "[" * 100_000, "not TOML: "),
    ],
)
def test_what_is_no_toml_is_told_as_the_parser_tells_it(suite_of, text, message):
    assert f"mine.toml: {message}" in complaint(suite_of, text)


# --- what is wrong, and on which line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": name: expected a value, got none (and 4 more)"),
        (SUITE_HEAD, ": rows: expected a value, got none"),
        ("rows = []\n" + SUITE_HEAD, ", line 1: rows: expected at least one, got none"),
        ("rows = 3\n" + SUITE_HEAD, ", line 1: rows: expected [[rows]], an array of tables, got 3"),
        (
            WHOLE.replace("[[rows]]", "[rows]"),
            ", line 5: rows: expected [[rows]], an array ",
        ),
        ("rows = [3]\n" + SUITE_HEAD, ", line 1: rows[0]: expected a valid dictionary or "),
        (
            WHOLE.replace("name", "nmae"),
            ", line 1: nmae: unknown 'nmae'; did you mean 'name'? known: name, description, "
            "baseline, backends, threads, rows (and 1 more)",
        ),
        (
            WHOLE + "hiden_size = 3\n",
            ", line 11: rows[0].hiden_size: unknown 'hiden_size'; did you mean 'hidden_size'?",
        ),
        (
            WHOLE + "\n# again\n" + SUITE_ROWS.replace("hidden_size = 3\n", ""),
            ", line 13: rows[1].hidden_size: expected a value, got none",
        ),
        (WHOLE + "\n[[rows]]\n", ", line 12: rows[1].cell: expected a value, got none (and 4"),
        (WHOLE + "rows.more = 1\n", ", line 11: rows[0].rows: unknown 'rows'; "),
        (WHOLE.replace('""', "7"), ", line 2: description: expected a valid string, got 7"),
    ],
)
def test_a_suite_of_another_form_is_told_with_its_line(suite_of, text, message):
    assert f"mine.toml{message}" in complaint(suite_of, text)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"lstm"', '"lsmt"', "line 6: rows[0].cell: unknown 'lsmt'; did you mean 'lstm'? known: "),
        ('"lstm"', '["gru", "lsmt"]', "line 6: rows[0].cell: unknown 'lsmt'; did you mean 'lstm'?"),
        ('"lstm"', "7", "line 6: rows[0].cell: expected a name or a list of names, got 7"),
        ('"lstm"', "[]", "line 6: rows[0].cell: expected a name or a list of names, got []"),
        ('"infer"', '"trian"', "line 7: rows[0].mode: unknown 'trian'; did you mean 'train'?"),
        ('"infer"', '"infer"\n\ndtype = "f32"', "line 9: rows[0].dtype: unknown 'f32'; "),
        ('"infer"', '"infer"\ndata = "sun"', "line 8: rows[0].data: unknown 'sun'; did you mean "),
        ("= 4", "= 0", "line 8: rows[0].seq_len: expected 1 to 2147483647, got 0"),
        ("= 4", "= 4.5", "line 8: rows[0].seq_len: expected a size, a list of sizes or a range"),
        ("= 4", "= true", 'a list of sizes or a range such as "1:64:x2", got True'),
        ("= 4", "= []", "line 8: rows[0].seq_len: expected a size, a list of sizes or a range"),
        ("= 4", "= [1,\n\n2.5]", "line 8: rows[0].seq_len: expected a size, a list of sizes"),
        ("= 4", '= ""', "line 8: rows[0].seq_len: expected sizes such as 32,64 or a range"),
        ("= 4", '= "4:2"', "line 8: rows[0].seq_len: the range '4:2' never reaches its end"),
        ("= 2", "= [1, -2]", "line 9: rows[0].batch_size: expected 1 to 2147483647, got -2"),
        ("= 3", "= 3\nbias = 1", "line 11: rows[0].bias: expected a valid boolean, got 1"),
        ("= 3", "= 3\nsource = 1", "line 11: rows[0].source: expected a valid string, got 1"),
        ('["numpy", "fake"]', '"numpy"', "line 4: backends: expected a valid list, got 'numpy'"),
        ('["numpy", "fake"]', "[]", "line 4: backends: expected at least one, got none"),
        ('"fake"]', '"fkae"]', "line 4: backends: unknown 'fkae'; did you mean 'fake'?"),
        ('"fake"]', "\n\n# no\n7]", "line 7: backends[1]: expected a valid string, got 7"),
        ('= "numpy"', '= "nunpy"', "line 3: baseline: unknown 'nunpy'; did you mean 'numpy'?"),
        ("[[", "threads = 2\n[[", "line 5: threads: expected a valid list, got 2"),
        ("[[", 'threads = ["two"]\n[[', 'line 5: threads: expected a list of 1 to 1024 or "all"'),
        ("[[", "threads = [1, 0]\n[[", 'line 5: threads: expected a list of 1 to 1024 or "all"'),
        ("[[", "threads = []\n[[", "line 5: threads: expected at least one, got none"),
    ],
)
def test_a_value_that_cannot_be_is_told_with_its_line(suite_of, old, new, message):
    assert message in complaint(suite_of, WHOLE.replace(old, new, 1))


def test_values_that_do_not_go_together_are_told_with_the_line_of_their_declaration(suite_of):
    text = WHOLE + "\n" + SUITE_ROWS + 'data = "sunspots"\ninput_size = 3\n'

    assert complaint(suite_of, text).endswith(
        "mine.toml, line 12: rows[1]: data: sunspots is one number a step and needs input_size 1, "
        "got 3"
    )


def test_a_file_from_an_editor_that_marks_its_encoding_is_read(suite_of):
    assert suite_of(b"\xef\xbb\xbf" + WHOLE.encode()) == suite_of(WHOLE)


def test_rows_that_are_one_inline_array_are_told_by_element(suite_of):
    row = '{cell = "lstm", mode = "infer", seq_len = 4, batch_size = 2, hidden_size = %s},\n'
    text = SUITE_HEAD + "rows = [\n" + row % 3 + "# the second\n" + row % '"x"' + "]\n"

    assert "line 8: rows[1].hidden_size: expected sizes such as" in complaint(suite_of, text)
