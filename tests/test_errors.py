"""Every error is of one tree, and a message about a name says what was meant."""

import pytest

from lstmbench import errors
from lstmbench.errors import Exit, LstmbenchError, unknown

TREE = [value for value in vars(errors).values() if isinstance(value, type)]


@pytest.mark.parametrize(
    "kind", [kind for kind in TREE if issubclass(kind, Exception)], ids=lambda kind: kind.__name__
)
def test_every_error_is_one_that_the_command_line_catches(kind):
    assert issubclass(kind, LstmbenchError)


def test_the_tree_in_the_docstring_names_every_error():
    for kind in TREE:
        if issubclass(kind, LstmbenchError):
            assert kind.__name__ in errors.__doc__


def test_an_unknown_name_comes_with_the_nearest_match_and_all_that_are_known():
    assert unknown("cell", "lsmt", ["lstm", "gru"]) == (
        "cell: unknown 'lsmt'; did you mean 'lstm'? known: lstm, gru"
    )


def test_a_name_like_no_other_gets_no_guess():
    assert unknown("cell", "zzz", ["lstm", "gru"]) == "cell: unknown 'zzz'; known: lstm, gru"


def test_the_known_names_may_come_from_an_iterator():
    assert "known: a, b" in unknown("x", "q", iter("ab"))


def test_exit_codes_are_the_documented_ones():
    assert {code.name: code.value for code in Exit} == {
        "OK": 0,
        "REGRESSION": 1,
        "USAGE": 2,
        "INCONCLUSIVE": 3,
        "INCOMPLETE": 4,
        "INCORRECT": 5,
        "TIMEOUT": 124,
        "INTERRUPTED": 130,
    }
