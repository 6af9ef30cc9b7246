"""`POST /v1/audio/transcriptions`: the transcript of a recording, in the format of OpenAI's API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import BinaryIO

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from makima import installation
from makima.decoding import Decoder
from makima.errors import InvalidAudio, InvalidMessage, MakimaError
from makima.events import Samples
from makima.server.doors.common.envelopes import enveloped
from makima.server.doors.common.socket import identify
from makima.server.http.uploads import Form, Upload, json_upload_of, upload_of
from makima.server.monitoring.metrics import Metrics
from makima.server.recognition import Recognition, required
from makima.server.services import Services, patient_news
from makima.stt.protocol import RATE_HZ, Final
from makima.stt.subtitles import srt, vtt
from makima.stt.transcribe import Transcriber
from makima.stt.word_estimates import word_times
from makima.text.language import AUTO, guess, spoken_language

MAX_UPLOAD_BYTES = 64 * 1024 * 1024
MAX_AUDIO_S = 1_800.0
"""Half an hour, which is 115 MB of samples."""
AT_ONCE = 2
"""Recordings that are decoded and recognised at the same time; the others wait as files."""
FORMATS = ("json", "text", "srt", "verbose_json", "vtt")

_END = object()


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the form asks for."""

    language: str
    response_format: str
    stream: bool
    words: bool = False


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["speech"])
    turns = asyncio.Semaphore(AT_ONCE)

    @routes.post("/v1/audio/transcriptions")
    async def transcriptions(request: Request) -> Response:
        """The words in a recording: multipart `file`, `language`, `response_format`, `timestamp_granularities[]`,
        `stream`, as OpenAI takes them; or JSON with `input_audio`."""

        async def answer(request: Request, services: Services) -> Response:
            return await _transcribed(request, services, turns)

        return await enveloped(request, services, answer)

    return routes


async def _transcribed(request: Request, services: Services, turns: asyncio.Semaphore) -> Response:
    who = await identify(request, services)
    recognition = required(services.recognition)
    services.refuse_while_draining()
    await services.limits.admit(who, 0)
    form = Form("file", "a recording", MAX_UPLOAD_BYTES, "Send it in parts.")
    async with AsyncExitStack() as stack:
        if request.headers.get("content-type", "").startswith("application/json"):
            upload = await json_upload_of(request, form)
        else:
            upload = await stack.enter_async_context(upload_of(request, form))
        wanted = _wanted(upload, recognition)
        async for _ in patient_news(recognition.host.load(), services.settings.load_wait_s):
            pass
        return await _answer(request, upload.audio, wanted, services, turns)


def _wanted(upload: Upload, recognition: Recognition) -> Wanted:
    def text(name: str, default: str) -> str:
        return upload.fields.get(name) or default

    response_format = text("response_format", "json")
    if response_format not in FORMATS:
        raise InvalidMessage(
            f"response_format: {response_format!r} is not known.", mend=f"Take one of: {', '.join(FORMATS)}."
        )
    known = recognition.recognizer.capabilities.languages
    language = spoken_language(text("language", known[0] if len(known) == 1 else AUTO))
    if language != AUTO and language not in known:
        raise InvalidMessage(
            f"language: {recognition.recognizer.name} understands {', '.join(known)}, and not {language}.",
            mend=f"For more languages run: {installation.command('models pull parakeet')}",
        )
    granularities = (
        *upload.lists.get("timestamp_granularities[]", ()),
        *upload.lists.get("timestamp_granularities", ()),
    )
    streams = text("stream", "false").lower() in ("true", "1")
    return Wanted(language, response_format, streams, "word" in granularities)


async def _answer(
    request: Request, file: BinaryIO, wanted: Wanted, services: Services, turns: asyncio.Semaphore
) -> Response:
    """Recognise the recording when its turn comes; until then it waits as a file, which takes no memory."""
    await turns.acquire()
    streamed = False
    try:
        samples = await _decoded(file, services.decoder)
        transcriber = Transcriber(required(services.recognition).listener)
        utterances = _utterances(transcriber.utterances(samples, RATE_HZ, wanted.language), services.metrics)
        if wanted.stream:
            streamed = True
            return TranscriptResponse(_events(utterances), turns.release)
        found: list[Final] = []
        async for utterance in utterances:
            found.append(utterance)
            if await request.is_disconnected():
                break  # the client has left
        return _shaped(found, wanted, len(samples) / RATE_HZ)
    finally:
        if not streamed:
            turns.release()


class TranscriptResponse(StreamingResponse):
    """A streamed answer that releases its turn when it ends, for whatever reason."""

    def __init__(self, content: AsyncIterator[str], release: Callable[[], None]) -> None:
        super().__init__(content, media_type="text/event-stream")
        self._release = release

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._release()


async def _decoded(file: BinaryIO, decoder: Decoder) -> Samples:
    samples = await asyncio.wrap_future(decoder.submit(file, RATE_HZ, MAX_AUDIO_S + 1))
    if len(samples) > MAX_AUDIO_S * RATE_HZ:
        raise InvalidAudio(f"The recording is longer than {MAX_AUDIO_S / 60:.0f} minutes.", mend="Send it in parts.")
    return samples


async def _utterances(found: Iterator[Final], metrics: Metrics) -> AsyncIterator[Final]:
    """Each utterance, recognised in a thread, and counted."""
    while (utterance := await asyncio.to_thread(next, found, _END)) is not _END:
        assert isinstance(utterance, Final)
        metrics.count_heard()
        yield utterance


def _shaped(utterances: list[Final], wanted: Wanted, duration_s: float) -> Response:
    text = " ".join(utterance.text for utterance in utterances)
    match wanted.response_format:
        case "text":
            return PlainTextResponse(text + "\n")
        case "srt":
            return PlainTextResponse(srt(utterances))
        case "vtt":
            return PlainTextResponse(vtt(utterances), media_type="text/vtt")
        case "verbose_json":
            return JSONResponse(_verbose(utterances, wanted, text, duration_s))
    return JSONResponse({"text": text})


def _verbose(utterances: list[Final], wanted: Wanted, text: str, duration_s: float) -> dict[str, object]:
    segments = [
        {"id": number, "start": u.start_ms / 1000, "end": u.end_ms / 1000, "text": u.text}
        for number, u in enumerate(utterances)
    ]
    # A client reads a language, whatever was asked for; Auto is none.
    language = guess(text) if wanted.language == AUTO else wanted.language
    fields: dict[str, object] = {
        "task": "transcribe",
        "language": language.lower(),
        "duration": round(duration_s, 3),
        "text": text,
        "segments": segments,
    }
    if wanted.words:
        fields["words"] = [
            {"word": word.text, "start": word.start_ms / 1000, "end": word.end_ms / 1000}
            for utterance in utterances
            for word in word_times(utterance)
        ]
    return fields


async def _events(utterances: AsyncIterator[Final]) -> AsyncIterator[str]:
    """Each utterance as soon as it is recognised, as OpenAI streams them."""
    text = ""
    try:
        async for utterance in utterances:
            delta = f" {utterance.text}" if text else utterance.text
            text += delta
            # OpenAI's clients ignore the times, by which the page shows how far it is.
            times = {"start": utterance.start_ms / 1000, "end": utterance.end_ms / 1000}
            yield _event({"type": "transcript.text.delta", "delta": delta, **times})
    except MakimaError as exc:
        yield _event({"type": "error", "error": {"message": str(exc), "code": exc.code.lower()}})
        return
    yield _event({"type": "transcript.text.done", "text": text})


def _event(fields: dict[str, object]) -> str:
    return f"data: {json.dumps(fields, ensure_ascii=False)}\n\n"
