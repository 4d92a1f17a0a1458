"""A suite is told in a few facts that follow from what it declares."""

import pytest
from conftest import SUITE_HEAD

from lstmbench.planning.catalogue import description, facts
from lstmbench.planning.suite import builtin_suites
from lstmbench.workload import flops

TEXT = (
    SUITE_HEAD.replace('""', '"What for."')
    + """threads = [1, "all"]
[[rows]]
source = "a paper"
cell = "lstm"
mode = ["infer", "train"]
seq_len = "2:8:x2"
batch_size = 3
hidden_size = [4, 6]
[[rows]]
source = "a paper"
cell = "gru-bi"
mode = "infer"
seq_len = 2
batch_size = 3
hidden_size = 4
bias = false
"""
)


def test_facts_are_what_a_suite_declares_and_comes_to(suite_of):
    suite = suite_of(TEXT)
    known = facts(suite)
    workloads = [workload for rows in suite.rows for workload in rows.workloads()]

    assert known["workloads"] == len(workloads) == 13
    assert known["flops"] == sum(map(flops, workloads))
    assert (known["cells"], known["modes"]) == (["lstm", "gru-bi"], ["infer", "train"])
    assert (known["seq_len"], known["batch_size"], known["hidden_size"]) == ([2, 8], [3, 3], [4, 6])
    assert known["sources"] == ["a paper"]
    assert known["rows"][0]["seq_len"] == "2:8:x2"


def test_a_person_reads_the_same(suite_of):
    what, work, kinds, sizes, backends, source = description(suite_of(TEXT))

    assert what == "What for."
    assert work.startswith("13 workloads; one call of each is ")
    assert kinds == "lstm, gru-bi; infer, train; float32; some with no bias"
    assert sizes == "T 2 to 8, B 3, I 4 to 6, H 4 to 6, L 1"
    assert backends == "backends: numpy (baseline), fake; threads: 1, all"
    assert source == "from: a paper"


@pytest.mark.parametrize("name", builtin_suites())
def test_every_built_in_suite_can_be_described(name):
    lines = list(description(builtin_suites()[name]))

    assert len(lines) > 5
    assert all("\n" not in line for line in lines)
