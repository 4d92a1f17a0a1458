"""How far ahead the fastest is, as one character: where a picture cannot go, a table is shaded."""

from .summary import Lead

# The lead from which on each shade is used.
STEPS = (1.0, 1.1, 1.5, 2.0)
SHADES, UNSURE = "░▒▓▉", "≈"


def level(lead: Lead) -> int:
    """0 where noise decides, else from 1 to the number of ``STEPS``."""
    return sum(lead.margin.value >= step for step in STEPS) if lead.is_sure else 0


def shade(lead: Lead) -> str:
    """One character that is darker the further the fastest is ahead; ``≈`` where noise decides."""
    return (UNSURE + SHADES)[level(lead)]


def legend() -> str:
    """What each character says."""
    steps = [f"{shade} up to {step:g}×" for shade, step in zip(SHADES, STEPS[1:], strict=False)]
    return f"{UNSURE} not sure, {', '.join(steps)}, {SHADES[-1]} further ahead"
