"""Every kind of file has its JSON Schema beside the code, and its fields in the table of fields."""

import json
from pathlib import Path

import jsonschema
import pytest

from lstmbench import result
from lstmbench.claims.records import ClaimsFile
from lstmbench.gate.records import GateFile
from lstmbench.gate.selftest import SelfTestFile
from lstmbench.gradients.records import GradientsFile
from lstmbench.guessing.records import GuessesFile
from lstmbench.learning.records import LearningFile
from lstmbench.records import Result
from lstmbench.result import json_schema

SCHEMAS = Path(result.__file__).parent / "schemas"
FIELDS = Path(__file__).parent.parent / "results" / "README.md"
# What prints each.
COMMANDS = {
    "result-1": ("report", "--schema"),
    "gate-1": ("gate", "--schema"),
    "gate-self-test-1": ("gate", "--self-test", "--schema"),
    "gradients-1": ("gradients", "--schema"),
    "guesses-1": ("guess", "--schema"),
    "learning-1": ("learn", "--schema"),
    "claims-1": ("claims", "--schema"),
}
KINDS = {
    "result-1": Result,
    "gate-1": GateFile,
    "gate-self-test-1": SelfTestFile,
    "gradients-1": GradientsFile,
    "guesses-1": GuessesFile,
    "learning-1": LearningFile,
    "claims-1": ClaimsFile,
}


def records(kind):
    """Every record of a kind of file with its fields; a list of words has none."""
    schema = json_schema(kind)
    found = {kind.__name__: schema, **schema["$defs"]}
    return {name: record for name, record in found.items() if "properties" in record}


def test_every_schema_is_of_a_kind_of_file():
    assert {path.stem for path in SCHEMAS.iterdir()} == set(KINDS) == set(COMMANDS)


@pytest.mark.parametrize("name", KINDS)
def test_the_shipped_schema_is_that_of_the_code_and_what_its_command_prints(name, tool):
    path = SCHEMAS / f"{name}.json"
    shipped = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(shipped)
    code, out, _ = tool(*COMMANDS[name])

    command = f"lstmbench {' '.join(COMMANDS[name])} > lstmbench/schemas/{name}.json"
    assert shipped == json_schema(KINDS[name]), command
    assert (code, json.loads(out)) == (0, shipped)


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_field_of_a_schema_is_described(kind):
    for name, record in records(kind).items():
        for field, about in record["properties"].items():
            assert about.get("description"), f"{name}.{field}"


@pytest.mark.parametrize("kind", KINDS.values())
def test_every_field_is_in_the_table_of_fields_with_its_description(kind):
    table = FIELDS.read_text(encoding="utf-8")
    for record in records(kind).values():
        for field, about in record["properties"].items():
            assert f"| `{field}` | {' '.join(about['description'].split())} |" in table, field
