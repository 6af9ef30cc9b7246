"""One Wyoming connection: speaks texts, whole or while they are written, and writes down what is said."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid

from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, async_write_event
from wyoming.info import Describe
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

from makima.audio.pcm import Unpacker
from makima.errors import MakimaError, Timeout
from makima.server.auth import Identity
from makima.server.doors.common.contexts import SpokenContext
from makima.server.doors.common.hearing import Hearing, heard_language
from makima.server.doors.common.speech import SILENCE_S, Spoken, Wish
from makima.server.doors.common.wishes import request_of
from makima.server.doors.wyoming.fields import checked
from makima.server.doors.wyoming.framing import read_event
from makima.server.doors.wyoming.info import info
from makima.server.recognition import required
from makima.server.services import Services
from makima.stt.protocol import ListenRequest

log = logging.getLogger(__name__)

RATE_HZ = 24_000
WIDTH_BYTES = 2


class WyomingConnection:
    """One client's connection. Home Assistant opens a new one for each job."""

    def __init__(self, services: Services, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._services = services
        self._reader = reader
        self._writer = writer
        peer = writer.get_extra_info("peername")
        self._who = services.limits.in_session(Identity(None, peer[0] if peer else "unknown"))
        self._session_id = f"door-{uuid.uuid4()}"
        self._context: SpokenContext | None = None
        self._streaming = False
        self._language: str | None = None
        self._asked = False
        self._hearing: Hearing | None = None
        self._unpacker = Unpacker(WIDTH_BYTES, 1)
        self._words: asyncio.Task[str] | None = None

    async def run(self) -> None:
        """Answer events until the connection is closed."""
        self._services.sockets.add(self)
        try:
            with self._services.limits.session(self._who), self._services.metrics.session():
                while (event := await read_event(self._reader)) is not None:
                    await self._answered(event)
        except (ConnectionError, Timeout):
            pass  # the client has left, or does not read
        except MakimaError as exc:
            with contextlib.suppress(ConnectionError, Timeout):
                await self.fail(exc)
        finally:
            self._services.sockets.discard(self)
            await self._released()

    async def drain(self) -> None:
        """Finish what is being spoken, then close."""
        if self._context is not None:
            await self._context.close()
            await self._context.wait()
        self._writer.close()

    async def send(self, event: Event) -> None:
        """Send an event.

        Raises: Timeout if the client does not read; ConnectionError if it has left
        """
        wait_s = self._services.settings.client_timeout_s
        try:
            async with asyncio.timeout(wait_s):
                await async_write_event(event, self._writer)
        except TimeoutError as exc:
            raise Timeout(f"The client has read nothing for {wait_s:.0f} s.") from exc

    async def fail(self, exc: MakimaError) -> None:
        """Tell the client of an error."""
        self._services.metrics.count_error(exc)
        await self.send(Error(text=str(exc), code=exc.code.lower()).event())

    async def _answered(self, event: Event) -> None:
        try:
            await self._answer(checked(event))
        except MakimaError as exc:
            await self.fail(exc)

    async def _answer(self, event: Event) -> None:
        kind = event.type
        if Describe.is_type(kind):
            await self.send(info(self._services))
        elif Ping.is_type(kind):
            await self.send(Pong(text=Ping.from_event(event).text).event())
        elif Synthesize.is_type(kind):
            # Within a stream it repeats the whole text, for servers that know no streams.
            if not self._streaming:
                whole = Synthesize.from_event(event)
                await self._speak(whole.voice, streaming=False)
                await self._say(whole.text)
                await self._finish()
        elif SynthesizeStart.is_type(kind):
            await self._speak(SynthesizeStart.from_event(event).voice, streaming=True)
        elif SynthesizeChunk.is_type(kind):
            await self._say(SynthesizeChunk.from_event(event).text)
        elif SynthesizeStop.is_type(kind):
            await self._finish()
        else:
            await self._listen(event)

    async def _speak(self, voice: SynthesizeVoice | None, *, streaming: bool) -> None:
        # Set before anything may be refused: then the rest of the stream, and the whole text in it, are ignored.
        self._streaming = streaming
        before, self._context = self._context, None
        if before is not None:
            if before.closed:
                await before.wait()  # a whole text is spoken to its end, and the next one after it
            await before.cancel()
        self._services.refuse_while_draining()
        request = request_of(
            self._services,
            voice.name if voice is not None else None,
            voice.language if voice is not None else None,
            session_id=self._session_id,
        )
        outlet = _Outlet(self, streaming=streaming)
        self._context = SpokenContext(self._services, self._who, Wish(request, RATE_HZ), outlet)

    async def _say(self, text: str) -> None:
        if self._context is not None:
            await self._context.feed(text)

    async def _finish(self) -> None:
        self._streaming = False
        if self._context is not None:
            await self._context.close()

    async def _listen(self, event: Event) -> None:
        if Transcribe.is_type(event.type):
            self._language = Transcribe.from_event(event).language
            self._asked = True
        elif AudioStart.is_type(event.type):
            await self._begin(AudioStart.from_event(event))
        elif AudioChunk.is_type(event.type):
            chunk = AudioChunk.from_event(event)
            if self._hearing is None:
                await self._begin(AudioStart(chunk.rate, chunk.width, chunk.channels))
            assert self._hearing is not None
            await self._hearing.feed(self._unpacker.push(chunk.audio))
        elif AudioStop.is_type(event.type) and self._hearing is not None:
            hearing, words = self._hearing, self._words
            self._hearing = self._words = None
            hearing.end()
            assert words is not None
            await self._transcribed(await words)
        elif AudioStop.is_type(event.type) and self._asked:
            await self._transcribed("")  # no audio came at all, and the client waits for an answer

    async def _transcribed(self, text: str) -> None:
        self._asked = False
        await self.send(Transcript(text=text).event())

    async def _begin(self, start: AudioStart) -> None:
        self._services.refuse_while_draining()
        await self._services.limits.admit(self._who, 0)
        language = heard_language(required(self._services.recognition), self._language)
        await self._forget()
        self._unpacker = Unpacker(start.width, start.channels)
        self._hearing = await Hearing.open(self._services, ListenRequest(start.rate, language))
        self._words = asyncio.create_task(self._hearing.words())

    async def _forget(self) -> None:
        if self._hearing is not None:
            self._hearing.cancel()
        if self._words is not None:
            self._words.cancel()
            await asyncio.gather(self._words, return_exceptions=True)
        self._hearing = self._words = None

    async def _released(self) -> None:
        if self._context is not None:
            await self._context.cancel()
        await self._forget()
        self._writer.close()


class _Outlet:
    """Where a text's audio goes: one `audio-start`, chunks, one `audio-stop`."""

    def __init__(self, connection: WyomingConnection, *, streaming: bool) -> None:
        self._connection = connection
        self._streaming = streaming
        self._started = False
        self._sounded = False

    async def audio(self, spoken: Spoken, offset_s: float) -> None:
        await self._start()
        if spoken.pcm:
            await self._chunk(spoken.pcm)

    async def flushed(self, mark: int) -> None:
        pass

    async def done(self) -> None:
        await self._start()
        if not self._sounded:  # Home Assistant takes a text without any audio for a failure, also an empty one
            await self._chunk(bytes(WIDTH_BYTES * int(SILENCE_S * RATE_HZ)))
        await self._connection.send(AudioStop().event())
        if self._streaming:
            await self._connection.send(SynthesizeStopped().event())

    async def failed(self, exc: MakimaError) -> None:
        await self._connection.fail(exc)

    async def _chunk(self, pcm: bytes) -> None:
        self._sounded = True
        await self._connection.send(AudioChunk(RATE_HZ, WIDTH_BYTES, 1, pcm).event())

    async def _start(self) -> None:
        if not self._started:
            self._started = True
            await self._connection.send(AudioStart(RATE_HZ, WIDTH_BYTES, 1).event())
