"""XHTML and the XML around it, of files that may be hostile: no entities, no DTD, nothing fetched, bounded depth."""

from __future__ import annotations

import codecs
import html
import re
from collections.abc import Iterator
from contextlib import suppress
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
_SILENT_TYPES = frozenset(
    (
        *("noteref", "backlink", "pagebreak", "toc", "landmarks", "page-list"),
        *("footnote", "footnotes", "endnote", "endnotes", "rearnote", "rearnotes"),
    )
)
_ROLE = "doc-"
"""What stands before these types where they are the `role` of an element."""
_HIDDEN = re.compile(r"\b(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
_NOTE_MARK = re.compile(r"\s*[(\[]?\s*(?:\d{1,4}|[*†‡§]{1,4}|[a-z])\s*[)\]]?\s*")
_CHARSET = re.compile(rb"""<meta[^>]{1,200}charset\s*=\s*["']?\s*([A-Za-z0-9._:-]{1,40})""", re.IGNORECASE)
_HEAD_BYTES: Final = 4_096
_LEGACY: Final = "windows-1252"
"""What a page without a word about its encoding is in, where it is not UTF-8."""


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


def parse_page(data: bytes) -> Element:
    """The root element of a page: of XHTML, or of HTML where it is not well-formed, as browsers read it.

    Raises: InvalidDocument where it holds nothing that can be read
    """
    from lxml import etree

    text = _NO_XML.sub("", _page_text(data))
    try:
        return etree.fromstring(
            _ENTITY.sub(_character, _DOCTYPE.sub("", _DECLARATION.sub("", text), count=1)),
            etree.XMLParser(
                resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
            ),
        )
    except (etree.XMLSyntaxError, ValueError):
        pass
    root = None
    with suppress(etree.ParserError, etree.XMLSyntaxError, ValueError):
        parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
        root = etree.fromstring(_DECLARATION.sub("", text), parser)
    if root is None:
        raise InvalidDocument("Its page cannot be read: there are no elements in it.")
    return root


def _page_text(data: bytes) -> str:
    """The text of a page, by its byte order mark or what it says of its encoding; else as UTF-8, or as older ones."""
    if any(data.startswith(mark) for mark, _ in _BOMS) or _ENCODING.match(data):
        return decoded(data)
    named = _CHARSET.search(data, 0, _HEAD_BYTES)
    for encoding in (named[1].decode() if named else "utf-8", "utf-8"):
        with suppress(LookupError, ValueError):
            return data.decode(encoding)
    return data.decode(_LEGACY, "replace")


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
    if name in _SILENT or element.get("hidden") is not None or _HIDDEN.search(element.get("style") or ""):
        return True
    types = (element.get(EPUB_TYPE) or element.get("epub:type") or "").split()
    types += [role.removeprefix(_ROLE) for role in (element.get("role") or "").split() if role.startswith(_ROLE)]
    return bool(_SILENT_TYPES.intersection(types)) or (name == "sup" and _marks_note(element))


def _marks_note(raised: Element) -> bool:
    """Whether a raised text is the mark of a note: a number, or a sign, that leads somewhere."""
    leads = name_of(raised.getparent()) == "a" if raised.getparent() is not None else False
    return (leads or any(True for _ in named(raised, "a"))) and _NOTE_MARK.fullmatch(text_of(raised)) is not None
