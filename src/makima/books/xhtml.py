"""XHTML and the XML around it, of files that may be hostile: no entities, no DTD, nothing fetched, bounded depth."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from makima.errors import InvalidDocument

Element = Any
"""An element of lxml, which has no types of its own."""

EPUB_TYPE: Final = "{http://www.idpf.org/2007/ops}type"

_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]{0,2000}(?:\[.{0,200000}?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,400}\?>")
_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]{0,40});")
_XML_ENTITIES = frozenset({"amp", "lt", "gt", "quot", "apos"})
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SPACES = re.compile(r"[ \t\r\n\f]+")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))

_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr"),
        *("html", "li", "main", "ol", "p", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul"),
    )
)
_HEADINGS: Final = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_SILENT = frozenset(
    ("head", "script", "style", "nav", "template", "svg", "math", "object", "iframe", "audio", "video", "rp", "rt")
)
_SILENT_TYPES = frozenset({"noteref", "pagebreak", "toc", "landmarks", "page-list", "footnote", "endnote"})


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph; `level` is that of a heading, else 0. `ids` are the anchors since the block before it."""

    text: str
    level: int
    ids: tuple[str, ...]


def parse(data: bytes) -> Element:
    """The root element of an XML document.

    Raises: InvalidDocument where it holds nothing that can be read
    """
    from lxml import etree

    text = _DOCTYPE.sub("", _DECLARATION.sub("", decoded(data)), count=1)
    text = _NO_XML.sub("", _ENTITY.sub(_character, text))
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as exc:
        raise InvalidDocument(f"Its XML cannot be read: {exc}.") from exc
    if root is None:
        raise InvalidDocument("Its XML cannot be read: there are no elements in it.")
    return root


def decoded(data: bytes) -> str:
    """The text of an XML document, by its byte order mark, its declaration, or else as UTF-8."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, "replace")
    named = _ENCODING.match(data)
    try:
        return data.decode(named[1].decode() if named else "utf-8", "replace")
    except (LookupError, ValueError):  # an encoding that there is none of, or one that is no encoding of text
        return data.decode("utf-8", "replace")


def _character(entity: re.Match[str]) -> str:
    """What stands for a named entity: those of HTML are known, all others are left out."""
    if entity[1] in _XML_ENTITIES:
        return entity.group()
    character = html.unescape(entity.group())
    return "" if character == entity.group() else html.escape(character)


def name_of(element: Element) -> str:
    """The name of an element without its namespace, in small letters."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1].lower() if isinstance(tag, str) else ""


def named(root: Element, *names: str) -> Iterator[Element]:
    """The elements below `root` of these names, in their order, of whatever namespace."""
    return (element for element in root.iter() if name_of(element) in names)


def text_of(element: Element) -> str:
    """All text in an element, in one line."""
    return " ".join("".join(element.itertext()).split())


def blocks(root: Element) -> Iterator[Block]:
    """What is read of a page, paragraph by paragraph."""
    from lxml import etree

    said: list[str] = []
    ids: list[str] = []
    level = 0
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        name = name_of(element)
        if event == "start":
            ids.extend(filter(None, (element.get("id"), element.get("name") if name == "a" else None)))
            if name in _BLOCKS:
                if block := _block(said, level, ids):
                    yield block
                level = _HEADINGS.get(name, level)
            if _is_silent(element, name):
                walker.skip_subtree()
                continue
            said.append("\n" if name == "br" else _flowing(element.text))
        else:
            if name in _BLOCKS and (block := _block(said, level, ids)):
                yield block
            if name in _HEADINGS:
                level = 0
            if name in ("td", "th"):
                said.append(", ")
            said.append(_flowing(element.tail))


def _flowing(text: str | None) -> str:
    """Text as a browser sets it, where the end of a line is a blank."""
    return _SPACES.sub(" ", text or "")


def _block(said: list[str], level: int, ids: list[str]) -> Block | None:
    """What was collected, as a block; None where it has no text, and then the anchors are kept for the next one."""
    text = "".join(said).strip().strip(",").strip()
    said.clear()
    if not text:
        return None
    found = Block(text, level, tuple(ids))
    ids.clear()
    return found


def _is_silent(element: Element, name: str) -> bool:
    types = (element.get(EPUB_TYPE) or "").split()
    return name in _SILENT or element.get("hidden") is not None or bool(_SILENT_TYPES.intersection(types))
