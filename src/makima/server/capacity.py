"""How much a server can speak at once: measured once its engine has loaded, and what follows from it for clients."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from makima.engines.protocol import Engine, SpeechRequest, SpeechStream
from makima.errors import CapacityError, MakimaError
from makima.events import AudioChunk, SpeechEnd

log = logging.getLogger(__name__)

STREAMS = 4
"""Spoken at the same time where it is measured: engines with several processes or slots use them all."""
MOST_S = 3.0
"""Of measuring. What was spoken until then counts."""
POLL_S = 0.005
TEXT = "This is said to find out how much this machine can say at once, and it is not heard by anyone. "
WARM_UP = "One."
"""Said before, as what is loaded with the first text does not count."""

TRIES, BETTER = 5, 1.1
"""It is measured again while that gives more, as the machine may have been busy with something else."""
PAUSE_S = 1.0

LEAST_UTTERANCES = 24
"""Never refused: a machine that was busy when it was measured may do more, and pages ask for a reply by the sentence,
many at once."""
IN_REAL_TIME = 0.5
"""Of the speech that can be made, for listeners: beyond it each waits noticeably longer for the first audio."""
GREEDY = 0.25
"""Of the speech that can be made, for sessions that have sent more text than their allowance."""

RETRY_S = 2.0


class Capacity:
    """That of one server. Without a measurement there is no limit."""

    def __init__(self, at_once: int | None = None) -> None:
        """`at_once` is how many utterances are spoken at once, whatever is measured; 0 for any number."""
        self._at_once = at_once
        self.real_time: float | None = None
        """Seconds of speech that can be made in a second."""

    @property
    def utterances(self) -> int | None:
        """How many are spoken at once; None for any number."""
        if self._at_once is not None:
            return self._at_once or None
        return None if self.real_time is None else max(LEAST_UTTERANCES, int(IN_REAL_TIME * self.real_time))

    @property
    def greedy_per_s(self) -> float | None:
        """Seconds of speech a second for all greedy sessions together."""
        return None if self.real_time is None else GREEDY * self.real_time

    def check(self, speaking: int) -> None:
        """Raises: CapacityError where so many utterances are being spoken that another one would hold them up"""
        most = self.utterances
        if most is not None and speaking >= most:
            raise CapacityError(f"The server speaks {most:,} utterances at once, no more.", retry_after_s=RETRY_S)

    def measure(self, engine: Engine, voice: str, disturbed: Callable[[], bool] = lambda: False) -> bool:
        """Find out how much a loaded engine can speak. Blocks for a few seconds, and leaves it where that fails.

        Stops once it is `disturbed`, as clients must not wait for it; False where nothing was found until then.
        """
        try:
            _spoken_s(engine, voice, WARM_UP, 1, disturbed)
            for _ in range(TRIES):
                before, found = self.real_time or 0.0, _speed(engine, voice, disturbed)
                self.real_time = max(before, round(found, 2)) or None
                if found < BETTER * before:
                    break
                time.sleep(PAUSE_S)
        except _Disturbed:
            if self.real_time is None:
                return False
        except MakimaError as exc:
            log.warning("the capacity cannot be measured: %s", exc)
        if self.real_time is not None:
            most = self.utterances if self.utterances is not None else "any number of"
            log.info("capacity: %.1f s of speech a second, %s utterances at once", self.real_time, most)
        return True


class _Disturbed(Exception):
    """A client wants to speak."""


def _speed(engine: Engine, voice: str, disturbed: Callable[[], bool]) -> float:
    """Seconds of speech that come in a second."""
    begun_s = time.perf_counter()
    spoken_s = _spoken_s(engine, voice, TEXT, STREAMS, disturbed)
    return spoken_s / (time.perf_counter() - begun_s)


def _spoken_s(engine: Engine, voice: str, text: str, count: int, disturbed: Callable[[], bool]) -> float:
    """How much speech comes of a text that is spoken so many times at once, within the time there is.

    Raises: MakimaError where the engine fails
    """
    streams: list[SpeechStream] = []
    ended, spoken_s = set[SpeechStream](), 0.0
    deadline_s = time.monotonic() + MOST_S
    try:
        for _ in range(count):
            streams.append(engine.open(SpeechRequest(voice)))
            streams[-1].feed(text)
            streams[-1].end_text()
        while len(ended) < count and time.monotonic() < deadline_s:
            if disturbed():
                raise _Disturbed
            idle = True
            for stream in streams:
                while stream not in ended and (event := stream.poll()) is not None:
                    idle = False
                    if isinstance(event, AudioChunk):
                        spoken_s += len(event.samples) / stream.sample_rate_hz
                    elif isinstance(event, SpeechEnd):
                        ended.add(stream)
                        if event.error is not None:
                            raise event.error
            if idle:
                time.sleep(POLL_S)
    finally:
        for stream in streams:
            stream.cancel()
    return spoken_s
