"""Utterances for a framework: on sessions that are kept open and used again, with a sound for every text."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import AsyncExitStack

from makima.client import AsyncClient, AsyncSpeaker, AsyncSpeech, Audio, ServerError
from makima.text.speakable import without_controls

SILENCE_S = 0.1
"""What stands for a text without a sound, such as an emoji: frameworks take no audio at all for a failure."""


class Speeches:
    """Begins utterances. Those that are open at once have sessions of their own, and so do not wait for each other."""

    def __init__(self, client: AsyncClient, sample_rate_hz: int, *, word_times: bool = True) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._client = client
        self._word_times = word_times
        self._sessions: dict[AsyncSpeaker, AsyncExitStack] = {}
        self._idle: list[AsyncSpeaker] = []
        self._used: dict[AsyncSpeech, AsyncSpeaker] = {}

    async def connect(self) -> None:
        """Open a session before it is needed. Raises: ServerError"""
        self._idle.append(await self._session())

    async def begin(self, *, voice: str | None = None, language: str | None = None) -> AsyncSpeech:
        """An utterance without its text yet; `release` it in the end. Raises: ServerError"""
        speaker = await self._session()
        speech = speaker.begin(voice=voice, language=language)
        self._used[speech] = speaker
        return speech

    async def append(self, speech: AsyncSpeech, text: str) -> None:
        """Add text as a chat model has written it. Raises: ServerError"""
        await speech.append(without_controls(text))

    async def write(self, speech: AsyncSpeech, texts: AsyncIterable[str]) -> None:
        """Add texts as they come, to the last one. Raises: ServerError, and what `texts` raises"""
        try:
            async for text in texts:
                await self.append(speech, text)
        except Exception:
            await speech.cancel()  # ends the audio, which would else be waited for
            raise
        await speech.end()

    async def audio(self, speech: AsyncSpeech) -> AsyncIterator[Audio]:
        """The utterance's audio; a moment of silence where its text has no sound. Raises: ServerError"""
        sounded = False
        try:
            async for audio in speech:
                sounded = sounded or bool(audio.pcm)
                yield audio
        except ServerError as exc:
            if sounded or exc.code != "INVALID_TEXT":
                raise
            yield Audio(bytes(2 * int(SILENCE_S * self.sample_rate_hz)), self.sample_rate_hz, 0.0)

    async def release(self, speech: AsyncSpeech) -> None:
        """The utterance is not needed any more: it is cancelled if it has not ended. Idempotent."""
        speaker = self._used.pop(speech, None)
        if speaker is None:
            return
        with contextlib.suppress(ServerError):  # of a lost connection, which ends the utterance too
            await speech.cancel()
        if not speaker.closed:
            self._idle.append(speaker)
            return
        if (session := self._sessions.pop(speaker, None)) is not None:
            await session.aclose()

    async def close(self) -> None:
        """Close all sessions, which ends what is being spoken."""
        sessions = list(self._sessions.values())
        self._sessions.clear()
        self._idle.clear()
        self._used.clear()
        await asyncio.gather(*(session.aclose() for session in sessions), return_exceptions=True)

    async def _session(self) -> AsyncSpeaker:
        """One that is not used: kept from before, or new."""
        while self._idle:
            speaker = self._idle.pop()
            if not speaker.closed:
                return speaker
            await self._sessions.pop(speaker).aclose()
        stack = AsyncExitStack()
        opening = self._client.speaker(sample_rate_hz=self.sample_rate_hz, word_times=self._word_times)
        speaker = await stack.enter_async_context(opening)
        self._sessions[speaker] = stack
        return speaker
