"""The input side of a Realtime session: audio in, turns and their words out."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field

from starlette.websockets import WebSocketDisconnect

from makima.audio.companding import expand
from makima.audio.pcm import Encoding, decode
from makima.errors import MakimaError, RecognitionFailed
from makima.events import Samples
from makima.server.doors.common.hearing import Hearing, heard_language
from makima.server.doors.realtime.config import AudioFormat
from makima.server.doors.realtime.items import Items
from makima.server.doors.realtime.turns import Session, Turn, TurnEvents
from makima.server.recognition import required
from makima.server.services import Services
from makima.stt.protocol import (
    Final,
    ListenEnd,
    ListenEvent,
    ListenRequest,
    Missed,
    Partial,
    SpeechEnded,
    SpeechStarted,
)
from makima.units import samples_to_ms

log = logging.getLogger(__name__)

LEAST_COMMIT_MS = 100
"""A buffer with less audio counts as empty, as it does for OpenAI."""


class InputAudio:
    """The input buffer: with turn detection it finds the turns itself, without it the client commits them."""

    def __init__(self, services: Services, items: Items, session: Session) -> None:
        self._services = services
        self._session = session
        self._tell = TurnEvents(items, session)
        self._round: _Round | None = None
        self._rounds: set[_Round] = set()
        self._fed_ms = 0.0
        self._rest = b""
        self.uncommitted_ms = 0.0

    async def append(self, data: bytes) -> None:
        """Add audio in the session's input format.

        Raises: AssetError, ModelLoading
        """
        form = self._session.config.audio.input.format
        samples = self._samples(data, form)
        if self._round is None:
            self._round = await self._opened()
        added_ms = samples_to_ms(len(samples), form.rate_hz)
        self._fed_ms += added_ms
        self.uncommitted_ms += added_ms
        await self._round.hearing.feed(samples)

    async def commit(self) -> bool:
        """End the turn here. False where there is no audio for one."""
        if self._round is None or self.uncommitted_ms < LEAST_COMMIT_MS:
            return False
        finished, self._round = self._round, None
        if finished.manual:
            finished.turn = Turn()
            await self._tell.committed(finished.turn)
        finished.hearing.end()
        self.uncommitted_ms = 0.0
        return True

    async def clear(self) -> None:
        """Drop what was not committed; the next audio is listened to as the session is then set."""
        if self._round is not None:
            self._round.hearing.cancel()
            self._round = None
        self._rest = b""
        self.uncommitted_ms = 0.0

    def guard(self, on: bool) -> None:
        """Ask more of what counts as speech, while our own voice may be heard in it."""
        if self._round is not None:
            self._round.hearing.guard(on)

    async def settled(self) -> None:
        """Wait until the words of all turns that were committed are known."""
        waiting = [task for each in self._rounds if each is not self._round and (task := each.task) is not None]
        if waiting:
            await asyncio.wait(waiting)

    async def close(self) -> None:
        """Stop listening."""
        self._round = None
        for each in list(self._rounds):
            each.hearing.cancel()
            if each.task is not None:
                each.task.cancel()
                await asyncio.gather(each.task, return_exceptions=True)

    def _samples(self, data: bytes, form: AudioFormat) -> Samples:
        match form.type:
            case "audio/pcmu":
                return expand(data, "mulaw")
            case "audio/pcma":
                return expand(data, "alaw")
        data = self._rest + data
        whole = len(data) - len(data) % 2
        self._rest = data[whole:]
        return decode(data[:whole], Encoding.PCM16)

    async def _opened(self) -> _Round:
        config = self._session.config.audio.input
        recognition = required(self._services.recognition)
        asked = config.transcription.language if config.transcription is not None else None
        request = ListenRequest(config.format.rate_hz, heard_language(recognition, asked))
        listener, turns = recognition.listener, config.turn_detection
        if turns is not None:
            listener = listener.tuned(turns.rules(listener.rules), ask_turns=turns.by_meaning)
        hearing = await Hearing.open(self._services, request, listener)
        opened = _Round(hearing, manual=turns is None, base_ms=self._fed_ms)
        self._rounds.add(opened)
        opened.task = asyncio.create_task(self._read(opened))
        return opened

    async def _read(self, opened: _Round) -> None:
        try:
            async for event in opened.hearing.events():
                await (self._manual(opened, event) if opened.manual else self._automatic(opened, event))
        except WebSocketDisconnect:
            pass  # the client has left; the reader hears of it too
        except MakimaError as exc:
            await self._missed(exc)
        except Exception as exc:
            log.exception("listening failed")
            await self._missed(RecognitionFailed(f"Listening failed: {exc}."))
        finally:
            opened.hearing.cancel()
            self._rounds.discard(opened)
            if self._round is opened:
                self._round = None

    async def _missed(self, exc: MakimaError) -> None:
        with contextlib.suppress(WebSocketDisconnect, MakimaError):
            await self._session.missed(exc)

    async def _automatic(self, opened: _Round, event: ListenEvent) -> None:
        match event:
            case SpeechStarted(utterance, at_ms):
                turn = opened.turns[utterance] = Turn()
                await self._tell.started(turn, opened.base_ms + at_ms)
                await self._session.began()
            case Partial(utterance, text):
                await self._tell.words(opened.turns[utterance], text)
            case SpeechEnded(utterance, at_ms):
                turn = opened.turns[utterance]
                await self._tell.stopped(turn, opened.base_ms + at_ms)
                self.uncommitted_ms = 0.0
                await self._tell.committed(turn)
            case Final(utterance, text, start_ms, end_ms):
                await self._tell.completed(opened.turns.pop(utterance), text, (end_ms - start_ms) / 1000)
            case Missed(utterance, error):
                await self._tell.failed(opened.turns.pop(utterance), error)
            case ListenEnd(reason="failed", error=error):
                raise error or RecognitionFailed("Listening failed.")

    async def _manual(self, opened: _Round, event: ListenEvent) -> None:
        match event:
            case Final(text=text, start_ms=start_ms, end_ms=end_ms):
                opened.texts.append(text)
                opened.heard_s += (end_ms - start_ms) / 1000
            case Missed(error=error):
                opened.error = error
            case ListenEnd(reason="failed", error=error):
                opened.error = error or RecognitionFailed("Listening failed.")
        if not isinstance(event, ListenEnd) or event.reason == "cancelled":
            return
        if opened.turn is None:
            return
        text = " ".join(filter(None, opened.texts))
        if opened.error is not None and not text:
            await self._tell.failed(opened.turn, opened.error)
        else:
            await self._tell.completed(opened.turn, text, opened.heard_s)


@dataclass(eq=False, slots=True)
class _Round:
    """One stretch of audio that is listened to by one stream."""

    hearing: Hearing
    manual: bool
    base_ms: float
    task: asyncio.Task[None] | None = None
    turn: Turn | None = None
    turns: dict[int, Turn] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    heard_s: float = 0.0
    error: MakimaError | None = None
