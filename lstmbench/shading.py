"""How far ahead the fastest is, as one character: where a picture cannot go, a table is shaded."""

from .summary import Lead

# The lead from which on each shade is used.
STEPS = (1.0, 1.1, 1.5, 2.0)
SHADES, UNSURE = "░▒▓█", "≈"
ASCII_SHADES, ASCII_UNSURE = ".:+#", "~"


def shade(lead: Lead, *, ascii_only: bool = False) -> str:
    """One character that is darker the further the fastest is ahead; ``≈`` where noise decides."""
    shades, unsure = (ASCII_SHADES, ASCII_UNSURE) if ascii_only else (SHADES, UNSURE)
    if not lead.is_sure:
        return unsure
    return shades[sum(lead.margin.value >= step for step in STEPS) - 1]


def legend(*, ascii_only: bool = False) -> str:
    """What each character says."""
    shades, unsure = (ASCII_SHADES, ASCII_UNSURE) if ascii_only else (SHADES, UNSURE)
    steps = [f"{shade} up to {step:g}×" for shade, step in zip(shades, STEPS[1:], strict=False)]
    return f"{unsure} not sure, {', '.join(steps)}, {shades[-1]} further ahead"
