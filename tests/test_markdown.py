"""The primitives of Markdown: inert text, tables and folds."""

import re
from html import unescape

import pytest
from conftest import HOSTILE

from lstmbench.markdown import LONGEST, escape, fold, table


@pytest.mark.parametrize("name", HOSTILE)
def test_escaped_text_is_one_line_without_special_characters(name):
    escaped = escape(HOSTILE[name])

    assert len(escaped.splitlines()) <= 1
    assert not re.search(r"[\\`*_{}\[\]()+!|<>~$]", escaped)
    assert not re.search(r"[#&](?!#?\d+;)", escaped)


@pytest.mark.parametrize("name", HOSTILE)
def test_escaped_text_still_reads_as_it_was(name):
    shown = unescape(escape(HOSTILE[name])).replace("\u200b", "")
    original = re.sub("[\x00\x1b\u202e]", "\ufffd", " ".join(HOSTILE[name].split()))

    assert shown == (original if len(original) <= LONGEST else original[:299] + "…")


@pytest.mark.parametrize("name", ["bare link", "mail", "mention", "link"])
def test_nothing_in_decoded_text_becomes_a_link_or_a_mention(name):
    shown = unescape(escape(HOSTILE[name]))

    assert not re.search(r"https?://\S", shown)
    assert not re.search(r"www\.\w", shown)
    assert not re.search(r"@\w", shown)


def test_a_table_has_a_head_a_rule_and_its_rows_with_numbers_to_the_right():
    shown = table(["name", "time"], [["a", "1"], ["b", "2"]], left=(0,))

    assert shown == "| name | time |\n| :--- | ---: |\n| a | 1 |\n| b | 2 |"


def test_what_is_folded_stands_between_empty_lines():
    assert "</summary>\n\n| a |\n\n</details>" in fold("title", "| a |")
