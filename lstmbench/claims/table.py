"""Claims and verdicts on a terminal."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from .records import ClaimsFile, Verdict
from .words import REDUCED, joint, summary

STYLES = {
    Verdict.HOLDS: "green",
    Verdict.ONLY_WHEN: "yellow",
    Verdict.NOT: "red",
    Verdict.UNTESTED: "dim",
}


def renderable(file: ClaimsFile) -> RenderableType:
    """A line for each claim with its verdict and the reason."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("")
    table.add_column("claim", ratio=5)
    table.add_column("verdict", ratio=6)
    for claim in file.claims:
        verdict = Text(claim.verdict.value, style=STYLES[claim.verdict])
        why = Text.assemble(verdict, joint(claim), claim.because)
        table.add_row(Text(claim.id), Text(claim.statement), why)
    lines = [Text(summary(file))]
    if file.quick:
        lines.append(Text(REDUCED, style="yellow"))
    return Group(table, *lines)
