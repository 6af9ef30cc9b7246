"""LiveKit Agents plugins that speak and listen by a Makima server.

```python
from livekit.agents import AgentSession
from makima.integrations import livekit as makima

session = AgentSession(stt=makima.STT(), tts=makima.TTS(voice="makima"), llm=...)
```
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

from makima.client import AsyncClient, ServerError, Utterance
from makima.client.asynchronous import DEFAULT_URL
from makima.integrations.speeches import Speeches

try:
    from livekit import rtc
    from livekit.agents import APIConnectionError, APIError, APITimeoutError, stt, tts, utils
    from livekit.agents.types import (
        DEFAULT_API_CONNECT_OPTIONS,
        NOT_GIVEN,
        APIConnectOptions,
        NotGivenOr,
        TimedString,
    )
except ImportError as exc:
    from makima import installation

    command = installation.pip("install 'livekit-agents>=1.8'")
    raise ImportError(f"This needs LiveKit Agents ({exc}). Run: {command}") from exc

LISTENING_RATE_HZ = 16_000


class TTS(tts.TTS):
    """Speaks replies while they are written. Closing a stream cancels its utterance on the server; words are timed."""

    def __init__(
        self,
        *,
        base_url: str = DEFAULT_URL,
        key: str | None = None,
        voice: str | None = None,
        language: str | None = None,
        sample_rate: int = 24_000,
        timeout_s: float = 60.0,
    ) -> None:
        """`timeout_s` bounds the wait for the next audio."""
        super().__init__(
            capabilities=tts.TTSCapabilities(streaming=True, aligned_transcript=True),
            sample_rate=sample_rate,
            num_channels=1,
        )
        self.voice = voice
        self.language = language
        self._client = AsyncClient(base_url, key, timeout_s)
        self.speeches = Speeches(self._client, sample_rate)
        self._prewarming: asyncio.Task[None] | None = None

    @property
    def provider(self) -> str:
        return "Makima"

    def update_options(
        self, *, voice: NotGivenOr[str | None] = NOT_GIVEN, language: NotGivenOr[str | None] = NOT_GIVEN
    ) -> None:
        """Change what the next utterances sound like."""
        if utils.is_given(voice):
            self.voice = voice
        if utils.is_given(language):
            self.language = language

    def synthesize(self, text: str, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> _Whole:
        return _Whole(tts=self, input_text=text, conn_options=conn_options)

    def stream(self, *, conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS) -> _Written:
        return _Written(tts=self, conn_options=conn_options)

    def prewarm(self) -> None:
        """Connect before the first reply. A server that cannot be reached is told of by that reply."""

        async def connecting() -> None:
            try:
                await self.speeches.connect()
            except ServerError:
                return

        self._prewarming = asyncio.create_task(connecting())

    async def aclose(self) -> None:
        if self._prewarming is not None:
            await utils.aio.cancel_and_wait(self._prewarming)
        await self.speeches.close()
        await self._client.close()


class _Whole(tts.ChunkedStream):
    """A text that is there."""

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        async def texts() -> AsyncIterator[str]:
            yield self._input_text

        await _speak(self._tts, output_emitter, texts(), streamed=False)


class _Written(tts.SynthesizeStream):
    """A text that is being written."""

    async def _run(self, output_emitter: tts.AudioEmitter) -> None:
        async def texts() -> AsyncIterator[str]:
            async for text in self._input_ch:
                if isinstance(text, str):  # a flush ends no utterance: the server speaks what it can at once
                    self._mark_started()
                    yield text

        await _speak(self._tts, output_emitter, texts(), streamed=True)


async def _speak(owner: TTS, emitter: tts.AudioEmitter, texts: AsyncIterator[str], *, streamed: bool) -> None:
    """Speak one utterance of these pieces of text. Raises: APIError"""
    try:
        speech = await owner.speeches.begin(voice=owner.voice, language=owner.language)
        writing = asyncio.create_task(owner.speeches.write(speech, texts))
        try:
            emitter.initialize(
                request_id=speech.id,
                sample_rate=owner.sample_rate,
                num_channels=1,
                mime_type="audio/pcm",
                stream=streamed,
            )
            if streamed:
                emitter.start_segment(segment_id=speech.id)
            async for audio in owner.speeches.audio(speech):
                for word in audio.words:
                    timed = TimedString(f"{word.text} ", word.start_ms / 1000, word.end_ms / 1000)
                    emitter.push_timed_transcript(timed)
                if audio.pcm:
                    emitter.push(audio.pcm)
            await writing
        finally:
            await utils.aio.cancel_and_wait(writing)
            await owner.speeches.release(speech)
    except ServerError as exc:
        raise _api_error(exc) from exc


class STT(stt.STT):
    """Recognises what is said, word by word, or whole recordings."""

    def __init__(
        self,
        *,
        base_url: str = DEFAULT_URL,
        key: str | None = None,
        language: str | None = None,
        diarize: bool = False,
    ) -> None:
        super().__init__(
            capabilities=stt.STTCapabilities(streaming=True, interim_results=True, diarization=diarize),
        )
        self.language = language
        self.diarize = diarize
        self.client = AsyncClient(base_url, key)

    @property
    def provider(self) -> str:
        return "Makima"

    async def _recognize_impl(
        self,
        buffer: Any,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions,
    ) -> stt.SpeechEvent:
        wanted = language if utils.is_given(language) else self.language
        try:
            text = await self.client.transcribe(rtc.combine_audio_frames(buffer).to_wav_bytes(), language=wanted)
        except ServerError as exc:
            raise _api_error(exc) from exc
        said = stt.SpeechData(language=wanted or "", text=text)
        return stt.SpeechEvent(stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[said])

    def stream(
        self,
        *,
        language: NotGivenOr[str] = NOT_GIVEN,
        conn_options: APIConnectOptions = DEFAULT_API_CONNECT_OPTIONS,
    ) -> _Listening:
        wanted = language if utils.is_given(language) else self.language
        return _Listening(self, conn_options, wanted)

    async def aclose(self) -> None:
        await self.client.close()


class _Listening(stt.RecognizeStream):
    """What is said in audio that comes."""

    def __init__(self, owner: STT, conn_options: APIConnectOptions, language: str | None) -> None:
        super().__init__(stt=owner, conn_options=conn_options, sample_rate=LISTENING_RATE_HZ)
        self._owner = owner
        self._language = language
        self._speaking = 0

    async def _run(self) -> None:
        self._speaking = 0
        heard = self._owner.client.listen(
            self._pieces(),
            sample_rate_hz=LISTENING_RATE_HZ,
            language=self._language,
            diarize=self._owner.diarize,
        )
        try:
            async for utterance in heard:
                self._tell(utterance)
        except ServerError as exc:
            raise _api_error(exc) from exc
        finally:
            await heard.aclose()

    async def _pieces(self) -> AsyncIterator[bytes]:
        async for frame in self._input_ch:
            if isinstance(frame, rtc.AudioFrame):
                yield bytes(frame.data)

    def _tell(self, utterance: Utterance) -> None:
        if not utterance.text:
            return
        kind, offset_s = stt.SpeechEventType, self.start_time_offset
        said = stt.SpeechData(
            language=self._language or "",
            text=utterance.text,
            start_time=offset_s + utterance.start_ms / 1000,
            end_time=offset_s + utterance.end_ms / 1000,
            speaker_id=utterance.speaker,
        )
        if self._speaking != utterance.number:
            self._speaking = utterance.number
            self._event_ch.send_nowait(stt.SpeechEvent(kind.START_OF_SPEECH))
        event = kind.FINAL_TRANSCRIPT if utterance.final else kind.INTERIM_TRANSCRIPT
        self._event_ch.send_nowait(stt.SpeechEvent(event, request_id=uuid.uuid4().hex, alternatives=[said]))
        if utterance.final:
            self._event_ch.send_nowait(stt.SpeechEvent(kind.END_OF_SPEECH))
            duration_s = (utterance.end_ms - utterance.start_ms) / 1000
            usage = stt.RecognitionUsage(audio_duration=duration_s)
            self._event_ch.send_nowait(stt.SpeechEvent(kind.RECOGNITION_USAGE, recognition_usage=usage))


def _api_error(exc: ServerError) -> APIError:
    """What LiveKit's retries and fallbacks understand."""
    if exc.code == "TIMEOUT":
        return APITimeoutError(str(exc))
    if exc.code == "CONNECTION":
        return APIConnectionError(str(exc), retryable=exc.recoverable)
    return APIError(str(exc), retryable=exc.recoverable)
