"""A key of a TOML file is found on the line that sets it."""

import tomllib

import pytest

from lstmbench.planning.toml_lines import line_of

TEXT = """\
# a comment, and = no key
name = "x"  # name = "y"

text = \"\"\"
name = "z"
[[rows]]
\"\"\"
sizes = [1, 2,
  3,  # "]"

  [4,
   5],
]
table.of.dots = 1
table.of.more = {a = 1, b = [2, 3]}

[[rows]]
seq_len = 1
"batch size" = 2

  [[ rows ]]
seq_len = 3
[rows.sub]
deep = true

[table.last]
end = ']]'"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("name",), 2),
        (("text",), 4),
        (("sizes",), 8),
        (("sizes", 0), 8),
        (("sizes", 2), 9),
        (("sizes", 3), 11),
        (("table",), 14),
        (("table", "of", "dots"), 14),
        (("table", "of", "more", "b", 1), 15),
        (("rows",), 17),
        (("rows", 0), 17),
        (("rows", 0, "seq_len"), 18),
        (("rows", 0, "batch size"), 19),
        (("rows", 1), 21),
        (("rows", 1, "seq_len"), 22),
        (("rows", 1, "sub", "deep"), 24),
        (("table", "last", "end"), 27),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_key_is_on_the_line_that_sets_it(path, line, newline):
    assert line_of(TEXT.replace("\n", newline), path) == line


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("rows", 1, "hidden_size"), 21),
        (("rows", 7), 17),
        (("name", "deeper", 0), 2),
        (("absent",), None),
        ((), None),
    ],
)
def test_of_what_is_not_there_it_is_the_line_of_what_holds_it(path, line):
    assert line_of(TEXT, path) == line


def test_every_key_of_a_file_of_one_key_a_line_is_found():
    names = [f"k{number}" for number in range(50)]
    text = "".join(f"{name} = 1\n\n" for name in names)

    assert [line_of(text, (name,)) for name in names] == list(range(1, 100, 2))
    assert tomllib.loads(text).keys() == set(names)
