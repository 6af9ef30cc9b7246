"""A conversation from the client's side: the microphone in; words, replies and their sound out."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Self

from makima.client.connection import Connection
from makima.client.errors import ServerError
from makima.client.events import Audio, ConversationEvent, Heard, Interrupted, Reply, utterance_of


class AsyncConversation:
    """Both halves of a conversation. Iterate over it for what happens; `feed` it while you do."""

    def __init__(self, speaking: Connection, listening: Connection, sample_rate_hz: int) -> None:
        self._speaking = speaking
        self._listening = listening
        self._sample_rate_hz = sample_rate_hz
        self._events: asyncio.Queue[ConversationEvent | ServerError | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def start(self, voice: str | None, language: str | None) -> None:
        """Join both sessions. Raises: ServerError"""
        name = uuid.uuid4().hex
        shared = {"sampleRate": self._sample_rate_hz, "language": language, "contractId": name}
        await self._speaking.send(type="start", voice=voice, respond=True, **shared)
        await self._speaking.expect("started")
        await self._listening.send(type="start", **shared)
        await self._listening.expect("started")
        for half in (self._read_speech(), self._read_words()):
            self._tasks.append(asyncio.create_task(half))

    async def feed(self, pcm: bytes) -> None:
        """Add audio of the microphone, mono s16le at the conversation's rate. Raises: ServerError"""
        await self._listening.send_pcm(pcm)

    async def stop(self) -> None:
        """End the reply that is being spoken. Raises: ServerError"""
        await self._speaking.send(type="cancel")

    async def __aiter__(self) -> AsyncIterator[ConversationEvent]:
        """What happens, until the server ends the conversation.

        Raises: ServerError for what ends it, and for a reply that fails
        """
        while (event := await self._events.get()) is not None:
            if isinstance(event, ServerError):
                raise event
            yield event

    async def _read_speech(self) -> None:
        sent_ms = 0.0
        try:
            async for frame in self._speaking.frames():
                if isinstance(frame, bytes):
                    self._events.put_nowait(Audio(frame, self._sample_rate_hz, sent_ms))
                    sent_ms += len(frame) / 2 / self._sample_rate_hz * 1000
                    continue
                match frame["type"]:
                    case "speaking":
                        sent_ms = 0.0
                    case "reply" if frame["text"]:
                        self._events.put_nowait(Reply(frame["requestId"], frame["text"]))
                    case "complete":
                        self._events.put_nowait(Reply(frame["requestId"], "", done=True))
                    case "interrupted":
                        self._events.put_nowait(
                            Interrupted(frame["requestId"], str(frame.get("text", "")), float(frame["playedMs"]))
                        )
                    case "error":
                        raise ServerError.of(frame)
            self._events.put_nowait(None)
        except ServerError as exc:
            self._events.put_nowait(exc)

    async def _read_words(self) -> None:
        try:
            async for frame in self._listening.frames():
                if isinstance(frame, bytes):
                    continue
                match frame["type"]:
                    case "partial" | "final" if frame["text"]:
                        self._events.put_nowait(Heard(utterance_of(frame)))
                    case "error":
                        raise ServerError.of(frame)
        except ServerError as exc:
            self._events.put_nowait(exc)
