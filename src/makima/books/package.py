"""An EPUB's package: its metadata, the pages in reading order, the table of contents, and the cover."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from makima.books.archive import Archive, member_name
from makima.books.book import Cover, cover_of, title_of
from makima.books.xhtml import EPUB_TYPE, Element, name_of, named, parse, text_of
from makima.errors import InvalidDocument

MAX_PAGES: Final = 5_000

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FONT_SCRAMBLING = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
_PAGE_TYPES = ("application/xhtml+xml", "text/html", "application/xml", "text/xml")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the manifest. `name` is the member that it stands for."""

    name: str
    media_type: str
    properties: frozenset[str]


@dataclass(frozen=True, slots=True)
class Package:
    """What an EPUB says of itself. `contents` are the titles by page and anchor, which is empty for a page's start."""

    title: str | None
    author: str | None
    language: str | None
    pages: tuple[str, ...]
    contents: dict[tuple[str, str], str] = field(default_factory=dict)
    cover: Cover | None = None


def read_package(archive: Archive) -> Package:
    """The package of an EPUB.

    Raises: InvalidDocument
    """
    _refuse_locked(archive)
    root_name = _root_file(archive)
    root = parse(archive.read(root_name))
    items = dict(_items(root, root_name))
    return Package(
        _metadata(root, "title"),
        _metadata(root, "creator"),
        _metadata(root, "language"),
        tuple(_pages(root, items, archive)),
        _contents(root, items, archive),
        _cover(root, items, archive),
    )


def _refuse_locked(archive: Archive) -> None:
    if _ENCRYPTION not in archive:
        return
    methods = (each.get("Algorithm") or "" for each in named(parse(archive.read(_ENCRYPTION)), "encryptionmethod"))
    if any(method not in _FONT_SCRAMBLING for method in methods):
        raise InvalidDocument("It is locked (DRM).", mend="Take a copy without that.")


def _root_file(archive: Archive) -> str:
    if _CONTAINER not in archive:
        mend = "Save it as EPUB, HTML, PDF or text, in the program it was written in."
        raise InvalidDocument(f"It is no EPUB: {_CONTAINER} is missing.", mend=mend)
    for each in named(parse(archive.read(_CONTAINER)), "rootfile"):
        if (name := member_name("", each.get("full-path") or "")) and name in archive:
            return name
    raise InvalidDocument("It is no EPUB: its container names no package.")


def _metadata(root: Element, name: str) -> str | None:
    found = (title_of(text_of(each), "") for part in named(root, "metadata") for each in named(part, name))
    return next(filter(None, found), None)


def _items(root: Element, root_name: str) -> Iterator[tuple[str, Item]]:
    for part in named(root, "manifest"):
        for each in named(part, "item"):
            name = member_name(root_name, each.get("href") or "")
            if name is not None:
                properties = frozenset((each.get("properties") or "").split())
                yield each.get("id") or "", Item(name, (each.get("media-type") or "").lower(), properties)


def _pages(root: Element, items: dict[str, Item], archive: Archive) -> Iterator[str]:
    """The pages in reading order, each once; those of the table of contents are left out."""
    seen: set[str] = set()
    for spine in named(root, "spine"):
        for each in named(spine, "itemref"):
            item = items.get(each.get("idref") or "")
            if item is None or item.name in seen or item.name not in archive:
                continue
            if item.media_type not in _PAGE_TYPES or "nav" in item.properties:
                continue
            if len(seen) >= MAX_PAGES:
                raise InvalidDocument(f"It has more than {MAX_PAGES:,} pages.", mend="Split it.")
            seen.add(item.name)
            yield item.name


def _contents(root: Element, items: dict[str, Item], archive: Archive) -> dict[tuple[str, str], str]:
    nav = next((item for item in items.values() if "nav" in item.properties and item.name in archive), None)
    if nav is not None and (found := dict(_nav_entries(parse(archive.read(nav.name)), nav.name))):
        return found
    ids = [spine.get("toc") for spine in named(root, "spine")]
    wanted = [items.get(each) for each in ids if each]
    wanted += [item for item in items.values() if item.media_type == "application/x-dtbncx+xml"]
    ncx = next((item for item in wanted if item is not None and item.name in archive), None)
    return dict(_ncx_entries(parse(archive.read(ncx.name)), ncx.name)) if ncx is not None else {}


def _nav_entries(root: Element, base: str) -> Iterator[tuple[tuple[str, str], str]]:
    for nav in named(root, "nav"):
        if "toc" in (nav.get(EPUB_TYPE) or "toc").split():
            for link in named(nav, "a"):
                yield from _entry(base, link.get("href"), text_of(link))
            return


def _ncx_entries(root: Element, base: str) -> Iterator[tuple[tuple[str, str], str]]:
    for point in named(root, "navpoint"):
        children = {name_of(child): child for child in point}
        if "navlabel" in children and "content" in children:
            yield from _entry(base, children["content"].get("src"), text_of(children["navlabel"]))


def _entry(base: str, reference: str | None, title: str) -> Iterator[tuple[tuple[str, str], str]]:
    name = member_name(base, reference or "")
    if name is not None and title:
        yield (name, (reference or "").partition("#")[2]), title_of(title, "")


def _cover(root: Element, items: dict[str, Item], archive: Archive) -> Cover | None:
    marked = next((item for item in items.values() if "cover-image" in item.properties), None)
    if marked is None:
        ids = (meta.get("content") for meta in named(root, "meta") if meta.get("name") == "cover")
        marked = next((items[each] for each in ids if each in items), None)
    if marked is None or marked.name not in archive:
        return None
    return cover_of(archive.read(marked.name))
