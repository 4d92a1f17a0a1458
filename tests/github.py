"""Markdown as GitHub renders it, by GitHub's own renderer."""

import re

import cmarkgfm
from cmarkgfm.cmark import Options


def rendered(text: str) -> str:
    """A page as HTML."""
    return cmarkgfm.github_flavored_markdown_to_html(text, Options.CMARK_OPT_UNSAFE)


def assert_renders(text: str) -> None:
    """Every table and every folded part of a page is one on GitHub, and nothing is left typed."""
    prose = re.sub(r"```.*?```", "", text, flags=re.S)
    html = rendered(prose)
    tables = re.findall(r"(?:^\|.*\n)+", prose, re.M)
    assert html.count("<table>") == len(tables)
    assert html.count("<tr>") == sum(table.count("\n") - 1 for table in tables)
    assert html.count("<details>") == html.count("</details>") == prose.count("<details>")
    shown = re.sub(r"<code>.*?</code>", "", html, flags=re.S)
    # Neither a pipe nor an emphasis is left as it was typed.
    assert not re.search(r">[^<]*(\| |\*\*)[^<]*<", shown)
