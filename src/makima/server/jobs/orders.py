"""What a client sends to have a job made: JSON with a text, or a form with a file."""

from __future__ import annotations

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from makima.audio.tempo import check_speed
from makima.books.book import Book, title_of
from makima.books.isolated import read_isolated
from makima.books.reading import MAX_FILE_BYTES
from makima.errors import InvalidDocument, InvalidMessage
from makima.jobs.job import BookFormat, Manner
from makima.jobs.plan import refuse_other_scripts
from makima.server import wire
from makima.server.http.uploads import Form, upload_of
from makima.server.services import Services
from makima.text.language import spoken_language
from makima.text.pronunciations import from_mapping

READ_AT_ONCE: Final = 2
"""Files that are read at the same time; the others wait on the disk."""

FORM: Final = Form("file", "a book", MAX_FILE_BYTES, "Split it.", "book.epub")


class Order(BaseModel):
    """A long text, and how it is to be spoken."""

    model_config = ConfigDict(extra="forbid")

    text: str | None = Field(None, description="Plain text; chapters begin at lines such as `Chapter 1`")
    markdown: str | None = Field(None, description="Markdown; chapters begin at headings")
    title: str | None = Field(None, max_length=200, description="In place of the one that the text has")
    author: str | None = Field(None, max_length=200, description="Likewise")
    voice: str | None = Field(None, description="An id of `GET /api/v1/voices`; the default voice if left out")
    language: str | None = Field(None, description="Name or ISO code, or `Auto`; the text's own if left out")
    format: BookFormat = Field(BookFormat.M4B, description="m4b, mp3 or wav")
    speed: float = Field(1.0, description="0.25 to 4 times the usual pace, at the same pitch")
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = Field(None, description="The same seed, the same audio")
    pronunciations: dict[str, str] | None = Field(None, description="Words as they are written, and what is said")


@dataclass(frozen=True, slots=True)
class Received:
    """An order, and the file with its text, which is there for as long as the context of `received` lasts."""

    order: Order
    path: Path
    name: str


@asynccontextmanager
async def received(request: Request) -> AsyncIterator[Received]:
    """The order that a request carries.

    Raises: InvalidMessage, InvalidDocument
    """
    with tempfile.TemporaryDirectory(prefix="makima-book-") as folder:
        path = Path(folder) / "text"
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            async with upload_of(request, FORM) as upload:
                order = _order(_form_fields(upload.fields))
                if order.text is not None or order.markdown is not None:
                    raise InvalidMessage("text and markdown are for JSON.", mend="Send the file alone.")
                with path.open("wb") as file:
                    await asyncio.to_thread(shutil.copyfileobj, upload.audio, file)
                yield Received(order, path, Path(upload.name).name or "book")
            return
        order = _order(await _json_fields(request))
        if (order.text is None) == (order.markdown is None):
            raise InvalidMessage("One of text and markdown is needed.")
        await asyncio.to_thread(path.write_text, order.text or order.markdown or "", "utf-8", "replace")
        yield Received(order, path, "Text.md" if order.markdown is not None else "Text.txt")


def manner_of(services: Services, order: Order) -> Manner:
    """How the text is to be spoken; its language is chosen once the text is known.

    Raises: InvalidMessage, VoiceNotFound
    """
    from_mapping(order.pronunciations or {})
    return Manner(
        services.voices.find(order.voice).id,
        spoken_language(order.language) if order.language else "",
        check_speed(order.speed),
        order.seed,
        order.pronunciations or {},
    )


async def book_of(got: Received, turns: asyncio.Semaphore) -> Book:
    """The book in what was received.

    Raises: InvalidDocument
    """
    async with turns:
        book = refuse_other_scripts(await asyncio.to_thread(read_isolated, got.path, got.name))
    title = title_of(got.order.title or "", book.title)
    return replace(book, title=title, author=title_of(got.order.author or "", book.author or "") or None)


def _form_fields(fields: Mapping[str, str]) -> dict[str, Any]:
    known: dict[str, Any] = dict(fields)
    if (given := known.get("pronunciations")) is not None:
        try:
            known["pronunciations"] = json.loads(given)
        except (ValueError, RecursionError) as exc:
            raise InvalidMessage("pronunciations: it is not JSON.") from exc
    return {name: value for name, value in known.items() if value != ""}


async def _json_fields(request: Request) -> Any:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_FILE_BYTES:
            raise InvalidDocument(f"The text is larger than {MAX_FILE_BYTES >> 20} MiB.", mend="Split it.")
    try:
        return await asyncio.to_thread(json.loads, bytes(body))
    except (ValueError, RecursionError) as exc:
        raise InvalidMessage(
            "The body is not JSON.", mend='Send {"markdown": ...}, or a form with the file as file.'
        ) from exc


def _order(fields: Any) -> Order:
    try:
        return Order.model_validate(fields)
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        if first["type"] == "extra_forbidden":
            raise wire.unknown_field(where, Order) from exc
        raise InvalidMessage(f"{where}: {first['msg']}.") from exc
