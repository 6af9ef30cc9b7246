"""`POST /api/v1/dialogue`: a script of several speakers as one file, or as a stream with the times of its lines."""

from __future__ import annotations

import base64
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from makima.audio import wav
from makima.audio.marking import SYNTHETIC
from makima.audio.muxing import Container, container, make_muxer
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.audio.tempo import check_speed
from makima.books.script import LINE_PAUSE_MS, Line, PauseMs, Script, Speaker, checked, read_script
from makima.engines.protocol import SpeechRequest
from makima.errors import InvalidMessage, MakimaError
from makima.jobs.cast import Part, parts_of
from makima.server import error_map, wire
from makima.server.auth import Identity
from makima.server.doors.common.answers import SpeechAnswer, client_left, encoded_speech
from makima.server.doors.common.socket import identify
from makima.server.doors.common.speech import DoorSpeech, Spoken, Wish
from makima.server.http.tts import TIMED_TYPE
from makima.server.services import Services
from makima.server.wire import DEFAULT_RATE_HZ
from makima.text.language import spoken_language
from makima.text.pronunciations import from_mapping

BLOCK_S = 0.5
"""Silence is sent in pieces of this length."""


class DialogueRequest(BaseModel):
    """Who says what, and what comes back."""

    model_config = ConfigDict(extra="forbid")

    script: str | None = Field(None, description="Lines of `Speaker: text`", examples=["Anna: Hello.\nTom: Hi there!"])
    lines: list[Line] | None = Field(None, description="The same one by one, in place of `script`")
    speakers: dict[str, Speaker] = Field(
        default_factory=dict, description="Voices by speaker; others get one that is free"
    )
    pause_ms: PauseMs = Field(LINE_PAUSE_MS, alias="pauseMs", description="The silence between two lines")
    language: str = Field("English", description="A language by name or ISO code, or `Auto`")
    sample_rate: int = Field(DEFAULT_RATE_HZ, alias="sampleRate", ge=MIN_RATE_HZ, le=MAX_RATE_HZ)
    seed: int | None = Field(None, ge=0, lt=2**63, description="The same seed, the same audio")
    pronunciations: dict[str, str] | None = Field(None, description="Words as they are written, and what is said")
    format: str = Field("wav", description="mp3, opus, aac, flac, wav, or pcm without a header")
    stream: bool = Field(True, description="False waits for the end, and answers with a file of known length")
    times: bool = Field(False, description="JSON lines with the audio in base64, and when each line begins and ends")


class DialogueSpeech:
    """The lines of a script, one after the other. `times` has start and end of each line that is over."""

    def __init__(
        self,
        services: Services,
        who: Identity,
        parts: Sequence[Part],
        wish: Wish,
        left: Callable[[], Awaitable[object]],
    ) -> None:
        self._services, self._who, self._parts, self._wish, self._left = services, who, parts, wish, left
        self._current: DoorSpeech | None = None
        self._cancelled = False
        self.samples = 0
        self.times: list[tuple[Part, float, float]] = []

    def cancel(self) -> None:
        """End the audio at the engine's next step. Idempotent."""
        self._cancelled = True
        if self._current is not None:
            self._current.cancel()

    @property
    def exact(self) -> bool:
        """Whether the times of words are the engine's own, and no estimates."""
        return self._current is not None and self._current.exact

    async def pieces(self) -> AsyncGenerator[Spoken, None]:
        """The audio as it is made, and the words that begin in it, counted from the start of the whole.

        Raises: as `DoorSpeech.pieces`
        """
        for part in self._parts:
            begun_s = self.samples / self._wish.rate_hz
            speech = self._current = DoorSpeech(self._services, self._who, self._wish_of(part), self._left)
            if self._cancelled:
                return
            speech.feed(part.text)
            speech.end()
            async with aclosing(speech.pieces()) as pieces:
                async for piece in pieces:
                    self.samples += len(piece.pcm) // 2
                    yield Spoken(piece.pcm, tuple(word.later(begun_s) for word in piece.words))
            if self._cancelled:
                return
            self.times.append((part, begun_s, self.samples / self._wish.rate_hz))
            for silence in self._silence(part.pause_ms):
                yield silence

    def _wish_of(self, part: Part) -> Wish:
        request = replace(self._wish.request, voice=part.voice)
        if part.language is not None:
            request = replace(request, language=spoken_language(part.language))
        return replace(self._wish, request=request, speed=part.speed)

    def _silence(self, pause_ms: int) -> list[Spoken]:
        left, made = round(pause_ms * self._wish.rate_hz / 1000), []
        self.samples += left
        while left:
            count = min(left, round(BLOCK_S * self._wish.rate_hz))
            made.append(Spoken(bytes(2 * count)))
            left -= count
        return made


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["speech"])

    @routes.post(
        "/api/v1/dialogue",
        response_class=StreamingResponse,
        responses={
            200: {
                "content": {**{each.media_type: {} for each in Container}, TIMED_TYPE: {}},
                "description": "The file, as it is spoken",
            }
        },
    )
    async def dialogue(body: DialogueRequest, request: Request) -> Response:
        """Speak a script of several speakers, each with a voice of their own."""
        try:
            speech, form = await _begun(request, body, services)
        except MakimaError as exc:
            services.metrics.count_error(exc)
            raise
        if body.times:
            return await _answered(speech, _timed(speech), TIMED_TYPE)
        if body.stream:
            return await _answered(speech, encoded_speech(speech, form, body.sample_rate), form.media_type)
        return await _whole(speech, form, body.sample_rate)

    return routes


async def _begun(request: Request, body: DialogueRequest, services: Services) -> tuple[DialogueSpeech, Container]:
    """What is to be spoken, checked and admitted.

    Raises: Unauthorized, InvalidMessage, InvalidDocument, InvalidText, VoiceNotFound, CapacityError, AssetError
    """
    who = await identify(request, services)
    services.refuse_while_draining()
    form = container(body.format)
    make_muxer(form, body.sample_rate)
    language = spoken_language(body.language)
    parts = parts_of(_script(body), services.voices, language=language)
    for part in parts:
        check_speed(part.speed)
        if part.language is not None:
            spoken_language(part.language)
    words = from_mapping(body.pronunciations or {})
    asked = SpeechRequest(services.voices.default.id, language, body.seed, pronunciations=words)
    await services.limits.admit(who, sum(len(part.text) for part in parts))
    return DialogueSpeech(services, who, parts, Wish(asked, body.sample_rate), lambda: client_left(request)), form


def _script(body: DialogueRequest) -> Script:
    if (body.script is None) == (body.lines is None):
        raise InvalidMessage("One of script and lines is needed.", mend='Send {"script": "Anna: Hello."}.')
    lines = body.lines if body.lines is not None else read_script(body.script or "").lines
    return checked(Script(lines=lines, speakers=body.speakers, pause_ms=body.pause_ms))


async def _answered(speech: DialogueSpeech, content: AsyncGenerator[bytes, None], media_type: str) -> Response:
    try:
        # The first bytes are awaited here, so that what goes wrong before them is still answered with a status.
        first = await anext(content, b"")
    except MakimaError as exc:
        return error_map.response(exc)  # it was counted as the end of the utterance
    except BaseException:
        speech.cancel()
        raise

    async def joined() -> AsyncGenerator[bytes, None]:
        async with aclosing(content):
            yield first
            async for data in content:
                yield data

    return SpeechAnswer(speech, joined(), media_type)


async def _whole(speech: DialogueSpeech, form: Container, rate_hz: int) -> Response:
    coded = Container.PCM if form is Container.WAV else form
    data = b"".join([piece async for piece in encoded_speech(speech, coded, rate_hz)])
    if form is Container.WAV:
        data = wav.header(rate_hz, data_bytes=len(data), about=SYNTHETIC) + data
    return Response(data, media_type=form.media_type)


async def _timed(speech: DialogueSpeech) -> AsyncGenerator[bytes, None]:
    told = 0
    async with aclosing(speech.pieces()) as pieces:
        async for piece in pieces:
            for line in _ended(speech, told):
                told += 1
                yield line
            words = [wire.timed_word(word.text, word.start_s, word.end_s) for word in piece.words]
            yield _json({"audio": base64.b64encode(piece.pcm).decode(), "words": words})
    for line in _ended(speech, told):
        yield line
    yield _json({"done": True, "exact": speech.exact})


def _ended(speech: DialogueSpeech, told: int) -> list[bytes]:
    return [_json(line_times(part, start_s, end_s)) for part, start_s, end_s in speech.times[told:]]


def line_times(part: Part, start_s: float, end_s: float) -> dict[str, object]:
    """A line and its times as JSON."""
    return {
        "line": part.number,
        "speaker": part.speaker,
        "voice": part.voice,
        "text": part.text,
        "startMs": round(start_s * 1000),
        "endMs": round(end_s * 1000),
    }


def _json(fields: dict[str, object]) -> bytes:
    return (wire.encode(fields) + "\n").encode()
