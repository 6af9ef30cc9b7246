"""Pipecat services that speak and listen by a Makima server.

```python
from makima.integrations.pipecat import MakimaSTTService, MakimaTTSService

stt = MakimaSTTService(base_url="http://127.0.0.1:8000")
tts = MakimaTTSService(base_url="http://127.0.0.1:8000", settings=MakimaTTSService.Settings(voice="makima"))
```
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from makima.client import AsyncClient, AsyncSpeech, ServerError, Utterance
from makima.client.asynchronous import DEFAULT_URL
from makima.integrations.speeches import Speeches
from makima.text.language import AUTO, canonical

try:
    from pipecat.frames.frames import (
        CancelFrame,
        EndFrame,
        ErrorFrame,
        Frame,
        InterimTranscriptionFrame,
        StartFrame,
        TranscriptionFrame,
        TTSAudioRawFrame,
        TTSStoppedFrame,
    )
    from pipecat.services.settings import STTSettings, TTSSettings
    from pipecat.services.stt_service import STTService
    from pipecat.services.tts_service import TextAggregationMode, TTSService
    from pipecat.transcriptions.language import Language
    from pipecat.utils.time import time_now_iso8601
    from pipecat.utils.types import is_given
except ImportError as exc:
    from makima import installation

    command = installation.pip("install 'pipecat-ai>=1.14'")
    raise ImportError(f"This needs Pipecat ({exc}). Run: {command}") from exc

RETRY_S = 1.0
LAST_WORDS_S = 3.0
"""How long the end of a pipeline waits for what was said last."""


def language_name(language: str | None) -> str | None:
    """The server's name for one of Pipecat's languages, such as `en-US`; it finds out where it knows none."""
    return None if language is None else canonical(str(language)) or AUTO


class MakimaTTSService(TTSService):
    """Speaks replies while they are written: pieces of text go out as the chat model gives them.

    An interruption cancels the utterance on the server. Words are timed, so that the context holds what was heard.
    Voice and language may be changed while it runs, and hold from the next reply on.
    """

    Settings = TTSSettings

    def __init__(
        self,
        *,
        base_url: str = DEFAULT_URL,
        key: str | None = None,
        timeout_s: float = 60.0,
        sample_rate: int | None = None,
        settings: TTSSettings | None = None,
        text_aggregation_mode: TextAggregationMode = TextAggregationMode.TOKEN,
        **kwargs: Any,
    ) -> None:
        """`timeout_s` bounds the wait for the next audio. `SENTENCE` waits for whole sentences before it sends them."""
        chosen = TTSSettings(model=None, voice=None, language=None)
        if settings is not None:
            chosen.apply_update(settings)
        super().__init__(
            # Each word is told as it is spoken, and each context ended, by this service itself.
            push_text_frames=False,
            push_start_frame=True,
            stop_frame_timeout_s=timeout_s,
            append_trailing_space=True,
            text_aggregation_mode=text_aggregation_mode,
            sample_rate=sample_rate,
            settings=chosen,
            **kwargs,
        )
        self._client = AsyncClient(base_url, key, timeout_s)
        self._speeches: Speeches | None = None
        self._by_context: dict[str, tuple[AsyncSpeech, asyncio.Task[None]]] = {}

    def can_generate_metrics(self) -> bool:
        return True

    def language_to_service_language(self, language: Language) -> str | None:
        return language_name(language)

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        self._speeches = Speeches(self._client, self.sample_rate)
        try:
            await self._speeches.connect()
        except ServerError as exc:
            await self.push_error(str(exc), exc, force_treat_as_permanent=not exc.recoverable)

    async def stop(self, frame: EndFrame) -> None:
        await super().stop(frame)  # plays what is left
        await self._close()

    async def cancel(self, frame: CancelFrame) -> None:
        await super().cancel(frame)
        await self._close()

    async def cleanup(self) -> None:
        await super().cleanup()
        await self._close()
        await self._client.close()

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """Send the next piece of a reply. Its audio comes into the context by a task of its own."""
        assert self._speeches is not None
        try:
            if context_id not in self._by_context:
                await self._begin(self._speeches, context_id)
            speech, _ = self._by_context[context_id]
            await self._speeches.append(speech, text)
            await self.start_tts_usage_metrics(text)
            yield None
        except ServerError as exc:
            yield ErrorFrame(error=str(exc))
            yield TTSStoppedFrame(context_id=context_id)

    async def flush_audio(self, context_id: str | None = None) -> None:
        """The text of a reply is complete."""
        if context_id in self._by_context:
            speech, _ = self._by_context[context_id]
            try:
                await speech.end()
            except ServerError as exc:
                await self.push_error(str(exc), exc)

    async def on_audio_context_interrupted(self, context_id: str) -> None:
        """The user speaks: end the reply on the server too."""
        await self.stop_all_metrics()
        if context_id in self._by_context:
            _, receiving = self._by_context.pop(context_id)
            await self.cancel_task(receiving)
        await super().on_audio_context_interrupted(context_id)

    async def _begin(self, speeches: Speeches, context_id: str) -> None:
        voice, language = self._settings.voice, self._settings.language
        speech = await speeches.begin(
            voice=voice if is_given(voice) else None, language=language if is_given(language) else None
        )
        receiving = self.create_task(self._receive(speeches, speech, context_id))
        self._by_context[context_id] = (speech, receiving)

    async def _receive(self, speeches: Speeches, speech: AsyncSpeech, context_id: str) -> None:
        try:
            async for audio in speeches.audio(speech):
                if audio.words:
                    timed = [(word.text, word.start_ms / 1000) for word in audio.words]
                    await self.add_word_timestamps(timed, context_id)
                if audio.pcm:
                    frame = TTSAudioRawFrame(audio.pcm, audio.sample_rate_hz, 1, context_id=context_id)
                    await self.append_to_audio_context(context_id, frame)
        except ServerError as exc:
            await self.push_error(str(exc), exc, force_treat_as_permanent=exc.code == "UNAUTHORIZED")
        finally:
            await speeches.release(speech)
        self._by_context.pop(context_id, None)
        await self.append_to_audio_context(context_id, TTSStoppedFrame(context_id=context_id))
        await self.remove_audio_context(context_id)

    async def _close(self) -> None:
        for _, receiving in list(self._by_context.values()):
            await self.cancel_task(receiving)
        self._by_context.clear()
        if self._speeches is not None:
            await self._speeches.close()


class MakimaSTTService(STTService):
    """Recognises what is said, word by word, in audio that goes to the server as it comes.

    The server finds out where an utterance ends; turns are decided by the pipeline, as with any service.
    """

    Settings = STTSettings

    def __init__(
        self,
        *,
        base_url: str = DEFAULT_URL,
        key: str | None = None,
        diarize: bool = False,
        sample_rate: int | None = None,
        settings: STTSettings | None = None,
        **kwargs: Any,
    ) -> None:
        """With `diarize`, the result of each transcription says which speaker it is of."""
        chosen = STTSettings(model=None, language=None)
        if settings is not None:
            chosen.apply_update(settings)
        super().__init__(sample_rate=sample_rate, settings=chosen, **kwargs)
        self._client = AsyncClient(base_url, key)
        self._diarize = diarize
        self._audio: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._listening: asyncio.Task[None] | None = None

    def can_generate_metrics(self) -> bool:
        return True

    def language_to_service_language(self, language: Language) -> str | None:
        return language_name(language)

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        self._listening = self.create_task(self._listen())

    async def stop(self, frame: EndFrame) -> None:
        if self._listening is not None:
            self._audio.put_nowait(None)
            # Not cancelled by the wait itself: `_close` does that, as Pipecat keeps account of its tasks.
            await asyncio.wait([self._listening], timeout=LAST_WORDS_S)
        await super().stop(frame)
        await self._close()

    async def cancel(self, frame: CancelFrame) -> None:
        await super().cancel(frame)
        await self._close()

    async def cleanup(self) -> None:
        await super().cleanup()
        await self._close()
        await self._client.close()

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Send audio. What is heard in it is pushed by a task of its own."""
        self._audio.put_nowait(audio)
        yield None

    async def _update_settings(self, delta: STTSettings) -> dict[str, Any]:
        changed: dict[str, Any] = await super()._update_settings(delta)
        if "language" in changed and self._listening is not None:
            await self._close()
            self._listening = self.create_task(self._listen())
        return changed

    async def _listen(self) -> None:
        """Listen until the audio ends, on a new session where one was lost."""
        while True:
            language = self._settings.language
            try:
                async for utterance in self._client.listen(
                    self._pieces(),
                    sample_rate_hz=self.sample_rate,
                    language=language if is_given(language) else None,
                    diarize=self._diarize,
                ):
                    await self._push(utterance)
                return
            except ServerError as exc:
                await self.push_error(str(exc), exc, force_treat_as_permanent=not exc.recoverable)
                if not exc.recoverable:
                    return
                await asyncio.sleep(exc.retry_after_s or RETRY_S)
                self._audio = asyncio.Queue()  # what was said meanwhile would be answered too late

    async def _pieces(self) -> AsyncIterator[bytes]:
        audio = self._audio
        while (pcm := await audio.get()) is not None:
            yield pcm

    async def _push(self, utterance: Utterance) -> None:
        if not utterance.text:
            return
        who = utterance.speaker or self._user_id
        if not utterance.final:
            await self.push_frame(InterimTranscriptionFrame(utterance.text, who, time_now_iso8601(), result=utterance))
            return
        await self.emit_stt_usage_metrics()
        await self.push_frame(
            TranscriptionFrame(utterance.text, who, time_now_iso8601(), result=utterance, finalized=True)
        )

    async def _close(self) -> None:
        if self._listening is not None:
            await self.cancel_task(self._listening)
            self._listening = None
