"""A verdict as Markdown for a pull request: the answer first, then what changed, the rest folded.

Everything that comes out of a file is escaped: it may be a stranger's.  A page that is longer than
a comment may be leaves out its least important parts, in a stated order, and says so.
"""

from collections.abc import Callable, Sequence

from ..markdown import escape, fold, table
from ..units import duration, percent, significant
from .records import Control, GateFile, GateRow
from .verdict import slowness

# By this line a bot finds the comment that it wrote before.
MARKER = "<!-- lstmbench gate -->"
# GitHub takes 65536 characters, some of which a caller may want for its own.
LARGEST = 60_000
# Rows that stand outside of the fold.
SHOWN = 15
MARKS = {
    "passed": "✅",
    "regressed": "❌",
    "inconclusive": "⚠️",
    "incomplete": "❌",
    "incorrect": "❌",
}


def comment(result: GateFile, *, largest: int = LARGEST) -> str:
    """The page, of at most ``largest`` bytes: all of it, or without what can best be missed."""
    parts: list[tuple[str, str]] = [
        ("", _verdict(result)),
        ("the changed rows", _changed(result)),
        ("the other rows", _others(result)),
        ("the controls", _controls(result)),
        ("the method", _method(result)),
    ]
    left_out: list[str] = []
    for name in ("the other rows", "the controls", "the method", "the changed rows"):
        page = _page(parts, left_out)
        if len(page.encode()) <= largest:
            return page
        parts = [part for part in parts if part[0] != name]
        left_out.append(name)
    return _page(parts, left_out)


def _page(parts: Sequence[tuple[str, str]], left_out: Sequence[str]) -> str:
    texts = [MARKER, *(text for _, text in parts if text)]
    if left_out:
        texts.append(f"_Left out, for length: {', '.join(left_out)}. The verdict file has it all._")
    return "\n\n".join(texts) + "\n"


def _verdict(result: GateFile) -> str:
    """What got slower, by how much, how sure; and what to run to see it again."""
    lines = [
        f"{MARKS[result.verdict]} **lstmbench gate: {result.verdict}** — {escape(result.reason)}.",
        f"To measure it again: <code>{escape(result.command)}</code> (base {escape(result.base)}; "
        f"head {escape(result.head)}; {escape(result.environment.machine.cpu_model)}; "
        f"{max(round(result.seconds / 60), 1)} min).",
    ]
    return "\n".join(lines)


def _changed(result: GateFile) -> str:
    """The rows that are not unchanged, the slowest first."""
    rows = [row for row in result.rows if row.decision != "unchanged"]
    if not rows:
        return ""
    order = ("incorrect", "missing", "regressed", "inconclusive", "improved", "new")
    rows.sort(key=lambda row: (order.index(row.decision), -slowness(row)))
    text = _table(rows[:SHOWN])
    if len(rows) > SHOWN:
        text += f"\n\n{len(rows) - SHOWN} more are below."
        text += "\n\n" + fold(f"More changed rows ({len(rows) - SHOWN})", _table(rows[SHOWN:]))
    return text


def _others(result: GateFile) -> str:
    rows = [row for row in result.rows if row.decision == "unchanged"]
    return fold(f"Unchanged rows ({len(rows)})", _table(rows)) if rows else ""


def _table(rows: Sequence[GateRow]) -> str:
    head = ["row", "backend", "threads", "base", "head", "head / base", "at least", "at most"]
    head += ["allowed", "would be found", "decision"]
    return table(head, [_cells(row) for row in rows], left=(0, 1, 10))


def _cells(row: GateRow) -> list[str]:
    change = row.change
    bounds = (change.ratio, change.low, change.high) if change else (None, None, None)

    def shown(value: float | None, show: Callable[[float], str]) -> str:
        return "" if value is None else show(value)

    remarks = [each for each in (row.data, row.lengths) if each not in ("random", "full")]
    name = escape(row.id) + (f" ({escape(', '.join(remarks))})" if remarks else "")
    return [
        name,
        escape(row.backend),
        str(row.threads),
        shown(row.base_s, duration),
        shown(row.head_s, duration),
        *(shown(each, _ratio) for each in bounds),
        shown(row.allowed, percent),
        shown(row.smallest_effect, lambda effect: f"+{percent(effect)}"),
        escape(row.decision + (f": {row.reason}" if row.reason else "")),
    ]


def _ratio(value: float) -> str:
    """A ratio near 1, to the tenth of a percent."""
    return f"{value:.3f}" if value < 10 else significant(value)


def _controls(result: GateFile) -> str:
    if not result.controls:
        return ""
    head = ["control", "row", "backend", "ratio", "at least", "at most", "scatter", "trouble"]
    body = [_control(each) for each in result.controls]
    return fold("Controls: rows in which nothing differs", table(head, body, left=(0, 1, 2, 7)))


def _control(each: Control) -> list[str]:
    change = each.change
    return [
        each.kind,
        escape(each.id),
        escape(each.backend),
        _ratio(change.ratio),
        _ratio(change.low) if change.low else "",
        _ratio(change.high) if change.high else "",
        percent(each.scatter),
        escape(each.trouble or "none"),
    ]


def _method(result: GateFile) -> str:
    rule, machine = result.rule, result.environment.machine
    items = [
        f"Base: {escape(result.base)}. Head: {escape(result.head)}. Suite {escape(result.suite)}, "
        f"{escape(result.created)}, {duration(result.seconds)} of {duration(rule.budget_s)}.",
        f"{escape(machine.cpu_model)}, {machine.usable_cores} cores; fingerprint "
        f"{escape(result.fingerprint)}.",
        "A block is two fresh processes of each side, all there at once. Rows come in random "
        f"order; in each row the processes have {rule.slices} turns of {duration(rule.slice_s)}, "
        "one after another (base, head, control, control, head, base). A process gives the median "
        "of its fastest turn; the change of a block is the log ratio of head to base. "
        f"{rule.screening} blocks of all rows, then up to {rule.confirmation} new ones of the "
        "rows that the first had not shown to be unchanged, which alone decide about those.",
        "Regressed: the exact one-sided signed-rank bound lies above what is allowed; the chance "
        f"of a false alarm on any of the {len(result.rows)} declared rows is at most "
        f"{percent(rule.family)} (Holm). Unchanged: both bounds, each of "
        f"{percent(rule.equivalence)}, lie within what is allowed. Allowed: "
        f"{percent(rule.margin)} or {duration(rule.floor_s)}, whichever is more, where the suite "
        f"does not say otherwise; {percent(rule.compile_margin)} of compile time, which is judged "
        "from what each row took to compile on either side.",
    ]
    items += [f"warning: {escape(warning)}" for warning in result.environment.warnings]
    return fold("Method and machine", "\n".join(f"- {item}" for item in items))
