"""The README says what is so: its code runs, its commands exist, its table is current."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from conftest import require_peer
from github import assert_renders

from lstmbench import cli
from lstmbench.analysis.summary import BUSY
from lstmbench.backends.registry import BACKENDS
from lstmbench.claims import evidence, judge
from lstmbench.claims import page as claims_page
from lstmbench.claims.records import ClaimsFile
from lstmbench.counts import counts
from lstmbench.errors import UsageError
from lstmbench.gate.comment import comment
from lstmbench.gate.records import GateFile
from lstmbench.gate.selftest import SelfTestFile
from lstmbench.gate.selftest_page import page, tries_table
from lstmbench.gradients import page as gradients_page
from lstmbench.gradients.records import GradientsFile
from lstmbench.guessing import search
from lstmbench.guessing.page import page as guesses_page
from lstmbench.guessing.records import GuessesFile
from lstmbench.labels import kind_of
from lstmbench.learning.page import page as learning_page
from lstmbench.learning.records import LearningFile
from lstmbench.planning import plan, suite
from lstmbench.report import blocks
from lstmbench.report.page import RANKS, markdown
from lstmbench.report.shelf import Shelf
from lstmbench.result import read
from lstmbench.running import session
from lstmbench.statistics.order import geometric_mean
from lstmbench.tasks import load
from lstmbench.units import duration, ratio
from lstmbench.workload import CELL_NAMES

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "results"
README = (ROOT / "README.md").read_text(encoding="utf-8")
TOOL = (ROOT / "lstmbench" / "README.md").read_text(encoding="utf-8")
GATE = (ROOT / "lstmbench" / "gate" / "README.md").read_text(encoding="utf-8")
KERNELS = (ROOT / "kernels" / "README.md").read_text(encoding="utf-8")
PAGES = [
    *ROOT.glob("*.md"),
    *(p for top in ("lstmbench", "kernels", "results") for p in ROOT.glob(f"{top}/**/*.md")),
]
EXAMPLES = re.findall(r"```python\n(.*?)```", KERNELS, re.S)
COMMANDS = [
    line.removeprefix("$ ").split("#")[0].strip()
    for block in re.findall(r"```console\n(.*?)```", README + TOOL, re.S)
    for line in block.splitlines()
]


def test_the_examples_are_found():
    assert len(EXAMPLES) == 2
    assert len(COMMANDS) > 10


def test_the_library_example_runs():
    exec(compile(EXAMPLES[0], "kernels/README.md", "exec"), {})


@pytest.mark.peer
def test_the_torch_example_runs_and_its_comparisons_hold():
    require_peer("torch")
    exec(compile(EXAMPLES[1], "kernels/README.md", "exec"), {})


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("lstmbench")])
def test_every_command_line_is_one_that_the_tool_takes(command: str):
    verb, *arguments = shlex.split(command)[1:]
    options = [argument for argument in arguments if argument.startswith("-")]
    shown = subprocess.run(
        [sys.executable, "-m", "lstmbench.cli", verb, "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "COLUMNS": "200", "NO_COLOR": "1"},
    ).stdout
    for option in options:
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", shown), option


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("lstmbench run")])
def test_every_run_on_the_pages_makes_a_plan(command: str, monkeypatch: pytest.MonkeyPatch):
    planned = []

    def remember(made: plan.Plan, *_: object, **__: object) -> cli.Exit:
        planned.append(made)
        return cli.Exit.OK

    monkeypatch.setattr(session, "measure", remember)
    assert cli.app(shlex.split(command)[1:], standalone_mode=False) == cli.Exit.OK
    assert planned[0].workloads


def test_every_verb_is_on_the_page_of_the_tool():
    for command in cli.app.registered_commands:
        assert command.callback is not None
        name = command.name or command.callback.__name__
        assert f"lstmbench {name}" in TOOL, name


def test_the_suite_on_the_page_is_a_suite(tmp_path: Path):
    text = re.findall(r"```toml\n(.*?)```", TOOL, re.S)[0]
    path = tmp_path / "mine.toml"
    path.write_text(text)
    mine = suite.load_suite(str(path))
    workloads = [workload for rows in mine.rows for workload in rows.workloads()]
    assert len(workloads) == 2 * 2 * 2 * 4


def test_a_mistake_in_that_suite_is_told_as_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    text = re.findall(r"```toml\n(.*?)```", TOOL, re.S)[0]
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(text.replace("[32, 128]", "[32, 0]"))

    with pytest.raises(UsageError) as error:
        suite.load_suite("mine.toml")
    assert f"`{error.value}`" in TOOL.replace("\n", " ")


def test_the_suites_on_the_page_are_those_that_come_along():
    table = TOOL.partition("| suite | what it is |\n| :--- | :--- |\n")[2].partition("\n\n")[0]

    assert table.splitlines() == [
        f"| `{each.name}` | {each.description} |" for each in suite.builtin_suites().values()
    ]


def test_what_the_gate_found_of_itself_is_as_it_was_measured():
    (path,) = (RESULTS / "gate").glob("*-self-test.json")
    found = SelfTestFile.model_validate_json(path.read_text(encoding="utf-8"))

    assert path.with_suffix(".md").name in GATE
    assert tries_table(found) in GATE
    assert path.with_suffix(".md").read_text(encoding="utf-8") == page(found)


def test_the_pages_beside_verdict_files_are_theirs():
    for path in (RESULTS / "gate").glob("*-load.json"):
        verdict = GateFile.model_validate_json(path.read_text(encoding="utf-8"))
        assert path.with_suffix(".md").read_text(encoding="utf-8") == comment(verdict), path


def test_the_page_beside_a_file_of_gradients_is_its_own():
    files = list((RESULTS / "gradients").glob("*.json"))
    assert files
    for path in files:
        file = GradientsFile.model_validate_json(path.read_text(encoding="utf-8"))
        text = path.with_suffix(".md").read_text(encoding="utf-8")
        assert text == gradients_page.page(file, Shelf(path.stem)), path


def test_the_page_beside_a_file_of_claims_is_its_own_and_its_verdicts_those_of_its_evidence():
    files = list((RESULTS / "claims").glob("*.json"))
    assert files
    for path in files:
        file = ClaimsFile.model_validate_json(path.read_text(encoding="utf-8"))
        found = evidence.load(path, file.exhibits)
        text = path.with_suffix(".md").read_text(encoding="utf-8")
        assert text == claims_page.page(file, found, Shelf(path.stem)), path
        assert tuple(judge.claims(found)) == file.claims, path


def test_the_page_beside_a_file_of_guesses_is_its_own():
    files = list((RESULTS / "guessing").glob("*.json"))
    assert files
    for path in files:
        file = GuessesFile.model_validate_json(path.read_text(encoding="utf-8"))
        assert path.with_suffix(".md").read_text(encoding="utf-8") == guesses_page(file), path


def test_the_networks_found_are_right_and_so_many_for_a_bit_more_as_the_page_says():
    (path,) = (RESULTS / "guessing").glob("*-parity.json")
    found = GuessesFile.model_validate_json(path.read_text(encoding="utf-8")).guesses
    weights = np.array([each.weights for each in found])

    def right(bits: int) -> int:
        return len(search.right(weights, load("parity", lag=bits).test_set(64)))

    told = (RESULTS / "README.md").read_text(encoding="utf-8")
    assert right(500) == len(found)
    assert f"{right(501)} of {len(found)} are right for 501 bits too" in told


def test_the_page_beside_a_file_of_learning_is_its_own():
    files = list((RESULTS / "learning").glob("*.json"))
    assert files
    for path in files:
        file = LearningFile.model_validate_json(path.read_text(encoding="utf-8"))
        text = path.with_suffix(".md").read_text(encoding="utf-8")
        assert text == learning_page(file, Shelf(path.stem)), path


def test_what_a_layer_takes_is_on_the_page_of_the_kernels():
    listed = [
        f"| `{each.name}` | {each.parameters:,} | {each.multiply_adds:,} | "
        f"{each.parameters_ratio:g}x, {each.multiply_adds_ratio:g}x |"
        for each in map(counts, CELL_NAMES)
    ]
    assert "\n".join(listed) in KERNELS


def test_the_exit_codes_on_the_page_are_those_of_the_tool():
    table = TOOL.partition("| exit code |")[2].partition("\n\n")[0]
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.M)}
    assert {0, 2, 4, 5} <= documented <= {int(code) for code in cli.Exit}


def test_the_table_is_current():
    assert blocks.update(ROOT / "README.md", check=True), (
        "README.md is stale: make report, and commit it"
    )


def test_the_reports_beside_the_result_files_are_theirs():
    files = sorted(RESULTS.glob("*.json"))
    assert files
    for path in files:
        page = markdown([read(path)], Shelf(path.stem))
        assert path.with_suffix(".md").read_text(encoding="utf-8") == page


def test_each_result_file_is_listed_with_the_command_that_made_it():
    page = (RESULTS / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(2\S+)` \| `(.*?)` \|", page, re.M))

    made = {path.stem: read(path).command for path in RESULTS.glob("*.json")}
    assert listed == {name: re.sub(r" -o \S+", "", command) for name, command in made.items()}


def test_backends_without_a_time_are_listed_as_unmeasured():
    page = (RESULTS / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^- `([a-z-]+)`$", page, re.M))
    rows = [row for path in RESULTS.glob("*.json") for row in read(path).rows]
    measured = {kind_of(row.backend) for row in rows if row.time_s is not None}
    assert listed == set(BACKENDS) - {"fake"} - measured


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_within_the_repository_leads_somewhere(page: Path):
    links = re.findall(r"(?:\]\(|src=\"|srcset=\")([^)\"#]+)", page.read_text(encoding="utf-8"))
    within = [link for link in links if not re.match(r"https?:", link)]

    assert [link for link in within if not (page.parent / unquote(link)).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_page_renders_on_github(page: Path):
    assert_renders(page.read_text(encoding="utf-8"))


def test_what_a_page_leaves_out_is_told_in_the_order_of_the_tool():
    told = " ".join(TOOL.split())

    assert f"in this order: {'; '.join(reversed(RANKS[1:]))}." in told


def test_how_long_the_shortest_adapter_is_that_the_readme_names():
    (lines,) = re.findall(r"`torch_cpu.py` has (\d+)\s+lines", README)

    adapter = ROOT / "lstmbench" / "backends" / "torch_cpu.py"
    assert int(lines) == len(adapter.read_text(encoding="utf-8").splitlines())


def test_make_help_names_every_target():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    shown = subprocess.run(
        ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert {line.split()[0] for line in shown.splitlines()} == targets


def test_what_it_buys_is_as_it_was_measured():
    told = " ".join(README.split())
    files = {
        name: LearningFile.model_validate_json(path.read_text(encoding="utf-8"))
        for name in ("adding", "characters", "sunspots", "temporal-order")
        for path in (RESULTS / "learning").glob(f"*-{name}-2.json")
    }
    means = {
        name: geometric_mean(r.ratio for r in file.groups[1].ratios) for name, file in files.items()
    }
    each = ", ".join(f"{name.replace('-', ' ')} {ratio(mean)}" for name, mean in means.items())
    assert f"PyTorch takes {ratio(geometric_mean(means.values()))} our time ({each};" in told
    for file in files.values():
        ours, theirs = file.groups
        assert (ours.solved, theirs.solved, len(theirs.ratios)) == (5, 5, 5)
        assert all(trial.other_load < BUSY for trial in file.trials)

    (path,) = (RESULTS / "claims").glob("*.json")
    claims = ClaimsFile.model_validate_json(path.read_text(encoding="utf-8"))
    lstm, _, plain = evidence.load(path, claims.exhibits).learning["lag-1000"].groups
    assert f"1000 steps apart in {duration(lstm.seconds_median)} ({lstm.solved} of 5 seeds)" in told
    assert f"a plain RNN does not ({plain.solved} of {plain.trials})" in told
    assert (
        f"[{len(claims.claims)} claims with their verdicts](results/claims/{path.stem}.md)" in told
    )
