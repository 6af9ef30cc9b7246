"""`WS /v2/speak`: texts in turns, each with word of its start and its end, as clients of Deepgram's Flux speak."""

from __future__ import annotations

import uuid
from collections import deque
from dataclasses import dataclass, field, replace

from fastapi import APIRouter, WebSocket

from makima.audio.muxing import make_muxer
from makima.audio.tempo import check_speed
from makima.errors import InvalidMessage, MakimaError
from makima.server.doors.common.contexts import SpokenContext
from makima.server.doors.common.speech import Spoken
from makima.server.doors.common.word_times import TimedWord
from makima.server.doors.deepgram.session import DeepgramSession
from makima.server.doors.deepgram.wire import text_of
from makima.server.services import Services


def router(services: Services) -> APIRouter:
    routes = APIRouter()

    @routes.websocket("/v2/speak")
    async def speak(websocket: WebSocket) -> None:
        await TurnSocket(websocket, services).run()

    return routes


@dataclass(slots=True)
class Turn:
    """What is spoken up to a flush. `begun_ms` is where it begins in the session's audio."""

    text: str = ""
    begun_ms: float = 0.0
    samples: int = 0
    started: bool = False
    words: list[TimedWord] = field(default_factory=list)
    id: str = field(default_factory=lambda: f"dg_sp_{uuid.uuid4().hex[:12]}")

    def duration_ms(self, rate_hz: int) -> int:
        """How long it is so far."""
        return round(self.samples * 1000 / rate_hz)

    def heard(self, played_ms: float) -> tuple[str, str]:
        """Its text up to the last word that has begun at `played_ms` of the session's audio, and the rest."""
        end = 0
        for word in self.words:
            at = self.text.find(word.text, end)
            if self.begun_ms + word.start_s * 1000 >= played_ms:
                break
            end = at + len(word.text) if at >= 0 else end
        return self.text[:end], self.text[end:]


class TurnSocket(DeepgramSession):
    """One client's socket. Its turns are spoken one after the other in one context, which an interruption ends."""

    def __init__(self, websocket: WebSocket, services: Services) -> None:
        super().__init__(websocket, services)
        self._writing: Turn | None = None
        self.turns: deque[Turn] = deque()
        self.last: Turn | None = None
        self.total_ms = 0.0
        self._interrupted_ms = 0.0
        self._characters = 0

    async def greet(self, voice: str, uid: str) -> None:
        names = {"model_name": voice, "model_version": "1", "model_uuids": [uid]}
        await self.send({"type": "Connected", "request_id": str(uuid.uuid4()), **names})

    async def fail(self, exc: MakimaError) -> None:
        await self.send({"type": "Error", "code": exc.code, "description": str(exc)})

    async def warn(self, code: str, text: str) -> None:
        """Tell the client of a message that changes nothing."""
        await self.send({"type": "Warning", "code": code, "description": text})

    async def finish(self) -> None:
        if self._context is not None:
            await self._flush()
            await self._context.close()
            await self._context.wait()

    async def apply(self, fields: dict[str, object]) -> bool:
        match fields.get("type"):
            case "Speak":
                await self._speak(text_of(fields))
            case "Flush":
                if not await self._flush():
                    await self.warn("NO_ACTIVE_SPEECH", "There is no text since the last Flush.")
            case "Interrupt":
                await self._interrupt(_offset_ms(fields))
            case "Configure":
                await self._configure(fields.get("speed"))
            case "Close":
                await self.finish()
                await self.send(self._session())
                return True
            case "KeepAlive":
                pass
            case kind:
                known = "Speak, Flush, Interrupt, Configure or Close"
                await self.warn(
                    "UNKNOWN_MESSAGE", f"A message was ignored: its type {str(kind)[:40]!r} is not {known}."
                )
        return False

    async def _speak(self, text: str) -> None:
        if self._context is None or self._context.closed:
            self._context = SpokenContext(self.services, self.who, self._wish, _Outlet(self))
            self.turns.clear()
            self._writing = None
        await self._context.feed(text)
        self._characters += len(text)
        if self._writing is None:
            self._writing = Turn()
            self.turns.append(self._writing)
        self._writing.text += text

    async def _flush(self) -> bool:
        """End the turn that is being written. False if there is none."""
        if self._context is None or self._context.closed or self._writing is None:
            return False
        self._writing = None
        await self._context.flush(0)
        return True

    async def _interrupt(self, offset_ms: float | None) -> None:
        turn = next((each for each in self.turns if each.started), self.last)
        if turn is None:
            await self.warn("NO_AUDIO_GENERATED", "There is no audio yet that could be interrupted.")
            return
        if offset_ms is not None and offset_ms <= self._interrupted_ms and self._interrupted_ms:
            await self.warn("INVALID_INTERRUPT_OFFSET", "The offset is not behind that of the Interrupt before it.")
            return
        if self._context is not None:
            await self._context.cancel()
        self._context = self._writing = self.last = None
        self.turns.clear()
        played_ms = self.total_ms if offset_ms is None else min(offset_ms, self.total_ms)
        told: dict[str, object] = {"type": "SpeechInterrupted", "audio_played_ms": round(played_ms)}
        if offset_ms is not None:
            told["text_spoken"], told["text_remaining"] = turn.heard(played_ms)
        self.total_ms = self._interrupted_ms = played_ms
        await self.send({**told, "metadata": self.metadata(turn)})

    async def _configure(self, speed: object) -> None:
        if speed is None:
            await self.send({"type": "ConfigureSuccess", "applied": {}})
            return
        try:
            if not isinstance(speed, int | float) or isinstance(speed, bool):
                raise InvalidMessage("speed: a number is needed.")
            self._wish = replace(self._wish, speed=check_speed(float(speed)))
        except InvalidMessage as exc:
            why = {"code": "SPEED_OUT_OF_RANGE", "field": "speed", "value": speed, "description": str(exc)}
            await self.send({"type": "ConfigureFailure", **why})
            return
        if self._context is not None:
            self._context.wish = self._wish
        await self.send({"type": "ConfigureSuccess", "applied": {"speed": speed}})

    def metadata(self, turn: Turn) -> dict[str, object]:
        """What is told of a turn once it is over."""
        controls = dict.fromkeys(("pronunciations_applied", "breaks_applied", "pronunciation_warnings"), 0)
        return {
            "speech_id": turn.id,
            "audio_duration_ms": turn.duration_ms(self.asked.rate_hz),
            "input_character_count": len(turn.text),
            "billable_character_count": len(turn.text),
            "controls_applied": controls,
        }

    def _session(self) -> dict[str, object]:
        counts = dict.fromkeys(("total_input_character_count", "total_billable_character_count"), self._characters)
        return {"type": "SessionMetadata", "total_audio_duration_ms": round(self.total_ms), **counts}


def _offset_ms(fields: dict[str, object]) -> float | None:
    """Raises: InvalidMessage"""
    offset = fields.get("playback_offset")
    if offset is None:
        return None
    value = offset.get("value") if isinstance(offset, dict) and offset.get("type", "time_ms") == "time_ms" else None
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise InvalidMessage(
            "playback_offset: milliseconds are needed.", mend='Send {"type": "time_ms", "value": 900}.'
        )
    return float(value)


class _Outlet:
    def __init__(self, socket: TurnSocket) -> None:
        self._socket = socket
        self._muxer = make_muxer(socket.asked.form, socket.asked.rate_hz)
        self._begun_s = 0.0

    async def audio(self, spoken: Spoken, offset_s: float) -> None:
        turn = self._socket.turns[0]
        if not turn.started:
            turn.started = True
            turn.begun_ms, self._begun_s = self._socket.total_ms, offset_s
            await self._socket.send({"type": "SpeechStarted", "speech_id": turn.id})
        turn.words += [word.later(offset_s - self._begun_s) for word in spoken.words]
        samples = len(spoken.pcm) // 2
        turn.samples += samples
        self._socket.total_ms += samples * 1000 / self._socket.asked.rate_hz
        if data := self._muxer.push(spoken.pcm):
            await self._socket.send_bytes(data)

    async def flushed(self, mark: int) -> None:
        turn = self._socket.last = self._socket.turns.popleft()
        if not turn.samples:
            await self._socket.warn("NO_SYNTHESIZABLE_TEXT", "The text of this turn has nothing that can be spoken.")
        await self._socket.send({"type": "SpeechMetadata", **self._socket.metadata(turn)})
        await self._socket.send({"type": "Flushed", "speech_id": turn.id})

    async def done(self) -> None:
        pass

    async def failed(self, exc: MakimaError) -> None:
        await self._socket.fail(exc)
