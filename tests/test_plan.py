"""A suite and flags become a list of rows, or one line that says what is wrong with them."""

import pytest
from conftest import a_plan, a_row, a_workload

from lstmbench import plan as plans
from lstmbench.errors import UsageError
from lstmbench.plan import Job, builtin_suites, load_suite, make_plan, thread_counts

HEAD = 'name = "mine"\ndescription = ""\nbaseline = "numpy"\nbackends = ["numpy", "fake"]\n'
ROWS = '[[rows]]\ncell = "lstm"\nmode = "infer"\nseq_len = 4\nbatch_size = 2\nhidden_size = 3\n'


@pytest.fixture
def suite_of(tmp_path):
    """Load a suite from text."""

    def load(text):
        path = tmp_path / "mine.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load_suite(str(path))

    return load


def planned(suite, *, overrides=None, backends=None, baseline=None, threads=None):
    return make_plan(
        suite,
        overrides=overrides or {},
        backends=backends,
        baseline=baseline,
        threads=threads,
        cores=2,
    )


def sizes_of(plan):
    return [(w.seq_len, w.batch_size) for w in plan.workloads]


# --- the suites that come along


@pytest.mark.parametrize("name", ["quick", "default"])
def test_a_built_in_suite_makes_a_plan_whose_first_backend_is_its_baseline(name):
    plan = planned(load_suite(name))

    assert plan.baseline == "numpy"
    assert "numba-cpu" in plan.backends
    assert not plan.required
    assert len(set(plan.workloads)) == len(plan.workloads) > 10
    assert {w.mode for w in plan.workloads} == {"train", "infer"}


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
def test_every_built_in_suite_makes_a_plan_in_which_no_workload_is_declared_twice(name):
    suite = load_suite(name)
    declared = [workload for rows in suite.rows for workload in rows.workloads()]

    assert len(planned(suite).workloads) == len(declared)


def test_the_default_suite_runs_on_real_data_somewhere():
    assert {w.data for w in planned(load_suite("default")).workloads} == {"random", "sunspots"}


# --- what a suite declares


def test_every_combination_of_a_declaration_is_a_row_batch_sizes_fastest(suite_of):
    suite = suite_of(
        HEAD + '[[rows]]\ncell = ["gru", "lstm-bi"]\nmode = "infer"\nseq_len = "2:4:x2"\n'
        "batch_size = [1, 8]\nhidden_size = 3\n"
    )

    assert [w.id for w in planned(suite).workloads] == [
        f"{cell}/infer/T{t}-B{b}-I3-H3-L1/float32"
        for cell in ("gru", "lstm-bi")
        for t in (2, 4)
        for b in (1, 8)
    ]


def test_the_input_size_is_the_hidden_size_or_one_for_sunspots(suite_of):
    suite = suite_of(HEAD + ROWS + 'data = ["random", "sunspots"]\n')

    assert [(w.data, w.input_size) for w in planned(suite).workloads] == [
        ("random", 3),
        ("sunspots", 1),
    ]


def test_rows_without_biases_are_declared_so(suite_of):
    assert [w.bias for w in planned(suite_of(HEAD + ROWS + "bias = false\n")).workloads] == [False]


def test_a_row_that_is_declared_twice_is_measured_once(suite_of):
    assert len(planned(suite_of(HEAD + ROWS + ROWS)).workloads) == 1


def test_threads_come_from_the_person_or_the_suite_or_the_machine(suite_of):
    with_threads = suite_of("threads = [1, 3]\n" + HEAD + ROWS)
    without = suite_of(HEAD + ROWS)

    assert planned(with_threads, threads=[4]).threads == (4,)
    assert planned(with_threads).threads == (1, 3)
    assert planned(without).threads == (2,)


# --- what a person asks for


def test_an_option_replaces_its_axis_in_every_declaration(suite_of):
    suite = suite_of(HEAD + ROWS + ROWS.replace("lstm", "gru"))

    plan = planned(suite, overrides={"seq_len": "8,16", "mode": ["train"], "input_size": "5"})

    assert [w.id for w in plan.workloads] == [
        f"{cell}/train/T{t}-B2-I5-H3-L1/float32" for cell in ("lstm", "gru") for t in (8, 16)
    ]


def test_backends_that_a_person_names_are_required(suite_of):
    plan = planned(suite_of(HEAD + ROWS), backends=["fake", "numpy", "fake"])

    assert plan.required
    assert plan.backends == ("fake", "numpy")
    assert plan.baseline == "numpy"


def test_without_the_baseline_of_the_suite_the_first_backend_is_it(suite_of):
    assert planned(suite_of(HEAD + ROWS), backends=["fake"]).baseline == "fake"


def test_a_baseline_that_is_not_among_the_backends_joins_them(suite_of):
    plan = planned(suite_of(HEAD + ROWS), backends=["fake"], baseline="numba-cpu")

    assert plan.backends == ("numba-cpu", "fake")


# --- jobs


def test_there_is_a_job_for_each_workload_threads_and_backend():
    plan = a_plan(a_workload(), backends=("numpy", "fake"), threads=(1, 2))

    assert list(plan.jobs()) == [
        Job("numpy", 1, a_workload()),
        Job("fake", 1, a_workload()),
        Job("numpy", 2, a_workload()),
        Job("fake", 2, a_workload()),
    ]


def test_a_job_has_the_key_of_the_row_it_makes():
    workload = a_workload(input_size=1, data="sunspots", bias=False)

    assert Job("fake", 3, workload).key == a_row(workload, threads=3).key


def test_a_plan_survives_its_journal():
    plan = planned(load_suite("default"), overrides={"lengths": ["full", "uniform"]})

    assert plans.Plan.model_validate_json(plan.model_dump_json()) == plan


def test_unequal_lengths_are_rows_of_their_own_that_every_backend_shares(suite_of, tmp_path):
    (tmp_path / "corpus.txt").write_text("2 1 7")
    lengths = ["full", "uniform", str(tmp_path / "corpus.txt")]
    plan = planned(suite_of(HEAD + ROWS), overrides={"lengths": lengths, "seq_len": "5"})

    full, uniform, corpus = plan.workloads
    assert full.steps == ()
    assert max(uniform.steps) == 5
    assert set(corpus.steps) <= {1, 2, 5}
    assert len({job.key for job in plan.jobs()}) == 3 * len(plan.backends)


# --- what is wrong


def complaint(call, *given, **named):
    with pytest.raises(UsageError) as error:
        call(*given, **named)
    assert "\n" not in str(error.value)
    return str(error.value)


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
        ("name = ", "not TOML: "),
        ("name = 1\nname = 2", "not TOML: "),
        ("a = " + "[" * 100_000, "not TOML"),
        ("", "name: Field required (and 4 more)"),
        (HEAD, "rows: Field required"),
        ("rows = []\n" + HEAD, "rows: "),
        ("rows = 3\n" + HEAD, "rows: "),
        (HEAD.replace("name", "nmae") + ROWS, "name: Field required"),
        (HEAD + "colour = 3\n" + ROWS, "colour: Extra inputs are not permitted, got 3"),
        (HEAD + ROWS + "hiden_size = 3\n", "rows[0].hiden_size: Extra inputs are not permitted"),
        (HEAD + ROWS.replace("hidden_size = 3\n", ""), "rows[0].hidden_size: Field required"),
        (HEAD + ROWS.replace("= 4", "= 4.5"), "rows[0].seq_len"),
        (HEAD + ROWS.replace("= 4", "= true"), "rows[0].seq_len"),
        (HEAD + ROWS.replace('"lstm"', "7"), "rows[0].cell"),
        (HEAD.replace('["numpy", "fake"]', '"numpy"') + ROWS, "backends: "),
        (HEAD.replace('["numpy", "fake"]', "[]") + ROWS, "backends: "),
        ("threads = []\n" + HEAD + ROWS, "threads: "),
    ],
)
def test_a_bad_suite_is_one_line_that_says_where(suite_of, text, message):
    line = complaint(suite_of, text)

    assert f"mine.toml: {message}" in line
    assert len(line) < 300


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"lstm"', '"lsmt"', "cell: unknown 'lsmt'; did you mean 'lstm'?"),
        ('"infer"', '"trian"', "mode: unknown 'trian'; did you mean 'train'?"),
        ("seq_len = 4", "seq_len = 0", "seq_len: expected 1 to 2147483647, got 0"),
        ("batch_size = 2", "batch_size = [1, -2]", "batch_size: expected 1 to 2147483647, got -2"),
        ("hidden_size = 3", 'hidden_size = "4:2"', "hidden_size: the range '4:2' never reaches"),
        ("seq_len = 4", 'seq_len = ""', "seq_len: expected sizes such as 32,64"),
        ("seq_len = 4", "seq_len = []", "suite mine: no rows: an axis is empty"),
        ('cell = "lstm"', "cell = []", "suite mine: no rows: an axis is empty"),
        ('"fake"]', '"fkae"]', "backend: unknown 'fkae'; did you mean 'fake'?"),
        ('baseline = "numpy"', 'baseline = "nunpy"', "backend: unknown 'nunpy'; did you"),
    ],
)
def test_what_a_suite_asks_for_must_exist(suite_of, old, new, message):
    suite = suite_of((HEAD + ROWS).replace(old, new))

    assert message in complaint(planned, suite)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"backends": ["tourch-cpu"]}, "unknown 'tourch-cpu'; did you mean 'torch-cpu'?"),
        ({"baseline": "nunpy"}, "backend: unknown 'nunpy'; did you mean 'numpy'?"),
        ({"threads": [0]}, "threads: expected 1 to 1024, got 0"),
        ({"threads": [1, 2000]}, "threads: expected 1 to 1024, got 2000"),
        ({"overrides": {"cell": ["lsmt"]}}, "cell: unknown 'lsmt'"),
        ({"overrides": {"hidden_size": "-3"}}, "hidden_size: expected sizes such as"),
        ({"overrides": {"data": ["sunspots"], "input_size": "4"}}, "needs input_size 1, got 4"),
    ],
)
def test_what_a_person_asks_for_must_exist(given, message):
    assert message in complaint(planned, load_suite("quick"), **given)


def test_a_plan_has_a_limit_of_rows(monkeypatch):
    monkeypatch.setattr(plans, "MAX_ROWS", 12)

    assert len(planned(load_suite("quick"), overrides={"seq_len": "1"}).workloads) == 12
    line = complaint(planned, load_suite("quick"), overrides={"seq_len": "1:2"})
    assert line == "suite quick: more than 12 rows; choose fewer sizes"


def test_an_impossibly_wide_sweep_is_refused_at_once():
    wide = dict.fromkeys(("seq_len", "batch_size", "hidden_size", "input_size"), "1:1000")

    assert "more than 100000 rows" in complaint(planned, load_suite("quick"), overrides=wide)


def test_all_threads_are_every_core_and_no_number_comes_twice():
    assert thread_counts([1, "all"], 4) == (1, 4)
    assert thread_counts([1, "all"], 1) == (1,)
    assert thread_counts(None, 3) == (3,)
    with pytest.raises(UsageError, match="threads: expected 1 to 1024, got 0"):
        thread_counts([0], 4)
