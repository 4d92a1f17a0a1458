"""What the rows of a gate come to together, the reason in one line, and the exit code."""

from collections.abc import Sequence

from ..errors import Exit
from ..units import ratio
from .compilation import ID as COMPILATION
from .policy import Policy
from .records import Control, GateRow, Verdict
from .stages import Findings

# Slower rows that the reason names.
NAMED = 3
EXITS: dict[Verdict, Exit] = {
    "passed": Exit.OK,
    "regressed": Exit.REGRESSION,
    "inconclusive": Exit.INCONCLUSIVE,
    "incomplete": Exit.INCOMPLETE,
    "incorrect": Exit.INCORRECT,
}


def conclude(findings: Findings, policy: Policy) -> tuple[Verdict, str]:
    """The verdict and its reason: what got slower, by how much, and how sure that is.

    A wrong result comes before everything else, then a row that is missing: no time makes up for
    either.  A machine that its controls do not vouch for decides nothing, not even for the worse.
    """
    rows = findings.rows
    wrong, missing = _of(rows, "incorrect"), _of(rows, "missing")
    if wrong:
        return "incorrect", f"{_count(wrong, rows)} wrong: {wrong[0].id}: {wrong[0].reason}"
    if missing:
        where = f"{missing[0].id}: {missing[0].reason}"
        return "incomplete", f"{_count(missing, rows)} without a time: {where}"
    if not rows or all(row.decision == "new" for row in rows):
        return "incomplete", "nothing was compared: no row is on both sides"
    doubts = [control for control in findings.controls if control.trouble]
    if doubts:
        return "inconclusive", f"the machine is not fit to judge: {_doubt(doubts[0])}"
    worse = sorted(_of(rows, "regressed"), key=slowness, reverse=True)
    if worse:
        names = "; ".join(told(row) for row in worse[:NAMED])
        more = "; …" if len(worse) > NAMED else ""
        return "regressed", (
            f"{_count(worse, rows)} slower by more than {_allowed(policy)}: {names}{more}; "
            f"of code that is no slower at most {100 * policy.rule.family:g} % of runs end so"
        )
    # Of compile times there may be too few to ever be sure: they stop what is shown to be slower.
    unsure = [row for row in _of(rows, "inconclusive") if row.id != COMPILATION]
    if unsure:
        worst = max(unsure, key=_hidden)
        most = _hidden(worst)
        size = f"up to {100 * most:.0f} %" if most < float("inf") else "however large"
        return "inconclusive", (
            f"no row is shown to be slower, but {_count(unsure, rows)} may hide it, the most "
            f"{worst.id}, {size}; more --blocks and --budget, or a quieter machine, may tell"
        )
    return "passed", (
        f"no row is slower by more than {_allowed(policy)}: {_summary(rows)}; "
        f"{100 * (1 - policy.rule.equivalence):g} % sure of each"
    )


def _allowed(policy: Policy) -> str:
    return "is allowed" if policy.margins else f"the {100 * policy.margin:g} % allowed"


def _hidden(row: GateRow) -> float:
    """The largest slowdown that a run may have missed in a row."""
    return float("inf") if row.smallest_effect is None else row.smallest_effect


def slowness(row: GateRow) -> float:
    """How many times as slow a row has become; 1 where nothing is known."""
    return row.change.ratio if row.change else 1.0


def told(row: GateRow) -> str:
    """A row with its change and how sure that is."""
    if row.change is None:
        return row.id
    least = f", at least {ratio(row.change.low)}" if row.change.low else ""
    return f"{row.id} takes {ratio(row.change.ratio)} as long{least}"


def _summary(rows: Sequence[GateRow]) -> str:
    counts = {word: len(_of(rows, word)) for word in ("unchanged", "improved", "new")}
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _doubt(control: Control) -> str:
    return f"{control.id} on {control.backend}: {control.trouble}"


def _of(rows: Sequence[GateRow], decision: str) -> list[GateRow]:
    return [row for row in rows if row.decision == decision]


def _count(some: Sequence[GateRow], rows: Sequence[GateRow]) -> str:
    return f"{len(some)} of {len(rows)} rows"
