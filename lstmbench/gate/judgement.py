"""What a gate decides from the changes that it measured: pure statistics, for many runs at once.

The unit is the process: one number of a row from each, the log of its median time.  A block is four
fresh processes that take turns in the order base, head, head, base, so that drift meets both alike;
its change is the mean of head's logs less the mean of base's.  Blocks come in two stages.  After
the first, rows that are shown to be unchanged are done with.  The others are measured anew, and the
second stage alone decides about them: choosing rows by the first costs it nothing.  Half-way, rows
that are shown to be unchanged are done with too; none is called slower before the end, so that this
look costs no false alarm.

What a row is allowed lies inside the test, not beside it: a row has regressed where its change is
shown to be above that.  All declared rows share one chance of a false alarm (Holm, Scandinavian
Journal of Statistics 6, 1979).  A row is unchanged where both its bounds lie within what is allowed
(two one-sided tests: Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987).
"""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..statistics.signed_rank import estimate, lower_bound, p_above, upper_bound

Decision = Literal["regressed", "improved", "unchanged", "inconclusive"]
DECISIONS: tuple[Decision, ...] = get_args(Decision)
REGRESSED, IMPROVED, UNCHANGED, INCONCLUSIVE = range(len(DECISIONS))

Numbers = NDArray[np.float64]
# Of the chance of a false alarm: eight pairs of compile times are then enough for a decision.
COMPILATION = 0.4
# Places in ``DECISIONS``.
Decisions = NDArray[np.int8]


@dataclass(frozen=True)
class Rule:
    """How sure a gate is, and how many blocks it takes.

    Attributes:
        family: the chance of a false alarm on any of the declared rows.
        equivalence: the chance that a row called unchanged has changed by what is allowed.
        screening: blocks of the first stage, of all rows.
        confirmation: blocks of the second, of the rows that need it.
    """

    family: float = 0.01
    equivalence: float = 0.05
    screening: int = 6
    confirmation: int = 16

    @property
    def looks(self) -> tuple[int, ...]:
        """The parts of the second stage: after each, rows shown to be unchanged are done with."""
        half = self.confirmation // 2
        return (half, self.confirmation - half) if half else (self.confirmation,)

    @property
    def of_each_look(self) -> "Rule":
        """For those: looking twice must not make it more likely to call a row unchanged."""
        return replace(self, equivalence=self.equivalence / len(self.looks))

    @property
    def of_compilation(self) -> "Rule":
        """For compile times, where there are some: their part of the chance of a false alarm."""
        return replace(self, family=COMPILATION * self.family)

    @property
    def of_rows(self) -> "Rule":
        """For all rows besides those: the other part."""
        return replace(self, family=(1 - COMPILATION) * self.family)


def changes_of(base: Numbers, head: Numbers) -> Numbers:
    """The change of each block: ``(..., blocks, 2)`` seconds of each side to ``(..., blocks)``."""
    change: Numbers = np.log(head).mean(axis=-1) - np.log(base).mean(axis=-1)
    return change


def is_unchanged(changes: Numbers, allowed: Numbers | float, rule: Rule) -> NDArray[np.bool_]:
    """Which rows are shown to have changed by less than is allowed, ``(..., blocks)`` to ``(...)``.

    ``allowed`` is a log, for each row or for all.
    """
    low, high = lower_bound(changes, rule.equivalence), upper_bound(changes, rule.equivalence)
    found: NDArray[np.bool_] = (low > -np.asarray(allowed)) & (high < allowed)
    return found


def decide(changes: Numbers, allowed: Numbers | float, declared: int, rule: Rule) -> Decisions:
    """What each row of a run has come to: ``(..., rows, blocks)`` to ``(..., rows)``.

    ``declared`` is how many rows the run has, those that were done with before among them.
    """
    margin = np.asarray(allowed)[..., np.newaxis]
    worse = holm(p_above(changes - margin, 0.0), declared) <= rule.family
    better = holm(p_above(-changes - margin, 0.0), declared) <= rule.family
    same = is_unchanged(changes, allowed, rule)
    found: Decisions = np.select(
        [worse, better, same], [REGRESSED, IMPROVED, UNCHANGED], INCONCLUSIVE
    ).astype(np.int8)
    return found


def holm(p: Numbers, declared: int) -> Numbers:
    """p-values along the last axis, adjusted for as many tests as there are declared rows."""
    order = np.argsort(p, axis=-1)
    factors = declared - np.arange(p.shape[-1])
    raised = np.maximum.accumulate(np.take_along_axis(p, order, axis=-1) * factors, axis=-1)
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.minimum(raised, 1.0), axis=-1)
    return adjusted


def smallest_effect(changes: Numbers, allowed: float, declared: int, rule: Rule) -> float:
    """The least true change that blocks which scatter as these do would have shown, as a log.

    By their own scatter: were the row slower by so much, these very blocks would have been enough.
    """
    bound = lower_bound(changes, rule.family / declared)
    if not np.isfinite(bound):
        return float("inf")
    return float(allowed + estimate(changes) - bound)
