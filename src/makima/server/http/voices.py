"""`/api/v1/voices`: listing, making, previewing and deleting voices."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from makima import installation
from makima.audio.files import MAX_AUDIO_S
from makima.audio.resample import MAX_RATE_HZ, MIN_RATE_HZ
from makima.errors import CapacityError, InvalidMessage, MakimaError, SynthesisFailed, VoiceNotFound
from makima.events import Loading
from makima.server.auth import Identity
from makima.server.doors.common.socket import identify
from makima.server.http.tts import TtsRequest, speech
from makima.server.http.uploads import Form, Upload, upload_of
from makima.server.services import Services
from makima.server.wire import DEFAULT_RATE_HZ, encode, error
from makima.voices.catalog import Voice
from makima.voices.checks import Finding
from makima.voices.consent import STATEMENT, consent
from makima.voices.library import DEFAULT_ID, WITHOUT_TRANSCRIPT, Draft
from makima.voices.manifest import ClonedVoice, find_voice, has_voice
from makima.voices.recording import RATE_HZ, Recording, recording_of, require_useful
from makima.voices.sentences import preview_text

log = logging.getLogger(__name__)

News: TypeAlias = "asyncio.Queue[dict[str, object] | None]"
"""Messages, and None after the last."""

PATH = "/api/v1/voices"

MAX_UPLOAD_BYTES = 32 * 1024 * 1024
"""Two minutes of 24-bit stereo at 44.1 kHz; a voice uses half a minute of it."""
UPLOAD = Form("audio", "a file", MAX_UPLOAD_BYTES, "Cut the recording to 30 s, or send FLAC.")

_FORM = {
    "type": "object",
    "required": ["audio", "name", "consent"],
    "properties": {
        "audio": {"type": "string", "format": "binary", "description": "WAV, FLAC, MP3, OGG, AIFF, AAC or M4A"},
        "name": {"type": "string", "description": "As it is shown; the id is made of it"},
        "language": {"type": "string", "default": "English", "description": "What is spoken in the recording"},
        "transcript": {"type": "string", "description": "What is said in it, word for word"},
        "consent": {"type": "string", "description": f"The statement of consent; `yes` stands for: {STATEMENT}"},
        "consentBy": {"type": "string", "description": "Who states it"},
        "description": {"type": "string"},
    },
}


class PreviewRequest(BaseModel):
    """What a voice is to say; without a text, a sentence in its language."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: str | None = None
    language: str | None = None
    sample_rate: Annotated[int, Field(alias="sampleRate", ge=MIN_RATE_HZ, le=MAX_RATE_HZ)] = DEFAULT_RATE_HZ


def router(services: Services) -> APIRouter:
    routes = APIRouter(tags=["voices"])
    # Decoding takes memory and a core: two at a time leave enough for speech.
    decoding = asyncio.Semaphore(2)
    setting_up: asyncio.Task[None] | None = None

    @routes.get(PATH)
    async def voices(request: Request) -> dict[str, object]:
        """The voices there are, also those made since the server started; and whether more can be made."""
        await identify(request, services)
        await asyncio.to_thread(services.refresh_voices)
        return {
            "voices": [_item(voice, services) for voice in services.voices],
            "cloning": services.host.engine.capabilities.cloning,
            "consentStatement": STATEMENT,
            "canSetUpDefault": _default_is_wanted(services),
        }

    @routes.post(
        PATH,
        status_code=201,
        openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
    )
    async def make(request: Request) -> Response:
        """Make a voice from a recording. What was found in it is told in words."""
        who = await identify(request, services)
        services.refuse_while_draining()
        _require_cloning(services)
        await services.limits.admit(who, 0)
        async with upload_of(request, UPLOAD) as upload, decoding:
            return JSONResponse(await asyncio.to_thread(_make, upload, who, services), 201)

    @routes.post(
        PATH + "/setup-default",
        response_class=StreamingResponse,
        responses={
            200: {"content": {"application/x-ndjson": {}}, "description": "`loading`*, then `complete` or `error`"}
        },
    )
    async def set_up_default(request: Request) -> Response:
        """Give the default voice a synthesized recording. The answer is a line of JSON for each step of progress."""
        who = await identify(request, services)
        services.refuse_while_draining()
        if not _default_is_wanted(services):
            raise InvalidMessage(
                "The default voice needs no recording here.", mend="It has one, or the engine in use clones no voices."
            )
        await services.limits.admit(who, 0)
        nonlocal setting_up
        if setting_up is not None and not setting_up.done():
            raise CapacityError("It is being set up already.", retry_after_s=10.0)
        news: News = asyncio.Queue()
        setting_up = asyncio.create_task(_set_up(services, news))
        return StreamingResponse(_lines(news), media_type="application/x-ndjson")

    @routes.get(PATH + "/{voice_id}")
    async def read(voice_id: str, request: Request) -> dict[str, object]:
        """One voice, with its transcript, its consent and where it comes from."""
        await identify(request, services)
        voice = services.voices.find(voice_id)
        return _item(voice, services) | _details(find_voice(services.library.folder, voice_id))

    @routes.delete(PATH + "/{voice_id}", status_code=204)
    async def delete(voice_id: str, request: Request) -> Response:
        """Delete a voice that was made."""
        await identify(request, services)
        if voice_id == services.voices.default.id:
            raise InvalidMessage(
                f"{voice_id!r} is the default voice.", mend="Set TTS_DEFAULT_VOICE to another one first."
            )
        if not has_voice(services.library.folder, voice_id):  # one that cannot be read can be deleted all the same
            engine = services.voices.find(voice_id).engine
            raise InvalidMessage(f"{voice_id!r} comes with the engine {engine} and cannot be deleted.")
        await asyncio.to_thread(services.library.remove, voice_id)
        await asyncio.to_thread(services.refresh_voices)
        return Response(status_code=204)

    @routes.head(PATH + "/{voice_id}/reference.wav", include_in_schema=False)
    @routes.get(PATH + "/{voice_id}/reference.wav", response_class=FileResponse)
    async def reference(voice_id: str, request: Request) -> Response:
        """The recording a voice is cloned from; ranges of it too."""
        await identify(request, services)
        voice = find_voice(services.library.folder, voice_id)
        if voice is None or voice.reference is None:
            raise VoiceNotFound(voice_id, mend="Only voices that were made from a recording have one.")
        return FileResponse(voice.reference, media_type="audio/wav", headers={"Cache-Control": "no-cache"})

    @routes.post(
        PATH + "/{voice_id}/preview",
        response_class=StreamingResponse,
        responses={200: {"content": {"audio/wav": {}}, "description": "16-bit mono WAV, as it is spoken"}},
    )
    async def preview(voice_id: str, request: Request, body: PreviewRequest | None = None) -> Response:
        """Have a voice say a sentence, streamed as it is spoken."""
        asked = body or PreviewRequest()
        await identify(request, services)
        language = asked.language or services.voices.find(voice_id).language
        text = preview_text(language) if asked.text is None else asked.text
        spoken = TtsRequest(text=text, voice=voice_id, language=language, sampleRate=asked.sample_rate)
        return await speech(request, spoken, services)

    return routes


def _require_cloning(services: Services) -> None:
    engine = services.host.engine
    if not engine.capabilities.cloning:
        raise InvalidMessage(
            f"The engine in use, {engine.name} with {engine.capabilities.model}, clones no voices.",
            mend=f"{installation.run('models pull qwen3-tts-0.6b')}, then start the server with TTS_ENGINE=qwen3.",
        )


def _default_is_wanted(services: Services) -> bool:
    """Whether the default voice is a stand-in that could get a recording."""
    if services.make_default is None:
        return False
    found = find_voice(services.library.folder, DEFAULT_ID)
    return found is None or found.reference is None


async def _set_up(services: Services, news: News) -> None:
    """Set the default voice up, and report progress and outcome. It goes on to its end if the client leaves."""
    loop = asyncio.get_running_loop()
    assert services.make_default is not None

    def tell(latest: Loading) -> None:
        message: dict[str, object] = {"type": "loading", "what": latest.what, "progress": latest.progress}
        loop.call_soon_threadsafe(news.put_nowait, message)

    try:
        await asyncio.to_thread(services.make_default, services.library, tell)
        await asyncio.to_thread(services.refresh_voices)
        news.put_nowait({"type": "complete", "voice": _item(services.voices.find(DEFAULT_ID), services)})
    except MakimaError as exc:
        log.warning("the default voice could not be set up: %s", exc)
        news.put_nowait(error(exc))
    except Exception as exc:  # the status was sent before, so the error is a line
        log.exception("the default voice could not be set up")
        news.put_nowait(error(SynthesisFailed(f"It could not be set up: {exc}.")))
    news.put_nowait(None)


async def _lines(news: News) -> AsyncIterator[str]:
    while (message := await news.get()) is not None:
        yield encode(message) + "\n"


def _make(upload: Upload, who: Identity, services: Services) -> dict[str, object]:
    fields = upload.fields
    # Checked before the recording is decoded, which is the expensive part.
    agreed = consent(fields.get("consent"), fields.get("consentBy") or who.subject or f"somebody at {who.address}")
    language = fields.get("language") or "English"
    transcript = fields.get("transcript") or None
    recording = recording_of(services.decoder.decode(upload.audio, RATE_HZ, MAX_AUDIO_S), transcript)
    require_useful(recording)
    recognised = None if transcript else _recognised(recording, language, services)
    voice = services.library.add(
        Draft(
            fields.get("name", ""),
            recording,
            language,
            transcript or recognised,
            fields.get("description", ""),
            agreed,
        )
    )
    services.refresh_voices()
    answer = _item(services.voices.find(voice.id), services) | _details(voice)
    answer |= {"checks": [_told(finding) for finding in recording.findings]}
    answer |= {"transcriptFrom": "upload" if transcript else "recogniser" if voice.transcript else None}
    if voice.transcript is None:
        answer["note"] = WITHOUT_TRANSCRIPT
    return answer


def _recognised(recording: Recording, language: str, services: Services) -> str | None:
    """The recogniser's transcript. None, with which a voice can be made too, if there is no recogniser or it fails."""
    if services.transcriber is None:
        return None
    try:
        return services.transcriber.transcribe(recording.samples, RATE_HZ, language)
    except MakimaError:
        return None


def _item(voice: Voice, services: Services) -> dict[str, Any]:
    made = has_voice(services.library.folder, voice.id)
    return {
        "id": voice.id,
        "name": voice.name,
        "language": voice.language,
        "description": voice.description,
        "isDefault": voice.id == services.voices.default.id,
        "engine": voice.engine,
        "cloned": voice.cloned,
        "removable": made and voice.id != services.voices.default.id,
        "durationMs": voice.duration_ms,
        "gender": voice.gender,
        "languages": list(services.host.engine.capabilities.languages),
    }


def _details(voice: ClonedVoice | None) -> dict[str, Any]:
    if voice is None:
        return {"transcript": None, "created": None, "consent": None, "origin": None}
    manifest = voice.manifest.model_dump(mode="json")
    return {"transcript": voice.transcript} | {name: manifest[name] for name in ("created", "consent", "origin")}


def _told(finding: Finding) -> dict[str, str]:
    return {"code": finding.code, "level": finding.level, "message": finding.words}
