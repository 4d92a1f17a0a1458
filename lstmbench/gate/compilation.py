"""Compile time as a row of its own: a pair of seconds of every row that compiled something."""

from collections.abc import Sequence

import numpy as np

from .controls import shift
from .decided import Numbers, judged
from .judgement import DECISIONS, INCONCLUSIVE, Rule, changes_of, decide
from .policy import Policy
from .proof import Proof, compile_seconds
from .records import GateRow

ID = "compilation"


def compilation(proofs: Sequence[Proof], rule: Rule, policy: Policy) -> GateRow | None:
    """The row; ``None`` where nothing was compiled on both sides.

    Where the control, which compiles what the base compiles, took another time than the base,
    nothing is said.
    """
    seconds = _pairs(proofs, "head")
    if not len(seconds):
        return None
    changes, null = _changes(seconds), _changes(_pairs(proofs, "control"))
    allowed = float(np.log1p(policy.compile_margin))
    decision = int(decide(changes[np.newaxis], allowed, 1, rule)[0])
    doubt = shift(null, policy.compile_margin, rule.family) if len(null) else None
    if doubt is not None:
        decision = INCONCLUSIVE
    first = proofs[0]["base"]
    return GateRow(
        id=ID,
        data="random",
        lengths="full",
        backend=" ".join(dict.fromkeys(key[3] for key in first)),
        threads=max(key[4] for key in first),
        decision=DECISIONS[decision],
        reason=doubt,
        **judged(changes, DECISIONS[decision], "proof", allowed, 1, rule),
        base_s=float(seconds[:, 0].sum() / len(proofs)),
        head_s=float(seconds[:, 1].sum() / len(proofs)),
    )


def _pairs(proofs: Sequence[Proof], other: str) -> Numbers:
    """The seconds of base and of another side: ``(pairs, 2)``."""
    pairs = [pair for proof in proofs for pair in compile_seconds(proof, other)]
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)


def _changes(seconds: Numbers) -> Numbers:
    """The log ratio of each pair."""
    return changes_of(seconds[:, :1], seconds[:, 1:])
