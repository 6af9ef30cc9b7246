"""A client of the speak socket that notes when things come, and what a player would have made of them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import websockets

from makima.bench.stats import Playback, onset_ms, play
from makima.errors import EngineError
from makima.events import Samples
from makima.server.wire import DEFAULT_RATE_HZ

PLAYER_BUFFER_MS = 100.0
"""What a player holds back before it begins, as the page's does on an even network."""


@dataclass(slots=True)
class Heard:
    """One utterance at its client: chunks [S] and when each came, counted from when it was asked for."""

    chunks: list[Samples] = field(default_factory=list)
    arrivals_ms: list[float] = field(default_factory=list)
    cancel_ms: float | None = None
    """From `cancel` to `cancelled`; None where it was not cancelled."""
    cancelled_at_s: float = 0.0

    @property
    def first_audio_ms(self) -> float:
        return self.arrivals_ms[0]

    @property
    def audio_ms(self) -> float:
        return sum(self._durations_ms())

    @property
    def gaps_ms(self) -> list[float]:
        """Time between one chunk and the next."""
        return [b - a for a, b in pairwise(self.arrivals_ms)]

    def onset_ms(self) -> float | None:
        """When something is first heard by who plays chunks as they come; None where all was silence."""
        return onset_ms(self.chunks, play(self.arrivals_ms, self._durations_ms()).starts_ms, DEFAULT_RATE_HZ)

    def playback(self) -> Playback:
        """What a player with a small buffer makes of it."""
        return play(self.arrivals_ms, self._durations_ms(), PLAYER_BUFFER_MS)

    def _durations_ms(self) -> list[float]:
        return [1000 * len(chunk) / DEFAULT_RATE_HZ for chunk in self.chunks]


async def hear(
    socket: websockets.ClientConnection, text: str, most_audio_ms: float | None = None, *, unended: bool = False
) -> Heard:
    """Have a text spoken. Once `most_audio_ms` of it has come it is cancelled, and how long that takes is noted.

    An `unended` text is never said to be complete, so that the utterance cannot be over before it is cancelled.

    Raises: EngineError where the utterance fails, or says nothing
    """
    heard, begun_s = Heard(), time.perf_counter()
    await socket.send(json.dumps({"type": "append" if unended else "speak", "text": text}))
    async for frame in socket:
        if isinstance(frame, bytes):
            heard.arrivals_ms.append((time.perf_counter() - begun_s) * 1000)
            heard.chunks.append(np.frombuffer(frame, "<i2").astype(np.float32) / np.float32(32768))
            if most_audio_ms is not None and not heard.cancelled_at_s and heard.audio_ms >= most_audio_ms:
                heard.cancelled_at_s = time.perf_counter()
                await socket.send(json.dumps({"type": "cancel"}))
            continue
        kind = json.loads(frame)["type"]
        if kind == "error":
            raise EngineError(f"The server: {frame}")
        if kind in ("complete", "cancelled"):
            if kind == "cancelled":
                heard.cancel_ms = (time.perf_counter() - heard.cancelled_at_s) * 1000
                if unended:  # until then all text is taken for the rest of what was cancelled, and dropped
                    await socket.send(json.dumps({"type": "end"}))
            if not heard.chunks:
                raise EngineError("The server spoke no audio.")
            return heard
    raise EngineError("The socket was closed.")
