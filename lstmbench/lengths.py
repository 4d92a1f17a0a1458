"""How long the sequences of a batch are: real batches are ragged, and padded to the longest.

``full``       every sequence has all T steps
``uniform``    every length from 1 to T is as likely as any other
``geometric``  many short and few long: the mean is a quarter of T before what is above T is cut
a file         whole numbers with white space between them, such as the lengths of a corpus

Lengths are drawn once, with a fixed seed, so that every backend has the same ones.  In a uniform or
geometric batch one sequence has all T steps, because a batch is as long as its longest.  Of a file
as many are taken as there are sequences, each once while there are enough; one above T is cut to T.
"""

from pathlib import Path

import numpy as np

from .errors import UsageError

DRAWN = ("full", "uniform", "geometric")
SEED = 0
MEAN = 0.25


def draw(lengths: str, seq_len: int, batch_size: int) -> tuple[int, ...]:
    """The length of each sequence; empty where all are full.  Raises ``UsageError``.

    Args:
        lengths: one of ``DRAWN``, or the path of a file.
        seq_len: T, the longest there can be.
        batch_size: B, how many are wanted.
    """
    rng = np.random.default_rng(SEED)
    match lengths:
        case "full":
            return ()
        case "uniform":
            drawn = rng.integers(1, seq_len, batch_size, endpoint=True)
            drawn[rng.integers(batch_size)] = seq_len
        case "geometric":
            drawn = rng.geometric(1 / max(1.0, MEAN * seq_len), batch_size)
            drawn[rng.integers(batch_size)] = seq_len
        case _:
            known = _read(Path(lengths))
            times = -(-batch_size // len(known))
            drawn = np.concatenate([rng.permutation(known) for _ in range(times)])[:batch_size]
    return tuple(np.minimum(drawn, seq_len).tolist())


def _read(path: Path) -> list[int]:
    """The lengths in a file."""
    try:
        words = path.read_text(encoding="utf-8").split()
    except OSError as error:
        raise UsageError(
            f"lengths: expected {', '.join(DRAWN)} or a file that can be read, got {path}: "
            f"{error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"lengths {path}: not a text file in UTF-8") from error
    except ValueError as error:
        raise UsageError(f"lengths: expected {', '.join(DRAWN)} or a file: {error}") from error
    if not words:
        raise UsageError(f"lengths {path}: expected whole numbers from 1 on, got an empty file")
    for number, word in enumerate(words, 1):
        if not (word.isascii() and word.isdigit() and 1 <= len(word) <= 9 and int(word) >= 1):
            raise UsageError(
                f"lengths {path}: expected whole numbers from 1 on, got {word[:40]!r} "
                f"as number {number}"
            )
    return [int(word) for word in words]
