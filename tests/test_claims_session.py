"""`lstmbench claims`: what is run and kept, what is told, and what is refused."""

import json
import re
import shlex

import pytest
from claimed import curve, flows, learnt
from conftest import HOSTILE, assert_golden
from github import assert_renders, rendered
from learning_files import settings
from rich.console import Console
from typer.main import get_command

from lstmbench import cli
from lstmbench.claims import page, session
from lstmbench.claims.evidence import Evidence, load
from lstmbench.claims.programme import Experiment, programme
from lstmbench.claims.records import Claim, ClaimsFile, Exhibit, Finding, Verdict
from lstmbench.claims.table import renderable
from lstmbench.errors import Exit, UsageError, WorkerError
from lstmbench.report.shelf import Shelf

LEARN = Experiment("lag-1000", "numbers to add", ("learn", "adding", "--lag", "1000"))
DRAWN = Experiment("lag-1000-as-drawn", "as drawn", ("learn", "adding", "--forget-bias", "1"))
CORNER = Experiment("recipe/adam-0.1", "a corner", ("learn", "adding"), paged=False)
FLOW = Experiment("gradients", "what is left", ("gradients", "--task", "adding"))
PROGRAMME = (FLOW, LEARN, DRAWN, CORNER)


def made(experiment):
    """What a command of the programme would write."""
    command = shlex.join(["lstmbench", *experiment.line])
    if experiment is FLOW:
        left = curve("rnn-tanh", 0.003), curve("lstm", 0.005), curve("lstm", 0.74, bias=3.0)
        return flows(*left).gradients["gradients"].model_copy(update={"command": command})
    solved = 0 if experiment is DRAWN else 5
    file = learnt(lstm=solved, lag=1000).model_copy(update={"command": command})
    if experiment is DRAWN:
        chosen = settings(lag=1000, forget_bias=1.0)
        file = file.model_copy(update={"settings": chosen})
    return file


class Commands:
    """They write what they should, and remember what was asked."""

    def __init__(self, **ends):
        self.ends, self.ran = ends, []

    def __call__(self, experiment, folder, quiet):
        assert quiet
        self.ran.append(experiment.name)
        end = self.ends.get(experiment.name, Exit.OK)
        if end in (Exit.OK, Exit.INCOMPLETE):
            path = folder / f"{experiment.name}.json"
            path.write_text(made(experiment).as_file(), encoding="utf-8")
        return end


@pytest.fixture
def output(tmp_path):
    path = tmp_path / "claims.json"
    session.begin(path, resume=False)
    return path


def run(output, commands, experiments=PROGRAMME, **given):
    options = {"quick": False, "quiet": True, "perform": commands, **given}
    return session.run(experiments, output, (), **options)


def test_everything_is_run_once_judged_and_written(output):
    commands = Commands()

    file, code = run(output, commands)

    assert (commands.ran, code) == ([each.name for each in PROGRAMME], Exit.OK)
    assert json.loads(output.read_text())["schema"] == "lstmbench/claims"
    verdicts = {claim.id: claim.verdict for claim in file.claims}
    assert verdicts == {
        "1a": Verdict.NOT,
        "1b": Verdict.ONLY_WHEN,
        "2a": Verdict.ONLY_WHEN,
        "4a": Verdict.HOLDS,
        "6a": Verdict.UNTESTED,
        "6b": Verdict.UNTESTED,
        "7": Verdict.HOLDS,
    }
    assert output.with_suffix(".md").read_text().startswith("# Claims about LSTMs, measured\n")


def test_what_is_there_is_not_run_again(output):
    with pytest.raises(KeyboardInterrupt):
        run(output, Commands(**{"lag-1000": Exit.INTERRUPTED}))
    commands = Commands()

    session.begin(output, resume=True)
    run(output, commands)

    assert commands.ran == ["lag-1000", "lag-1000-as-drawn", "recipe/adam-0.1"]


def test_another_run_is_not_lost(output):
    run(output, Commands())

    with pytest.raises(UsageError, match=r"holds the evidence of a run; go on with it \(--resume"):
        session.begin(output, resume=False)


def test_evidence_of_another_command_is_refused(output):
    run(output, Commands())
    other = Experiment("lag-1000", "", ("learn", "adding", "--lag", "999"))

    with pytest.raises(UsageError, match=r"expected what `lstmbench learn adding --lag 999 -o"):
        run(output, Commands(), (FLOW, other))


def test_a_resumed_experiment_is_of_the_same_command(output):
    run(output, Commands())
    path = output.with_suffix("") / "gradients.json"
    text = json.loads(path.read_text())
    path.write_text(json.dumps({**text, "command": text["command"] + " --resume"}))

    run(output, Commands())


def test_a_command_that_fails_ends_the_run_in_one_line(output):
    with pytest.raises(WorkerError, match=r"^lag-1000: `lstmbench learn .*` ended with 2$"):
        run(output, Commands(**{"lag-1000": Exit.USAGE}))


def test_an_incomplete_experiment_is_judged_and_told(output):
    _, code = run(output, Commands(**{"lag-1000": Exit.INCOMPLETE}))

    assert code is Exit.INCOMPLETE


def test_reduced_sizes_are_told(output):
    file, _ = run(output, Commands(), quick=True)

    assert "> Sizes are reduced (--quick)" in output.with_suffix(".md").read_text()
    console = Console(width=100, record=True)
    console.print(renderable(file))
    assert "Sizes are reduced (--quick)" in console.export_text()


def test_the_page_says_each_claim_with_its_test_and_its_measurement(output):
    file, _ = run(output, Commands())
    fields = {"created": "2026-01-02T03:04:05+00:00", "command": "lstmbench claims"}
    file = file.model_copy(update={**fields, "environment": made(LEARN).environment})
    text = page.page(file, load(output, file.exhibits), Shelf("claims"))

    assert_renders(text)
    assert_golden("claims.md", text)


@pytest.mark.parametrize("quick", [False, True], ids=["full", "quick"])
def test_every_command_of_a_programme_is_one_of_the_tool(quick):
    commands = get_command(cli.app).commands

    for each in programme(quick=quick):
        verb, *rest = each.line
        commands[verb].make_context(verb, rest)


def test_both_programmes_have_the_same_experiments():
    full, quick = (
        {each.name for each in programme(quick=quick) if each.paged} for quick in (False, True)
    )

    assert full == quick


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_text(name):
    def tags(text):
        finding = Finding(what=text, value=1.0, unit="ratio", low=0.5, high=2.0, interval=text)
        claim = Claim(
            id="9",
            statement=text,
            source=text,
            test=text,
            findings=(finding,),
            verdict=Verdict.ONLY_WHEN,
            because=text,
            evidence=(),
        )
        file = ClaimsFile(
            created=text,
            command=text,
            environment=made(LEARN).environment,
            quick=False,
            claims=(claim,),
            exhibits=(Exhibit(name="lag-10", kind="learning", what=text),),
        )
        return re.findall(r"<[^>]*>", rendered(page.page(file, Evidence(), Shelf("claims"))))

    assert tags(HOSTILE[name]) == tags("word")


@pytest.mark.parametrize("paged", [True, False], ids=["with a page", "as JSON"])
def test_a_command_is_run_where_its_file_is_to_be(output, paged):
    tiny = "gradients --cell rnn-tanh --hidden-size 2 --seeds 1 --lags 1,10"
    one = Experiment("gradients", "what is left", tuple(tiny.split()), paged=paged)

    file, code = session.run((one,), output, (), quick=False, quiet=True)

    assert code is Exit.OK
    assert file.claims[0].findings[0].what == "rnn-tanh (as drawn): lost after 10 steps"
    assert output.with_suffix("").joinpath("gradients.md").exists() is paged


def test_a_command_that_is_refused_ends_the_run(output):
    wrong = Experiment("gradients", "", ("gradients", "--cell", "lstn"))

    with pytest.raises(WorkerError, match=r"^gradients: .* ended with 2$"):
        session.run((wrong,), output, (), quick=False, quiet=True)
