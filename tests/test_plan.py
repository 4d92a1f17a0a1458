"""A suite and flags become a list of rows, or one line that says what is wrong with them."""

import pytest
from conftest import SUITE_HEAD, SUITE_ROWS, a_plan, a_row, a_workload

from lstmbench.errors import UsageError
from lstmbench.planning import plan as plans
from lstmbench.planning.plan import Job, make_plan, thread_counts
from lstmbench.planning.suite import load_suite


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


# --- what a suite declares


def test_every_combination_of_a_declaration_is_a_row_batch_sizes_fastest(suite_of):
    suite = suite_of(
        SUITE_HEAD + '[[rows]]\ncell = ["gru", "lstm-bi"]\nmode = "infer"\nseq_len = "2:4:x2"\n'
        "batch_size = [1, 8]\nhidden_size = 3\n"
    )

    assert [w.id for w in planned(suite).workloads] == [
        f"{cell}/infer/T{t}-B{b}-I3-H3-L1/float32"
        for cell in ("gru", "lstm-bi")
        for t in (2, 4)
        for b in (1, 8)
    ]


def test_the_input_size_is_the_hidden_size_or_one_for_sunspots(suite_of):
    suite = suite_of(SUITE_HEAD + SUITE_ROWS + 'data = ["random", "sunspots"]\n')

    assert [(w.data, w.input_size) for w in planned(suite).workloads] == [
        ("random", 3),
        ("sunspots", 1),
    ]


def test_rows_without_biases_are_declared_so(suite_of):
    assert [
        w.bias for w in planned(suite_of(SUITE_HEAD + SUITE_ROWS + "bias = false\n")).workloads
    ] == [False]


def test_a_row_that_is_declared_twice_is_measured_once(suite_of):
    assert len(planned(suite_of(SUITE_HEAD + SUITE_ROWS + SUITE_ROWS)).workloads) == 1


def test_threads_come_from_the_person_or_the_suite_or_the_machine(suite_of):
    with_threads = suite_of("threads = [1, 3]\n" + SUITE_HEAD + SUITE_ROWS)
    without = suite_of(SUITE_HEAD + SUITE_ROWS)

    assert planned(with_threads, threads=[4]).threads == (4,)
    assert planned(with_threads).threads == (1, 3)
    assert planned(without).threads == (2,)


# --- what a person asks for


def test_an_option_replaces_its_axis_in_every_declaration(suite_of):
    suite = suite_of(SUITE_HEAD + SUITE_ROWS + SUITE_ROWS.replace("lstm", "gru"))

    plan = planned(suite, overrides={"seq_len": "8,16", "mode": ["train"], "input_size": "5"})

    assert [w.id for w in plan.workloads] == [
        f"{cell}/train/T{t}-B2-I5-H3-L1/float32" for cell in ("lstm", "gru") for t in (8, 16)
    ]


def test_backends_that_a_person_names_are_required(suite_of):
    plan = planned(suite_of(SUITE_HEAD + SUITE_ROWS), backends=["fake", "numpy", "fake"])

    assert plan.required
    assert plan.backends == ("fake", "numpy")
    assert plan.baseline == "numpy"


def test_without_the_baseline_of_the_suite_the_first_backend_is_it(suite_of):
    assert planned(suite_of(SUITE_HEAD + SUITE_ROWS), backends=["fake"]).baseline == "fake"


def test_a_baseline_that_is_not_among_the_backends_joins_them(suite_of):
    plan = planned(suite_of(SUITE_HEAD + SUITE_ROWS), backends=["fake"], baseline="numba-cpu")

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
    plan = planned(
        suite_of(SUITE_HEAD + SUITE_ROWS), overrides={"lengths": lengths, "seq_len": "5"}
    )

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
