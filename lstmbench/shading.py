"""How far ahead the fastest is, as one character: where a picture cannot go, a table is shaded."""

from .summary import Lead

# The lead from which on each shade is used.
STEPS = (1.0, 1.1, 1.5, 2.0)
SHADES, UNSURE = "░▒▓▉", "≈"


def shade(lead: Lead) -> str:
    """One character that is darker the further the fastest is ahead; ``≈`` where noise decides."""
    if not lead.is_sure:
        return UNSURE
    return SHADES[sum(lead.margin.value >= step for step in STEPS) - 1]


def legend() -> str:
    """What each character says."""
    steps = [f"{shade} up to {step:g}×" for shade, step in zip(SHADES, STEPS[1:], strict=False)]
    return f"{UNSURE} not sure, {', '.join(steps)}, {SHADES[-1]} further ahead"
