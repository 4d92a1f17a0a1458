"""The SVG of Matplotlib made small and accessible: with a title and a description, in one font."""

import re
import xml.etree.ElementTree as ET

from ...markdown import printable
from .picture import Picture

_NAMESPACES = {
    "{http://www.w3.org/2000/svg}": "",
    "{http://www.w3.org/1999/xlink}": "xlink:",
}
# What a page of GitHub is written in, on whatever system it is read.
FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
_NUMBER = re.compile(r"-?\d+\.\d+")
_FAMILY = re.compile(r"font-family: [^;]*;? ?")
_NO_TURN = re.compile(r"rotate\(-?0 ")
_NAME = re.compile(r"#(\w+)")
_NAMED = re.compile(r'"(?:url\()?#(\w+)')
_NUMBERS = ("d", "x", "y", "width", "height", "transform")


def finished(svg: str, picture: Picture) -> str:
    """The file as it is kept, from what Matplotlib wrote."""
    root = ET.fromstring(svg)
    # What is named gets a short name, in the order of the file.
    names = {name: f"i{at}" for at, name in enumerate(dict.fromkeys(_NAMED.findall(svg)))}
    for each in list(root.iter()):
        _shorten(each, names)
    _unwrap(root)
    for at, (tag, text) in enumerate((("title", picture.title), ("desc", picture.alt))):
        root.insert(at, words := ET.Element(tag, {"id": f"{picture.name}-{tag}"}))
        words.text, words.tail = printable(" ".join(text.split())), "\n"
    root.attrib = {
        "xmlns": "http://www.w3.org/2000/svg",
        "xmlns:xlink": "http://www.w3.org/1999/xlink",
        "width": str(picture.width),
        "height": str(picture.height),
        "viewBox": f"0 0 {picture.width} {picture.height}",
        "role": "img",
        "aria-labelledby": f"{picture.name}-title {picture.name}-desc",
        "font-family": FONT,
    }
    return ET.tostring(root, encoding="unicode") + "\n"


def _shorten(element: ET.Element, names: dict[str, str]) -> None:
    """The element without what says nothing: spaces, ids that nothing names, digits nobody sees."""
    element.tag = _plain(element.tag)
    element.tail = "\n"
    if element.tag not in ("text", "style"):
        element.text = None
    kept = {}
    for key, value in element.attrib.items():
        key = _plain(key)
        if key == "id":
            value = names.get(value, "")
        elif key in ("xlink:href", "clip-path"):
            value = _NAME.sub(lambda match: f"#{names[match[1]]}", value)
        elif key == "style":
            value = _FAMILY.sub("", value)
        elif key in _NUMBERS:
            value = _NUMBER.sub(lambda match: f"{float(match[0]):.1f}", " ".join(value.split()))
        if value and not (key == "transform" and _NO_TURN.match(value)):
            kept[key] = value
    element.attrib = kept


def _plain(name: str) -> str:
    for namespace, prefix in _NAMESPACES.items():
        name = name.replace(namespace, prefix)
    return name


def _unwrap(parent: ET.Element) -> None:
    """Put what is in groups without an attribute into their place; leave the metadata out.

    A style that all markers of a curve have is that of their group.
    """
    styles = {child.get("style", "") for child in parent if child.tag == "use"}
    if len(styles) == 1:
        parent.set("style", styles.pop())
        for child in parent:
            del child.attrib["style"]
    children: list[ET.Element] = []
    for child in parent:
        _unwrap(child)
        bare = child.tag == "g" and not child.attrib
        if child.tag != "metadata":
            children += list(child) if bare else [child]
    parent[:] = children
