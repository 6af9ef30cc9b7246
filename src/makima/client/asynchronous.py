"""The client for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from makima.client.connection import Connection, opened
from makima.client.conversation import AsyncConversation
from makima.client.errors import ServerError
from makima.client.events import Audio, Utterance, utterance_of
from makima.client.speaker import AsyncSpeaker, AsyncSpeech

DEFAULT_URL = "http://127.0.0.1:8000"


class AsyncClient:
    """A server, and the key for it. Use it as a context, or call `close`.

    Raises, from each method: ServerError
    """

    def __init__(self, base_url: str = DEFAULT_URL, key: str | None = None, timeout_s: float = 60.0) -> None:
        """`timeout_s` bounds each HTTP request, and a wait for the next audio."""
        self.base_url = base_url.rstrip("/")
        self.key = key
        self.timeout_s = timeout_s
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._http = httpx.AsyncClient(base_url=self.base_url, headers=headers, timeout=timeout_s, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close connections that are kept. Idempotent."""
        await self._http.aclose()

    async def voices(self) -> list[dict[str, Any]]:
        """The voices there are, as `GET /api/v1/voices` lists them."""
        answer = await self._request("GET", "/api/v1/voices")
        found: list[dict[str, Any]] = answer.json()["voices"]
        return found

    async def speak(
        self,
        text: str | AsyncIterable[str],
        *,
        voice: str | None = None,
        language: str | None = None,
        sample_rate_hz: int = 24_000,
        seed: int | None = None,
        word_times: bool = False,
        speed: float | None = None,
    ) -> AsyncGenerator[Audio, None]:
        """Yield the speech as it is made; a text that is still being written is spoken while it comes.

        With `word_times`, `Audio.words` says which words begin in it.
        Leaving the loop ends the speech: close the generator (`contextlib.aclosing`) to end it at once.
        """
        async with self.speaker(sample_rate_hz=sample_rate_hz, seed=seed, word_times=word_times) as speaker:
            speech = speaker.begin(voice=voice, language=language, speed=speed)
            writing = asyncio.create_task(_write(speech, text))
            try:
                async for audio in speech:
                    yield audio
                await writing  # raises what the text's source raised
            finally:
                writing.cancel()
                await asyncio.gather(writing, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def speaker(
        self, *, sample_rate_hz: int = 24_000, seed: int | None = None, word_times: bool = False
    ) -> AsyncIterator[AsyncSpeaker]:
        """A session that stays open, for utterances that are begun, written, ended and cancelled one by one."""
        async with (
            opened(self.base_url, "/api/v1/speak", self.key) as connection,
            AsyncSpeaker(connection, sample_rate_hz, self.timeout_s) as speaker,
        ):
            await speaker.start(seed=seed, wordTimes=word_times or None)
            yield speaker

    async def listen(
        self,
        audio: AsyncIterable[bytes],
        *,
        sample_rate_hz: int = 16_000,
        language: str | None = None,
        diarize: bool = False,
    ) -> AsyncGenerator[Utterance, None]:
        """Yield what is heard in `audio` (mono s16le), settled words first, then whole utterances."""
        async with opened(self.base_url, "/api/v1/listen", self.key) as connection:
            await connection.send(type="start", sampleRate=sample_rate_hz, language=language, diarize=diarize)
            await connection.expect("started")
            feeding = asyncio.create_task(_feed(connection, audio))
            try:
                async for utterance in heard(connection):
                    yield utterance
                await feeding
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def converse(
        self, *, voice: str | None = None, language: str | None = None, sample_rate_hz: int = 24_000
    ) -> AsyncIterator[AsyncConversation]:
        """A conversation with the server's chat model: feed the microphone, play what comes."""
        async with (
            opened(self.base_url, "/api/v1/speak", self.key) as speaking,
            opened(self.base_url, "/api/v1/listen", self.key) as listening,
            AsyncConversation(speaking, listening, sample_rate_hz) as conversation,
        ):
            await conversation.start(voice, language)
            yield conversation

    async def transcribe(self, recording: Path | bytes, *, language: str | None = None) -> str:
        """The words in a recording of any usual format."""
        data = await asyncio.to_thread(recording.read_bytes) if isinstance(recording, Path) else recording
        name = recording.name if isinstance(recording, Path) else "recording"
        form = {"response_format": "json", **({"language": language} if language else {})}
        answer = await self._request("POST", "/v1/audio/transcriptions", data=form, files={"file": (name, data)})
        return str(answer.json()["text"])

    async def save(self, text: str, file: Path, *, voice: str | None = None, speed: float = 1.0) -> None:
        """Speak `text` into a file, in the format that its name ends with."""
        body: dict[str, Any] = {"text": text, "format": file.suffix.removeprefix(".") or "wav", "stream": False}
        if speed != 1.0:
            body["speed"] = speed
        if voice is not None:
            body["voice"] = voice
        answer = await self._request("POST", "/api/v1/tts", json=body)
        await asyncio.to_thread(file.write_bytes, answer.content)

    async def _request(self, method: str, path: str, **body: Any) -> httpx.Response:
        try:
            answer = await self._http.request(method, path, **body)
        except httpx.HTTPError as exc:
            raise ServerError("CONNECTION", f"{self.base_url}: {exc}", recoverable=True) from exc
        if answer.is_success:
            return answer
        try:
            fields = answer.json()
        except json.JSONDecodeError:
            raise ServerError("CONNECTION", f"{path} answers {answer.status_code}.") from None
        error = fields.get("error", fields)
        raise ServerError.of({**error, "code": str(error.get("code", "UNKNOWN")).upper()})


async def heard(connection: Connection) -> AsyncIterator[Utterance]:
    """The utterances that a listen session tells of, up to its end.

    Raises: ServerError
    """
    async for frame in connection.frames():
        if isinstance(frame, bytes):
            continue
        match frame["type"]:
            case "partial" | "final":
                yield utterance_of(frame)
            case "error":
                raise ServerError.of(frame)
            case "stopped":
                return


async def _write(speech: AsyncSpeech, text: str | AsyncIterable[str]) -> None:
    try:
        async for piece in _pieces(text):
            await speech.append(piece)
    except Exception:
        await speech.cancel()  # ends the audio, after which this error is raised
        raise
    await speech.end()


async def _pieces(text: str | AsyncIterable[str]) -> AsyncIterator[str]:
    if isinstance(text, str):
        yield text
        return
    async for piece in text:
        yield piece


async def _feed(connection: Connection, audio: AsyncIterable[bytes]) -> None:
    async for pcm in audio:
        await connection.send_pcm(pcm)
    await connection.send(type="stop")
