"""One utterance on its way from the engine to a client: loaded, opened, resampled, encoded, timed."""

from __future__ import annotations

import asyncio
import base64
import time
from dataclasses import dataclass
from typing import Protocol

from makima.audio.pcm import encode
from makima.audio.resample import Resampler
from makima.engines import bridge
from makima.engines.protocol import SpeechRequest, SpeechStream
from makima.errors import MakimaError, SynthesisFailed, Timeout
from makima.events import AudioChunk, Loading, Samples, SpeechEnd, SpeechEvent
from makima.server import wire
from makima.server.services import Services
from makima.server.speak.pacing import Delivery
from makima.server.speak.session import Choices, Note, Utterance, cut_short
from makima.units import samples_to_ms


class Outlet(Protocol):
    """Where an utterance goes. Both wait while the client is slow.

    Raises: Timeout where it is too slow.
    """

    async def send(self, message: dict[str, object]) -> None: ...

    async def send_pcm(self, data: bytes) -> None: ...


@dataclass(slots=True)
class _Progress:
    """What was sent so far."""

    begun_s: float
    first_audio_s: float | None = None
    samples: int = 0
    chunks: int = 0


class Speaking:
    """Speaks one utterance to one outlet, from `speaking` to `complete`, `cancelled` or `error`."""

    def __init__(
        self,
        utterance: Utterance,
        choices: Choices,
        services: Services,
        outlet: Outlet,
        delivery: Delivery | None = None,
    ) -> None:
        self.utterance = utterance
        self.delivery = delivery
        self._choices = choices
        self._services = services
        self._outlet = outlet
        self._stream: SpeechStream | None = None
        self._preparing: asyncio.Task[SpeechStream] | None = None
        self._cancelled = False
        self._note: Note | None = None
        self._resampler: Resampler | None = None
        self._progress = _Progress(time.monotonic())
        self._fed_s = self._progress.begun_s

    def feed(self, text: str, *, complete: bool) -> None:
        """More text. Before the stream is open the utterance itself holds it."""
        self._fed_s = time.monotonic()
        if self._stream is not None:
            self._stream.feed(text)
            if complete:
                self._stream.end_text()

    def cancel(self, note: Note | None = None) -> None:
        self._cancelled = True
        self._note = note
        if self.delivery is not None:
            self.delivery.stop()
        if self._stream is not None:
            self._stream.cancel()
        elif self._preparing is not None:
            self._preparing.cancel()

    async def run(self) -> dict[str, object]:
        """Speak, and give back the message that ends the utterance, for whoever keeps the order of things to send.

        Every failure of the engine is such a message too; only a lost connection raises.
        """
        metrics = self._services.metrics
        try:
            outcome, last = await self._run()
        except MakimaError as exc:
            outcome, last = "error", wire.error(exc, self.utterance.request_id)
            metrics.errors.labels(exc.code).inc()
        finally:
            if self._stream is not None:
                self._stream.cancel()
        metrics.utterances.labels(outcome).inc()
        metrics.audio_seconds.inc(self._progress.samples / self._choices.sample_rate_hz)
        return last

    async def _run(self) -> tuple[str, dict[str, object]]:
        if not await self._open():
            return self._cut_short()
        assert self._stream is not None
        await self._outlet.send({"type": "speaking", "requestId": self.utterance.request_id})
        end = await self._send_audio(self._stream)
        if end.reason == "failed":
            raise end.error or SynthesisFailed("The engine failed without saying why.")
        if end.reason == "cancelled":
            return self._cut_short()
        last = self._complete(end)
        await self._outlet.send(self._audio_end())
        if self.delivery is not None and not await self.delivery.heard(whole=end.reason == "end"):
            return self._cut_short()
        return end.reason, last

    def _cut_short(self) -> tuple[str, dict[str, object]]:
        outcome = "cancelled" if self._note is None else "interrupted"
        return outcome, cut_short(self.utterance.request_id, self._audio_ms(), self._note)

    async def _open(self) -> bool:
        """Load the engine if need be and open the stream. False if that was cancelled."""
        if self._cancelled:  # before this had begun to run
            return False
        self._preparing = asyncio.create_task(self._prepare())
        try:
            self._stream = await self._preparing
        except asyncio.CancelledError:
            if self._cancelled:
                return False
            self._preparing.add_done_callback(_give_up)  # it may be done already, with a stream nobody will hear
            self._preparing.cancel()
            raise
        utterance = self.utterance
        self._resampler = Resampler(self._stream.sample_rate_hz, self._choices.sample_rate_hz)
        self._stream.feed(utterance.text)
        if utterance.complete:
            self._stream.end_text()
        if self._cancelled:
            self._stream.cancel()
        return True

    async def _prepare(self) -> SpeechStream:
        async for news in self._services.loading():
            await self._outlet.send(_loading(news))
        utterance = self.utterance
        request = SpeechRequest(utterance.voice, utterance.language, self._choices.seed, utterance.priority)
        return self._services.host.engine.open(request)

    async def _send_audio(self, stream: SpeechStream) -> SpeechEnd:
        assert self._resampler is not None
        reader = bridge.StreamReader(stream)
        while True:
            event = await self._next(reader)
            if isinstance(event, AudioChunk):
                await self._send_chunk(self._resampler.push(event.samples))
                continue
            if event.reason not in ("failed", "cancelled"):
                # The tail inside the resampler; in JSON the last chunk is sent even if it is empty, as it says so.
                await self._send_chunk(self._resampler.flush(), final=True)
            if event.onset_sample is not None:
                self._services.metrics.onset.observe(event.onset_sample / stream.sample_rate_hz)
            return event

    async def _next(self, reader: bridge.StreamReader) -> SpeechEvent:
        settings = self._services.settings
        while not self.utterance.complete:
            fed_s = self._fed_s
            try:
                return await reader.next(settings.client_timeout_s)
            except Timeout as exc:
                if self._fed_s == fed_s and not self.utterance.complete:
                    raise Timeout(f"{settings.client_timeout_s:.0f} s have passed and no more text came.") from exc
        return await reader.next(settings.audio_timeout_s)

    async def _send_chunk(self, samples: Samples, *, final: bool = False) -> None:
        json_transport = self._choices.transport == "json"
        if not len(samples) and not (final and json_transport):
            return
        if self.delivery is not None and not await self.delivery.turn():
            return
        progress = self._progress
        data = encode(samples, self._choices.encoding)
        start_ms = round(self._audio_ms())
        progress.chunks += 1
        progress.samples += len(samples)
        if json_transport:
            message: dict[str, object] = {
                "type": "audioChunk",
                "data": base64.b64encode(data).decode(),
                "sequenceNumber": progress.chunks,
                "isFinal": final,
                "timestampMs": start_ms,
                "requestId": self.utterance.request_id,
            }
            await self._outlet.send(message)
        else:
            await self._outlet.send_pcm(data)
        if self.delivery is not None and len(samples):
            self.delivery.sent(samples_to_ms(len(samples), self._choices.sample_rate_hz))
        if progress.first_audio_s is None and len(samples):
            progress.first_audio_s = time.monotonic() - progress.begun_s
            self._services.metrics.first_audio.observe(progress.first_audio_s)

    def _audio_end(self) -> dict[str, object]:
        return {
            "type": "audio_end",
            "sample_rate": self._choices.sample_rate_hz,
            "format": self._choices.encoding.wire_format,
            "channels": 1,
        }

    def _complete(self, end: SpeechEnd) -> dict[str, object]:
        choices, progress = self._choices, self._progress
        duration_ms = (time.monotonic() - progress.begun_s) * 1000
        audio_ms = samples_to_ms(progress.samples, choices.sample_rate_hz)
        message: dict[str, object] = {
            "type": "complete",
            "requestId": self.utterance.request_id,
            "durationMs": round(duration_ms, 1),
            "charactersProcessed": len(self.utterance.text),
            "audioLengthMs": round(audio_ms, 1),
            "totalChunks": progress.chunks,
            "firstAudioMs": None if progress.first_audio_s is None else round(progress.first_audio_s * 1000, 1),
            "realTimeFactor": round(duration_ms / audio_ms, 4) if audio_ms else None,
            "finishReason": end.reason,
        }
        if choices.contract_id is not None:
            message["contractId"] = choices.contract_id
        return message

    def _audio_ms(self) -> int:
        return round(samples_to_ms(self._progress.samples, self._choices.sample_rate_hz))


def _give_up(preparing: asyncio.Task[SpeechStream]) -> None:
    if not preparing.cancelled() and preparing.exception() is None:
        preparing.result().cancel()


def _loading(news: Loading) -> dict[str, object]:
    return {"type": "loading", "what": news.what, "progress": news.progress}
