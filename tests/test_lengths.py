"""Lengths of sequences are drawn the same for every backend, or come from a file."""

from pathlib import Path

import numpy as np
import pytest

from lstmbench.errors import UsageError
from lstmbench.lengths import draw


def test_full_sequences_have_no_lengths_of_their_own():
    assert draw("full", 10, 3) == ()


@pytest.mark.parametrize("lengths", ["uniform", "geometric"])
@pytest.mark.parametrize(("seq_len", "batch_size"), [(1, 1), (1, 5), (7, 1), (100, 64)])
def test_a_batch_is_as_long_as_its_longest(lengths: str, seq_len: int, batch_size: int):
    drawn = draw(lengths, seq_len, batch_size)
    assert len(drawn) == batch_size
    assert min(drawn) >= 1
    assert max(drawn) == seq_len
    assert drawn == draw(lengths, seq_len, batch_size)


def test_uniform_lengths_are_half_of_the_longest_on_average():
    assert np.mean(draw("uniform", 100, 4000)) == pytest.approx(50.5, rel=0.03)


def test_geometric_lengths_are_mostly_short():
    drawn = np.array(draw("geometric", 100, 4000))
    # Of mean 25, cut at 100: 25 · (1 - 0.96^100) on average, and half of them below 17.
    assert np.mean(drawn) == pytest.approx(25 * (1 - 0.96**100), rel=0.05)
    assert np.median(drawn) == pytest.approx(17, abs=2)


def test_a_file_gives_each_of_its_lengths_once_while_there_are_enough(tmp_path: Path):
    file = tmp_path / "corpus.txt"
    file.write_text("3 1\n4\t1 5\n", encoding="utf-8")
    assert sorted(draw(str(file), 9, 5)) == [1, 1, 3, 4, 5]
    assert sorted(draw(str(file), 9, 10)) == [1, 1, 1, 1, 3, 3, 4, 4, 5, 5]
    assert max(draw(str(file), 2, 5)) == 2


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "got an empty file"),
        ("3 0", "got '0' as number 2"),
        ("3 -1", "got '-1' as number 2"),
        ("3.5", "got '3.5' as number 1"),
        ("1 99999999999", "got '99999999999' as number 2"),
    ],
)
def test_a_file_of_anything_else_is_refused_in_one_line(tmp_path: Path, text: str, complaint: str):
    file = tmp_path / "corpus.txt"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=complaint):
        draw(str(file), 9, 2)


def test_what_is_neither_a_word_nor_a_file_is_told_which_there_are(tmp_path: Path):
    with pytest.raises(UsageError, match="expected full, uniform, geometric or a file"):
        draw("unifrom", 9, 2)
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not a text file"):
        draw(str(tmp_path / "bytes"), 9, 2)


def test_a_name_that_no_file_can_have_is_refused():
    with pytest.raises(UsageError, match="lengths: expected full, uniform, geometric or a file"):
        draw("\0", 4, 2)
