"""HTTP answers that are speech: what is asked for is checked, then the bytes go out as they are made."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any, Protocol

from fastapi import Request
from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from makima.audio.muxing import Container, make_muxer
from makima.errors import InvalidMessage, InvalidText, MakimaError
from makima.server.auth import Identity
from makima.server.connections.http import break_off
from makima.server.doors.common.envelopes import Refusal
from makima.server.doors.common.json_objects import json_object
from makima.server.doors.common.markup import plain
from makima.server.doors.common.speech import DoorSpeech, Spoken, Wish
from makima.server.error_map import openai_response
from makima.server.services import Services
from makima.text.speakable import MAX_TEXT_CHARACTERS, check_characters

log = logging.getLogger(__name__)


class Speech(Protocol):
    """One utterance at a door, or several in a row."""

    def pieces(self) -> AsyncGenerator[Spoken, None]:
        """The audio as it is made."""

    def cancel(self) -> None:
        """End the audio at the engine's next step. Idempotent."""


async def json_body(request: Request) -> dict[str, Any]:
    """The JSON object in the body.

    Raises: InvalidMessage
    """
    return json_object(await request.body(), "body")


async def client_left(request: Request) -> None:
    """Wait until the client has closed the connection, or has the whole answer."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def checked_text(text: object, field: str) -> str:
    """The text to be spoken. One without a sound is spoken as a short silence; an empty one is refused.

    Raises: InvalidMessage, InvalidText
    """
    if not isinstance(text, str):
        raise InvalidMessage(f"{field}: a text is needed.")
    check_characters(text)
    text = plain(text).strip()
    if not text:
        raise InvalidText(f"{field}: there is nothing to say.")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InvalidText(
            f"{field}: {len(text):,} characters are more than {MAX_TEXT_CHARACTERS:,}.", mend="Send it in parts."
        )
    return text


async def speech_answer(
    request: Request,
    services: Services,
    who: Identity,
    wish: Wish,
    text: str,
    form: Container,
    *,
    bit_rate: int | None = None,
    media_type: str | None = None,
    wrap: Callable[[AsyncGenerator[bytes, None], DoorSpeech], AsyncIterator[str]] | None = None,
    refusal: Refusal = openai_response,
) -> Response:
    """The answer that speaks `text`, or, with `wrap`, events with its bytes in them.

    Raises: CapacityError; InvalidMessage or AssetError for the format
    """
    services.refuse_while_draining()
    make_muxer(form, wish.rate_hz, bit_rate)  # refuses what cannot be written before anything is counted
    await services.limits.admit(who, len(text))
    speech = DoorSpeech(services, who, replace(wish, words=False), lambda: client_left(request))
    speech.feed(text)
    speech.end()
    encoded = encoded_speech(speech, form, wish.rate_hz, bit_rate)
    try:
        # The first bytes are awaited here, so that what goes wrong before them is still answered with a status.
        first = await anext(encoded, b"")
    except MakimaError as exc:
        return refusal(exc)  # it was counted as the end of the utterance
    except BaseException:
        speech.cancel()
        raise
    data = _joined(first, encoded)
    return SpeechAnswer(speech, wrap(data, speech) if wrap is not None else data, media_type or form.media_type)


async def encoded_speech(
    speech: Speech, form: Container, rate_hz: int, bit_rate: int | None = None
) -> AsyncGenerator[bytes, None]:
    """The bytes of a file with this speech in it, as it is made.

    Raises: what ended the speech, if it failed
    """
    muxer = make_muxer(form, rate_hz, bit_rate)
    async with aclosing(speech.pieces()) as pieces:
        async for piece in pieces:
            if data := muxer.push(piece.pcm):
                yield data
    if data := muxer.finish():
        yield data


async def _joined(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for data in rest:
            yield data


class SpeechAnswer(StreamingResponse):
    """A streamed answer whose speech is cancelled as soon as the client has left.

    Where the speech fails after its first bytes, the answer is broken off, so that no client takes it for whole.
    """

    def __init__(self, speech: Speech, content: AsyncIterator[str] | AsyncIterator[bytes], media_type: str) -> None:
        super().__init__(content, media_type=media_type)
        self._speech = speech

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        except MakimaError as exc:
            # It is too late for a status.
            log.info("an answer is broken off: %s", exc)
            await break_off(scope, receive)
        finally:
            self._speech.cancel()
