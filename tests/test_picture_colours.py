"""The colours of the pictures: read, seen, and told apart, on a light page and on a dark one."""

import re
from itertools import combinations, product

import numpy as np
import pytest
from conftest import a_row

from lstmbench.analysis.summary import lines_of
from lstmbench.backends.entries import BACKENDS
from lstmbench.report.pictures import DARK, LIGHT
from lstmbench.report.pictures.legend import SHARES
from lstmbench.report.pictures.looks import looks_of
from lstmbench.report.pictures.theme import ink_on, mix

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def linear(colour):
    """The channels of sRGB without its curve."""
    channels = (int(pair, 16) / 255 for pair in re.findall("..", colour.lstrip("#")))
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def contrast(colour, other):
    """As WCAG 2.2 writes it down."""
    low, high = sorted(np.dot([0.2126, 0.7152, 0.0722], linear(c)) for c in (colour, other))
    return (high + 0.05) / (low + 0.05)


def looks():
    """Those of all backends of this tool, and of some that it does not know."""
    device = {name: entry.device for name, entry in BACKENDS.items()}
    rows = [
        a_row(backend=name).model_copy(update={"device": device.get(name, "cpu")})
        for name in [*device, *(f"no{number}" for number in range(8))]
    ]
    return looks_of(lines_of(rows))


def test_the_contrast_of_two_known_greys():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@THEMES
def test_text_can_be_read_and_marks_can_be_seen(theme):
    page = {"light": "#ffffff", "dark": "#0d1117"}[theme.name]

    assert theme.background == page
    assert min(contrast(colour, page) for colour in (theme.ink, theme.muted)) >= 4.5
    assert min(contrast(look.colour(theme), page) for look in looks().values()) >= 3


@THEMES
def test_what_is_written_into_a_field_can_be_read(theme):
    for look, share in product(looks().values(), SHARES):
        fill = mix(theme.background, look.colour(theme), share)

        assert contrast(ink_on(fill), fill) >= 4.5


@THEMES
def test_own_kernels_have_one_hue_and_nobody_else_has_it(theme):
    known = {name: look for name, look in looks().items() if name in BACKENDS}
    own = {look.hue for name, look in known.items() if name.startswith("numba-")}
    others = {look.hue for name, look in known.items() if not name.startswith("numba-")}

    assert len(own) == 1
    assert not own & others
    assert known["numba-cpu"].colour(theme) != known["numba-cuda"].colour(theme)


def test_backends_of_one_colour_differ_in_their_dashes_and_markers():
    line = lines_of([a_row(backend=name) for name in ("numba-cpu", "numba-cpu@again")])
    first, second = looks_of(line).values()

    assert first.hue == second.hue
    assert first.dashes != second.dashes
    assert first.marker != second.marker


def seen_without(colour, cones):
    """A colour as the colour-blind see it, in CIE L*a*b* (Machado and others, 2009)."""
    to_xyz = [[0.4339, 0.3762, 0.1899], [0.2126, 0.7152, 0.0722], [0.0178, 0.1095, 0.8727]]
    x, y, z = np.cbrt(np.maximum(to_xyz @ np.clip(cones @ linear(colour), 0, 1), 1e-3))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


CONES = {
    "all": np.eye(3),
    "no red": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "no green": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
}


@THEMES
@pytest.mark.parametrize("cones", CONES.values(), ids=CONES)
def test_hues_are_told_apart_without_some_of_the_cones(theme, cones):
    seen = [seen_without(hue, cones) for hue in theme.hues.values()]

    # A difference of 2.3 is just noticed.
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 3 * 2.3
