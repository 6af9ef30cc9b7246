"""A made-up book: chapters, numbers, dialogue and marks, in every kind of file that is read."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from html import escape
from pathlib import Path

from makima.bench.made_up_book import chapters, markdown, paragraphs


def plain(made: Mapping[str, list[str]]) -> str:
    """The book as plain text, wrapped at 72 characters."""
    import textwrap

    return "\n\n\n".join(
        name + "\n\n" + "\n\n".join(textwrap.fill(text, 72) for text in texts) for name, texts in made.items()
    )


def png(width: int = 8, height: int = 8) -> bytes:
    """A picture of one colour."""
    rows = b"".join(b"\0" + bytes((40, 90, 160)) * width for _ in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    size = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


__all__ = ["chapters", "epub", "epub_members", "markdown", "paragraphs", "pdf", "plain", "png", "zipped"]

CONTAINER = """<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""


def epub_members(
    made: Mapping[str, list[str]], title: str = "The Keys of the Harbour", author: str = "A. N. Author"
) -> dict[str, bytes]:
    """What stands in the EPUB, by name: a page a chapter, a table of contents, and a cover."""
    names = [f"text/chapter {number}.xhtml" for number in range(1, len(made) + 1)]
    pages = {
        f"OEBPS/{name}": _page(heading, texts).encode()
        for name, (heading, texts) in zip(names, made.items(), strict=True)
    }
    links = "".join(
        f'<li><a href="{name.replace(" ", "%20")}">{escape(heading)}</a></li>'
        for name, heading in zip(names, made, strict=True)
    )
    nav = (
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><body>'
        f'<nav epub:type="toc"><ol>{links}</ol></nav></body></html>'
    )
    manifest = "".join(
        f'<item id="c{number}" href="{name.replace(" ", "%20")}" media-type="application/xhtml+xml"/>'
        for number, name in enumerate(names)
    )
    spine = "".join(f'<itemref idref="c{number}"/>' for number in range(len(names)))
    package = (
        '<?xml version="1.0" encoding="utf-8"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0">'
        '<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escape(title)}</dc:title><dc:creator>{escape(author)}</dc:creator><dc:language>en-GB</dc:language>"
        '</metadata><manifest><item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        f'<item id="cover" href="cover.png" media-type="image/png" properties="cover-image"/>{manifest}</manifest>'
        f'<spine><itemref idref="nav"/>{spine}</spine></package>'
    )
    return {
        "mimetype": b"application/epub+zip",
        "META-INF/container.xml": CONTAINER.encode(),
        "OEBPS/book.opf": package.encode(),
        "OEBPS/nav.xhtml": nav.encode(),
        "OEBPS/cover.png": png(),
        **pages,
    }


def zipped(members: Mapping[str, bytes]) -> bytes:
    """A zip file of these members."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return data.getvalue()


def epub(path: Path, made: Mapping[str, list[str]]) -> Path:
    """The book as an EPUB at `path`."""
    path.write_bytes(zipped(epub_members(made)))
    return path


def _page(heading: str, texts: list[str]) -> str:
    body = "".join(f"<p>{escape(text)}</p>\n" for text in texts)
    return (
        '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html>'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">'
        f"<head><title>{escape(heading)}</title><style>p {{}}</style></head>"
        f"<body><h1>{escape(heading)}</h1>{body}</body></html>"
    )


def pdf(pages: list[list[str]]) -> bytes:
    """A PDF of these lines, one list a page, in Helvetica."""
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    objects.append(font)
    kids: list[int] = []
    for lines in pages:
        shown = "".join(f"({_escaped(line)}) Tj T*\n" for line in lines)
        stream = f"BT /F1 11 Tf 14 TL 60 760 Td\n{shown}ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    listed = " ".join(f"{kid} 0 R" for kid in kids).encode()
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (listed, len(kids))
    data, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    end = b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return data + end % (len(objects) + 1, table, len(objects) + 1, len(data))


def _escaped(line: str) -> str:
    return line.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
