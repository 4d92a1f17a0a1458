"""Claims as a Markdown page.

Everything that comes out of a file is escaped: it may be a stranger's.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from ..gradients.picture import gains
from ..learning.picture import learning
from ..markdown import escape, fold, table
from ..report.method import made, warnings
from ..report.shelf import Shelf
from .evidence import Evidence
from .recipe import PREFIX, grid
from .records import Claim, ClaimsFile, Exhibit
from .words import REDUCED, between, joint, summary, value

# What is drawn below a claim: the curves of these experiments.
LEARNT = {"2a": "lag-1000", "3a": "tagging"}


def page(file: ClaimsFile, found: Evidence, shelf: Shelf | None = None) -> str:
    """The whole page: the verdicts, each claim with what was measured, the files, the method."""
    return "\n\n".join(filter(None, _parts(file, found, shelf or Shelf()))) + "\n"


def _parts(file: ClaimsFile, found: Evidence, shelf: Shelf) -> Iterator[str]:
    yield "# Claims about LSTMs, measured"
    yield summary(file)
    if file.quick:
        yield f"> {REDUCED}"
    yield table(
        ["", "claim", "verdict"],
        [[claim.id, escape(claim.statement), _verdict(claim)] for claim in file.claims],
        left=(0, 1, 2),
    )
    for number, claim in enumerate(file.claims):
        yield from _claim(claim, found, shelf.of(number))
    yield "### What was run"
    yield _exhibits(file, shelf.folder)
    yield "### Method"
    yield (
        "Each experiment is a file of its own, made by this command; its page says how it was "
        "trained, with which seeds, and what is inside a time. The rule of a verdict stands with "
        "its claim, and is applied by the program. What an interval is stands beside it."
    )
    yield made(file.command, file.created, file.environment)
    yield from warnings(file.environment)


def _verdict(claim: Claim) -> str:
    return f"**{claim.verdict.value}**{joint(claim)}{escape(claim.because)}"


def _claim(claim: Claim, found: Evidence, shelf: Shelf) -> Iterator[str]:
    yield f"### {claim.id}. {escape(claim.statement)}"
    yield f"- From: {escape(claim.source)}.\n- Test: {escape(claim.test)}.\n- Verdict: " + (
        f"{_verdict(claim)}."
    )
    if claim.findings:
        body = [
            [escape(each.what), _unbroken(value(each, each.value)), escape(between(each))]
            for each in claim.findings
        ]
        yield table(["measured", "value", "interval"], body, left=(0, 2))
    if claim.id == "7":
        head, body = grid(found)
        yield f"Steps to the target:\n\n{table(head, body, left=(0,))}"
    if claim.id == "1a":
        yield from (shelf.place(gains(flow)) for flow in found.gradients.values())
    drawn = found.learning.get(LEARNT.get(claim.id, ""))
    if drawn is not None:
        yield shelf.place(learning(drawn))


def _unbroken(number: str) -> str:
    return number.replace(" ", "\N{NO-BREAK SPACE}")


def _exhibits(file: ClaimsFile, folder: str | None) -> str:
    """What was run: each file with its page, the corners of the recipe folded away."""
    corners = [each for each in file.exhibits if each.name.startswith(PREFIX)]
    rest = [each for each in file.exhibits if each not in corners]
    text = _listed(rest, folder, "md")
    if not corners:
        return text
    return f"{text}\n\n{fold('The corners of the recipe', _listed(corners, folder, 'json'))}"


def _listed(exhibits: Sequence[Exhibit], folder: str | None, ending: str) -> str:
    body = []
    for each in exhibits:
        name = escape(each.name)
        link = name if folder is None else f"[{name}]({quote(f'{folder}/{each.name}.{ending}')})"
        body.append([link, each.kind, escape(each.what)])
    return table(["experiment", "kind", "what"], body, left=(0, 1, 2))
