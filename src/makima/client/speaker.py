"""One socket on which utterances are spoken one after another, each written in pieces and ended or cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import uuid
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from makima.client.connection import Connection
from makima.client.errors import ServerError
from makima.client.events import Audio, Word, words_of


class AsyncSpeaker:
    """A speak session that stays open, so that a reply begins without opening a connection.

    Several utterances may be begun at once. They are spoken in the order of their first text, and the text of a later
    one is held back until that of the one before is complete, as the server takes them one by one.
    """

    def __init__(self, connection: Connection, sample_rate_hz: int, timeout_s: float) -> None:
        self.sample_rate_hz = sample_rate_hz
        self.timeout_s = timeout_s
        self.closed = False
        self._connection = connection
        self._name = uuid.uuid4().hex[:8]
        self._numbers = itertools.count(1)
        self._open: dict[str, AsyncSpeech] = {}
        self._unsent: list[AsyncSpeech] = []
        self._unwanted: list[str] = []
        self._sending = asyncio.Lock()
        self._speaking: AsyncSpeech | None = None
        self._reading: asyncio.Task[None] | None = None
        self._writing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.closed = True
        tasks = [*self._writing, *([self._reading] if self._reading is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._fail_all(ServerError("CONNECTION", "The session is closed."))

    async def start(self, **choices: Any) -> None:
        """Choose what holds for the session, by the fields of `start`. Raises: ServerError"""
        await self._connection.send(type="start", sampleRate=self.sample_rate_hz, **choices)
        await self._connection.expect("started")
        self._reading = asyncio.create_task(self._read())

    def begin(
        self, *, voice: str | None = None, language: str | None = None, speed: float | None = None
    ) -> AsyncSpeech:
        """An utterance without its text yet.

        Raises: ServerError if the session is closed
        """
        if self.closed:
            raise ServerError("CONNECTION", "The session is closed.", recoverable=True)
        speech = AsyncSpeech(
            self, f"{self._name}-{next(self._numbers)}", {"voice": voice, "language": language, "speed": speed}
        )
        self._open[speech.id] = speech
        return speech

    async def write(self, speech: AsyncSpeech) -> None:
        """Send what can be sent of the texts, of which `speech` has more now. Raises: ServerError"""
        if speech.id in self._open and speech not in self._unsent:
            self._unsent.append(speech)
        async with self._sending:
            # Before other texts, as the server takes those only once this one's text is over.
            while self._unwanted:
                await self._connection.send(type="cancel", requestId=self._unwanted.pop(0))
            while self._unsent and await self._sent(self._unsent[0]):
                self._unsent.pop(0)

    async def cancel(self, speech: AsyncSpeech) -> None:
        """End the utterance at once. Raises: ServerError"""
        if self._over(speech) and speech.begun:
            self._unwanted.append(speech.id)
        await self.write(speech)

    async def _sent(self, speech: AsyncSpeech) -> bool:
        """Send the text there is. Whether that was the last of it."""
        if speech.id not in self._open:
            return True
        if not speech.begun and not speech.text.strip():
            if speech.complete:
                self._over(speech, ServerError("INVALID_TEXT", "There is nothing to speak in the text."))
            return speech.complete
        text, speech.text = speech.text, ""
        if text:
            choices = {} if speech.begun else speech.choices
            speech.begun = True
            await self._connection.send(type="append", requestId=speech.id, text=text, **choices)
        if speech.complete and not speech.text:
            await self._connection.send(type="end", requestId=speech.id)
            return True
        return False

    async def _read(self) -> None:
        try:
            async for frame in self._connection.frames():
                if isinstance(frame, bytes):
                    if self._speaking is not None:
                        self._speaking.heard(frame)
                    continue
                self._told(frame)
            self._fail_all(ServerError("CONNECTION", "The server closed the connection.", recoverable=True))
        except ServerError as exc:
            self._fail_all(exc)

    def _told(self, message: dict[str, Any]) -> None:
        name = message.get("requestId", message.get("refusedId"))
        speech = self._open.get(name) if isinstance(name, str) else None
        match message["type"]:
            case "speaking":
                self._speaking = speech
            case "words" if speech is not None:
                speech.timed(words_of(message))
            case "complete" | "cancelled" if speech is not None:
                self._over(speech)
                self._write_on(speech)
            case "error" if speech is not None:
                self._over(speech, ServerError.of(message))
                if message.get("refused"):  # then a piece of its text is missing, so the rest is not spoken
                    self._unwanted.append(speech.id)
                self._write_on(speech)
            case "error" if name is None:
                self._fail_all(ServerError.of(message))

    def _write_on(self, speech: AsyncSpeech) -> None:
        """Send the texts that have waited for this one. In a task, as reading must not wait for the server to read."""

        async def writing() -> None:
            with contextlib.suppress(ServerError):  # the reader hears of a lost connection too
                await self.write(speech)

        task = asyncio.create_task(writing())
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    def _over(self, speech: AsyncSpeech, error: ServerError | None = None) -> bool:
        """The utterance has ended. Whether it had not before."""
        if self._open.pop(speech.id, None) is None:
            return False
        if self._speaking is speech:
            self._speaking = None
        speech.finish(error)
        return True

    def _fail_all(self, error: ServerError) -> None:
        self.closed = True
        for speech in list(self._open.values()):
            self._over(speech, error)


class AsyncSpeech:
    """One utterance. Iterate over it for its audio, while its text is written."""

    def __init__(self, speaker: AsyncSpeaker, name: str, choices: dict[str, Any]) -> None:
        self.id = name
        self.choices = choices
        self.text = ""
        """What was appended and not sent."""
        self.begun = False
        """Whether the server knows of it."""
        self.complete = False
        self._speaker = speaker
        self._words: list[Word] = []
        self._sent_ms = 0.0
        self._audio: asyncio.Queue[Audio | ServerError | None] = asyncio.Queue()

    async def append(self, text: str) -> None:
        """Add text, cut anywhere. Raises: ServerError"""
        if text and not self.complete:
            self.text += text
            await self._speaker.write(self)

    async def end(self) -> None:
        """Say that the text is complete. Idempotent. Raises: ServerError"""
        if not self.complete:
            self.complete = True
            await self._speaker.write(self)

    async def cancel(self) -> None:
        """End the utterance: the server stops at the next step, and the audio ends here. Raises: ServerError"""
        self.complete = True
        await self._speaker.cancel(self)

    async def __aiter__(self) -> AsyncIterator[Audio]:
        """The audio, with the words that begin in it where the session tells of them.

        Raises: ServerError if the utterance fails, or nothing comes for the time that the client allows
        """
        while True:
            try:
                async with asyncio.timeout(self._speaker.timeout_s):
                    audio = await self._audio.get()
            except TimeoutError as exc:
                wait_s = self._speaker.timeout_s
                raise ServerError("TIMEOUT", f"No audio came for {wait_s:g} s.", recoverable=True) from exc
            if audio is None:
                return
            if isinstance(audio, ServerError):
                raise audio
            yield audio

    # What the speaker calls:

    def heard(self, pcm: bytes) -> None:
        """Audio has come."""
        rate_hz = self._speaker.sample_rate_hz
        self._audio.put_nowait(Audio(pcm, rate_hz, self._sent_ms, tuple(self._words)))
        self._words = []
        self._sent_ms += len(pcm) / 2 / rate_hz * 1000

    def timed(self, words: list[Word]) -> None:
        """These words begin in the audio that follows."""
        self._words.extend(words)

    def finish(self, error: ServerError | None) -> None:
        """No more audio comes."""
        if self._words:
            self.heard(b"")
        self._audio.put_nowait(error)
