"""How claims are told, on a page and on a terminal."""

from collections import Counter

from ..learning.words import number, time
from ..units import ratio
from .records import Claim, ClaimsFile, Finding, Verdict

REDUCED = (
    "Sizes are reduced (--quick): short lags, few seeds and few steps. A verdict is of these "
    "sizes alone."
)
COUNTED = {
    Verdict.HOLDS: ("holds", "hold"),
    Verdict.ONLY_WHEN: ("holds only under a condition", "hold only under a condition"),
    Verdict.NOT: ("does not hold", "do not hold"),
    Verdict.UNTESTED: ("is not testable here", "are not testable here"),
}


def summary(file: ClaimsFile) -> str:
    """How many claims came to which verdict."""
    counts = Counter(claim.verdict for claim in file.claims)
    parts = [
        f"{counts[verdict]} {COUNTED[verdict][counts[verdict] != 1]}"
        for verdict in Verdict
        if counts[verdict]
    ]
    return f"Of {len(file.claims)} claims {', '.join(parts)}."


def value(finding: Finding, number_: float | None) -> str:
    """A number with its unit."""
    if number_ is None:
        return "–"
    match finding.unit:
        case "share":
            return f"{100 * number_:.3g} %"
        case "ratio":
            return ratio(number_)
        case "s":
            return time(number_)
        case "count" | "steps":
            return f"{number_:,.0f}"
        case _:
            return number(number_)


def between(finding: Finding) -> str:
    """The interval and what it is."""
    if finding.low is None or finding.high is None:
        return finding.interval or "–"
    ends = f"{value(finding, finding.low)} to {value(finding, finding.high)}"
    return f"{ends} ({finding.interval})" if finding.interval else ends


def joint(claim: Claim) -> str:
    """What stands between the verdict and why."""
    return " " if claim.verdict is Verdict.ONLY_WHEN else ": "
