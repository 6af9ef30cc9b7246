"""The documents in the body of an answer, whatever the endpoint says that the body is.

Endpoints and the proxies before them name server-sent events `application/json`, and the other way round. What a body
is shows in its first character.
"""

from __future__ import annotations

import json
from typing import Any

from makima.llm.sse import MAX_EVENT_BYTES, EventParser

_BOM = b"\xef\xbb\xbf"
_DECODER = json.JSONDecoder()


class BodyParser:
    """Takes a body in any pieces and gives back its documents: server-sent events, lines of JSON, or one JSON text."""

    def __init__(self) -> None:
        self._beginning = b""
        self._parser: EventParser | _JsonParser | None = None

    @property
    def streams(self) -> bool:
        """Whether it is a stream of events, which says itself when it is complete."""
        return isinstance(self._parser, EventParser)

    def feed(self, piece: bytes) -> list[str]:
        """The documents that are complete now.

        Raises: ValueError where one is too long
        """
        if self._parser is None:
            self._beginning += piece
            if len(self._beginning) < len(_BOM) and _BOM.startswith(self._beginning):
                return []
            piece = self._beginning.removeprefix(_BOM)
            if not (seen := piece.lstrip()) and len(piece) <= MAX_EVENT_BYTES:
                return []
            self._parser = _JsonParser() if seen[:1] in (b"{", b"[") else EventParser()
            self._beginning = b""
        return self._parser.feed(piece)

    def flush(self) -> list[str]:
        """The documents at the end of the body that were not known to be complete before."""
        return self._parser.flush() if self._parser is not None else []


class _JsonParser:
    def __init__(self) -> None:
        self._rest = bytearray()
        self._by_lines = True

    def feed(self, piece: bytes) -> list[str]:
        self._rest += piece
        if len(self._rest) > MAX_EVENT_BYTES:
            raise ValueError(f"a body of more than {MAX_EVENT_BYTES} bytes")
        documents: list[str] = []
        if not self._by_lines or b"\n" not in piece:
            return documents
        *lines, self._rest = self._rest.split(b"\n")
        for number, line in enumerate(lines):
            text = line.decode(errors="replace").strip()
            if not text:
                continue
            try:
                json.loads(text)
            except (ValueError, RecursionError):
                # One text over many lines, which is looked at once it has come whole.
                self._by_lines = False
                self._rest = bytearray(b"\n").join([*lines[number:], self._rest])
                break
            documents.append(text)
        return documents

    def flush(self) -> list[str]:
        text, documents = self._rest.decode(errors="replace").strip(), list[str]()
        self._rest.clear()
        while text:
            try:
                _, end = _DECODER.raw_decode(text)
            except (ValueError, RecursionError):
                return [*documents, text]
            documents.append(text[:end])
            text = text[end:].lstrip()
        return documents


def decoded(document: str) -> list[Any] | None:
    """The values in one document, which may be a list of them; None where it is no JSON."""
    try:
        value = json.loads(document)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else [value]
