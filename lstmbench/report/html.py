"""Result files as one HTML page that needs no network; the same bytes for the same files.

What a file says reaches the page as text alone: the template escapes all of it, and the policy in
the page's head lets run what is in ``viewer/`` and nothing else.
"""

import base64
import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from ..analysis import summary, twins
from ..analysis.choice import why_none
from ..analysis.doubts import doubts
from ..analysis.shading import STEPS
from ..analysis.summary import Line
from ..analysis.tables import MODE_WORDS
from ..errors import UsageError
from ..markdown import one_line
from ..records import Result
from ..units import duration, percent, ratio
from . import breakeven, data, gpu, palette
from .columns import Columns
from .extent import FEWER, Extent
from .heat import heat
from .method import machine_items, method_items

VIEWER = Path(__file__).parent / "viewer"
VENDORED = VIEWER / "vendored"
# In the order in which they hold.
STYLES = ("page.css", "answer.css", "chart.css", "rows.css", "method.css", "media.css")
# In the order in which they run.
SCRIPTS = (
    "theme.js",
    "elements.js",
    "units.js",
    "data.js",
    "chooser.js",
    "distribution.js",
    "shape.js",
    "axes.js",
    "picture.js",
    "points.js",
    "chart.js",
    "fields.js",
    "table.js",
    "page.js",
)
_OF_CHART = ("axes.js", "picture.js", "points.js", "chart.js")
# The style that Plot writes into its picture, where its class is `plot`.
_STYLE_OF_PLOT = """:where(.plot) {
  --plot-background: white;
  display: block;
  height: auto;
  height: intrinsic;
  max-width: 100%;
}
:where(.plot text),
:where(.plot tspan) {
  white-space: pre;
}"""
_UNSAFE = "<>&\u2028\u2029"


def page(results: Sequence[Result], *, max_bytes: int | None = None) -> str:
    """The whole page.

    Where it is longer than ``max_bytes`` in UTF-8, it is made with less, and says with what: first
    without samples, then without the rows that are neither the fastest of their work nor of the
    baseline, then the same without the chart, then without any row, then without the tables of who
    is fastest where.  The answers, the machines and the method are in every page.  Raises
    ``UsageError`` where even that is longer.
    """
    with_lines = [(result, summary.lines_of(result.rows)) for result in results]
    files = [_of_file(*each) for each in with_lines]
    columns = Columns(with_lines)
    of_backends = palette.colours(line for _, lines in with_lines for line in lines)
    for extent in FEWER:
        text = _rendered(files, columns, of_backends, extent)
        if max_bytes is None or (length := len(text.encode())) <= max_bytes:
            return text
    raise UsageError(f"--max-bytes: expected at least {length} for HTML, got {max_bytes}")


def _of_file(result: Result, lines: Sequence[Line]) -> dict[str, Any]:
    """What the template says of a file."""
    devices = dict.fromkeys(row.gpu.name for row in result.rows if row.gpu)
    parts = (result.environment.machine.cpu_model, *devices, _moment(result), result.suite)
    return {
        **data.of_file(result, lines),
        "why_no_choice": why_none(lines),
        "doubts": list(map(str, doubts(result.rows))),
        "title": " · ".join(map(one_line, parts)),
        "machine_items": machine_items(result, one_line) + gpu.names(result.rows, one_line),
        "method_items": method_items(result, one_line),
        "twins": list(twins.sentences(twins.twins_of(lines))),
        "break_even": list(breakeven.sentences(result)),
    }


def _moment(result: Result) -> str:
    """The day and the minute, in UTC."""
    return result.created[:16].replace("T", " ")


def _rendered(
    files: Sequence[Mapping[str, Any]],
    columns: Columns,
    colours: Mapping[str, str],
    extent: Extent,
) -> str:
    from markupsafe import Markup

    own = [name for name in SCRIPTS if extent.chart or name not in _OF_CHART]
    own = own if extent.rows else list(SCRIPTS[:1])
    scripts = [*(_libraries() if extent.chart else ()), *(_text(VIEWER / name) for name in own)]
    styles = [palette.style(), *(_text(VIEWER / name) for name in STYLES)]
    content = {
        "files": [
            {"title": file["title"], "baseline": one_line(file["baseline"])} for file in files
        ],
        "backends": [[one_line(name), colour] for name, colour in colours.items()],
        "modes": MODE_WORDS,
        "rows": extent.rows
        and columns.as_json(sketches=extent.sketches, leaders_only=not extent.others),
    }
    text: str = _template().render(
        files=files,
        heats=[heat(file["groups"], colours) if extent.heat else None for file in files],
        colours=colours,
        extent=extent,
        steps=STEPS,
        noise=summary.NOISE,
        modes=MODE_WORDS,
        policy=_policy(scripts, [*styles, _STYLE_OF_PLOT]),
        styles=[Markup(style) for style in styles],
        scripts=[Markup(script) for script in scripts],
        content=Markup(_inert(content)),
    )
    return text


def _inert(value: object) -> str:
    """JSON in which nothing ends the element that it stands in."""
    text = msgspec.json.encode(value).decode()
    for character in _UNSAFE:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _policy(scripts: Sequence[str], styles: Sequence[str]) -> str:
    """What the page may do: run these scripts, use these styles, and load nothing."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {' '.join(map(_hash, scripts))}",
            f"style-src {' '.join(map(_hash, styles))}",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _text(path: Path) -> str:
    # A parser of HTML reads every line end as this one, and then computes the hash.
    return path.read_text(encoding="utf-8").replace("\r\n", "\n")


@cache
def _libraries() -> tuple[str, ...]:
    """The scripts of others, each under its licence."""
    with (VENDORED / "VENDORED.toml").open("rb") as file:
        libraries = tomllib.load(file)["library"]
    return tuple(
        f"/*\n{_text(VENDORED / each['licence'])}*/\n{_text(VENDORED / each['file'])}"
        for each in libraries
    )


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(VIEWER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "ratio": ratio,
        "duration": duration,
        "percent": percent,
        "one_line": one_line,
    }
    return environment.get_template("page.html")
