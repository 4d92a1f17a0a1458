"""Pictures of made-up rows, and what is drawn in them."""

import re
import xml.etree.ElementTree as ET
from itertools import product

import pytest
from conftest import a_workload, contenders

from lstmbench.analysis.summary import lines_of
from lstmbench.report.pictures import DARK, LIGHT, bounds, fastest, times

SVG = "{http://www.w3.org/2000/svg}"
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)


def a_grid(steps=(8, 16, 32), batches=(1, 4), *, slower=1.5, **given):
    """Rows of a grid on which numba-cpu is ahead of torch-cpu, which is ahead of numpy."""
    rows = []
    for at, (T, B) in enumerate(product(steps, batches)):
        seconds, ahead = 1e-5 * T * B, slower + 0.1 * at
        workload = a_workload(seq_len=T, batch_size=B, **given)
        rows += contenders(
            workload, numba_cpu=seconds, torch_cpu=ahead * seconds, numpy=9 * seconds, fraction=0.4
        )
    return rows


def pictures(rows):
    lines = lines_of(rows)
    return [*fastest(lines), *times(lines), *bounds(lines)]


def drawn(rows, theme=LIGHT, *, by=None):
    """The roots of the pictures, of one kind or of all, as a reader of XML sees them."""
    made = by(lines_of(rows)) if by else pictures(rows)
    return [ET.fromstring(picture.svg(theme)) for picture in made]


def texts(root):
    return [text.text for text in root.iter(f"{SVG}text")]


def attributes(root):
    return [pair for element in root.iter() for pair in element.attrib.items()]


def paths(root, colour):
    """The points of each line of a colour, in pixels."""
    found = []
    for path in root.iter(f"{SVG}path"):
        if f"stroke: {colour}" in path.get("style", "") and path.get("clip-path"):
            numbers = re.findall(r"-?[\d.]+", path.get("d"))
            found.append(
                list(zip(map(float, numbers[::2]), map(float, numbers[1::2]), strict=True))
            )
    return found
