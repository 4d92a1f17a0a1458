"""How far ahead the fastest is, as one character: where a picture cannot go, a table is shaded."""

from .summary import Lead

# The lead from which on each shade but the first is used.
STEPS = (1.0, 1.1, 1.5, 2.0)
UNSURE = "≈"
SHADES = UNSURE + "░▒▓▉"


def level(lead: Lead) -> int:
    """0 where noise decides, else from 1 to the number of ``STEPS``."""
    return sum(lead.margin.value >= step for step in STEPS) if lead.is_sure else 0


def shade(lead: Lead) -> str:
    """One character that is darker the further the fastest is ahead; ``≈`` where noise decides."""
    return SHADES[level(lead)]


def meanings() -> list[str]:
    """What each shade says of a lead."""
    return ["not sure", *(f"up to {step:g}×" for step in STEPS[1:]), "further ahead"]


def legend(between: str = ", ") -> str:
    """What each character says."""
    pairs = zip(SHADES, meanings(), strict=True)
    return between.join(f"{sign} {meaning}" for sign, meaning in pairs)
