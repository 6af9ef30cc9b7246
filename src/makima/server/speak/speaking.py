"""One utterance of a speak session: its messages and audio, from `loading` to the message that ends it."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Protocol

from makima.engines.output import Format, Piece, SpeechOutput
from makima.engines.protocol import SpeechRequest
from makima.errors import MakimaError
from makima.events import SpeechEnd
from makima.server import wire
from makima.server.auth import Identity
from makima.server.doors.common.word_times import TimedWord, WordTimes
from makima.server.monitoring.scope import Scope
from makima.server.services import Services
from makima.server.speak.effects import Choices, Note, Utterance, cut_short
from makima.server.speak.pacing import Delivery
from makima.text.identify import chooser as identify
from makima.text.identify.chooser import LanguageChooser
from makima.text.language import AUTO
from makima.units import samples_to_ms

MOST_TOLD = 2_000
"""Characters of a text that its language is told by."""


class Outlet(Protocol):
    """Where an utterance goes. Both wait while the client is slow.

    Raises: Timeout if it is too slow; WebSocketDisconnect if it has left
    """

    async def send(self, message: dict[str, object]) -> None: ...

    async def send_pcm(self, data: bytes) -> None: ...


class Speaking:
    """Speaks one utterance to one outlet, from `speaking` to `complete`, `cancelled`, `interrupted` or `error`."""

    def __init__(
        self,
        utterance: Utterance,
        choices: Choices,
        services: Services,
        outlet: Outlet,
        who: Identity,
        scope: Scope,
        delivery: Delivery | None = None,
    ) -> None:
        self.utterance = utterance
        self.delivery = delivery
        self._choices = choices
        self._services = services
        self._outlet = outlet
        form = Format(choices.sample_rate_hz, choices.encoding)
        self._output = services.output(who, form, scope=scope)
        self._loading: asyncio.Task[None] | None = None
        self._opened = False
        self._cancelled = False
        self._note: Note | None = None
        self._chunks = 0
        exact = services.host.engine.capabilities.word_times
        self._words = WordTimes(exact=exact) if choices.word_times else None

    def feed(self, text: str, *, complete: bool) -> None:
        """Add text. Until the stream is open, the utterance itself holds it."""
        if self._opened:
            if self._words is not None:
                self._words.text(text)
            self._output.feed(text, complete=complete)

    def cancel(self, note: Note | None = None) -> None:
        """End the utterance: with a `note` as interrupted, else as cancelled."""
        self._cancelled = True
        self._note = note
        if self.delivery is not None:
            self.delivery.stop()
        self._output.cancel()
        if self._loading is not None:
            self._loading.cancel()

    async def run(self) -> dict[str, object]:
        """Speak. The message that ends the utterance is returned, as the socket decides when to send it.

        Raises: WebSocketDisconnect if the client has left. All other failures are `error` messages.
        """
        try:
            with self._output as output:
                return await self._speak(output)
        except MakimaError as exc:
            return wire.error(exc, self.utterance.request_id)

    async def _speak(self, output: SpeechOutput) -> dict[str, object]:
        if not await self._loaded():
            return self._cut_short()
        utterance = self.utterance
        output.open(
            self._services.host.engine,
            SpeechRequest(
                utterance.voice,
                utterance.language,
                self._choices.seed,
                utterance.priority,
                pronunciations=utterance.pronunciations,
                speed=utterance.speed,
                word_times=self._choices.word_times,
                session_id=utterance.session_id,
            ),
        )
        output.feed(utterance.text, complete=utterance.complete)
        if self._words is not None:
            self._words.text(utterance.text)
        self._opened = True
        speaking: dict[str, object] = {"type": "speaking", "requestId": utterance.request_id}
        if utterance.language == AUTO:
            # As the front end chooses it. In a thread where that loads a model first; else a thread takes longer.
            choose, text = LanguageChooser().choose, utterance.text[:MOST_TOLD]
            speaking["language"] = choose(text) if identify.ready() else await asyncio.to_thread(choose, text)
        if (notice := self._services.notice) and notice != self._choices.notice:
            speaking["warning"] = notice  # it came after `started`
        await self._outlet.send(speaking)
        async for piece in output:
            if not await self._sent(piece):
                break
        end = output.end
        if end is None or end.reason == "cancelled":
            return self._cut_short()
        if self._words is not None:
            await self._tell_words(self._words.end())
        last = self._complete(end)
        await self._outlet.send(self._audio_end())
        if self.delivery is not None and not await self.delivery.heard(whole=end.reason == "end"):
            return self._cut_short()
        return last

    async def _loaded(self) -> bool:
        """Load the engine if necessary, and report the progress. False if the utterance was cancelled meanwhile."""
        if self._cancelled or self._services.host.engine.loaded:
            return not self._cancelled
        # A task of its own, as cancelling the utterance must not cancel what waits for its end.
        self._loading = asyncio.create_task(self._load())
        try:
            await self._loading
        except asyncio.CancelledError:
            if self._cancelled:
                return False
            raise
        return not self._cancelled

    async def _load(self) -> None:
        async for news in self._services.loading():
            await self._outlet.send(wire.loading(news))

    async def _sent(self, piece: Piece) -> bool:
        """Send a piece when its time has come. False if it was not sent, as the reply has been stopped."""
        in_json = self._choices.transport == "json"
        if self._words is not None and (
            words := self._words.audio(piece.samples / self._choices.sample_rate_hz, piece.words)
        ):
            if self.delivery is not None and not await self.delivery.turn():
                return False
            await self._tell_words(words)
        # In JSON the last chunk is sent even if it is empty, as it says that it is the last.
        if not piece.samples and not in_json:
            return True
        if self.delivery is not None and not await self.delivery.turn():
            return False
        self._chunks += 1
        if in_json:
            await self._outlet.send(
                {
                    "type": "audioChunk",
                    "data": base64.b64encode(piece.pcm).decode(),
                    "sequenceNumber": self._chunks,
                    "isFinal": piece.final,
                    "timestampMs": round(samples_to_ms(piece.start_sample, self._choices.sample_rate_hz)),
                    "requestId": self.utterance.request_id,
                }
            )
        else:
            await self._outlet.send_pcm(piece.pcm)
        if self.delivery is not None and piece.samples:
            self.delivery.sent(samples_to_ms(piece.samples, self._choices.sample_rate_hz))
        return True

    async def _tell_words(self, words: list[TimedWord]) -> None:
        """Say which words begin in the audio that follows."""
        if words and self._words is not None:
            await self._outlet.send(wire.words(self.utterance.request_id, words, exact=self._words.exact))

    def _cut_short(self) -> dict[str, object]:
        self._output.outcome = "cancelled" if self._note is None else "interrupted"
        return cut_short(self.utterance.request_id, round(self._output.audio_ms), self._note)

    def _audio_end(self) -> dict[str, object]:
        return {
            "type": "audio_end",
            "sample_rate": self._choices.sample_rate_hz,
            "format": self._choices.encoding.wire_format,
            "channels": 1,
        }

    def _complete(self, end: SpeechEnd) -> dict[str, object]:
        output = self._output
        duration_ms = (time.monotonic() - output.begun_s) * 1000
        audio_ms, first_s = output.audio_ms, output.first_audio_s
        message: dict[str, object] = {
            "type": "complete",
            "requestId": self.utterance.request_id,
            "durationMs": round(duration_ms, 1),
            "charactersProcessed": len(self.utterance.text),
            "audioLengthMs": round(audio_ms, 1),
            "totalChunks": self._chunks,
            "firstAudioMs": None if first_s is None else round(first_s * 1000, 1),
            "realTimeFactor": round(duration_ms / audio_ms, 4) if audio_ms else None,
            "finishReason": end.reason,
        }
        if self._choices.contract_id is not None:
            message["contractId"] = self._choices.contract_id
        return message
