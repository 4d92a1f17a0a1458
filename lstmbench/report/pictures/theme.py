"""The colours of a picture on a light and on a dark page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Theme:
    """The colours on one background, as ``#rrggbb``.

    Text has a contrast of 4.5 at least, what carries meaning without being text 3 (WCAG 2, 1.4.3
    and 1.4.11).
    ``hues`` are those of Okabe and Ito (2008), each so dark or light that it stands out from the
    background, and that they are as far apart as can be for those who see no red or no green.
    """

    name: str
    background: str
    ink: str
    muted: str
    grid: str
    hues: dict[str, str]


LIGHT = Theme(
    "light",
    background="#ffffff",
    ink="#1f2328",
    muted="#59636e",
    grid="#d8dee4",
    hues={
        "blue": "#0063a2",
        "vermilion": "#af3e00",
        "green": "#008960",
        "purple": "#863967",
        "orange": "#a76a00",
        "sky": "#339acd",
        "yellow": "#999500",
        "grey": "#848c97",
    },
)
DARK = Theme(
    "dark",
    background="#0d1117",
    ink="#f0f6fc",
    muted="#9198a1",
    grid="#2f353d",
    hues={
        "blue": "#2f8fd6",
        "vermilion": "#c85300",
        "green": "#31b588",
        "purple": "#facae3",
        "orange": "#fdc269",
        "sky": "#8cd2ff",
        "yellow": "#f9ec4b",
        "grey": "#727a85",
    },
)


def mix(colour: str, other: str, share: float) -> str:
    """A colour with a share, from 0 to 1, of another."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)


def contrast(colour: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21, as WCAG 2 defines it."""
    high, low = sorted(map(_luminance, (colour, other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def ink_on(fill: str) -> str:
    """Black or white, whichever is the easier to read on a fill: their contrast is 4.5 at least."""
    return max("#000000", "#ffffff", key=lambda ink: contrast(ink, fill))


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def _luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in _channels(colour))
    ]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
