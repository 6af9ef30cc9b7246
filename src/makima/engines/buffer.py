"""The bounded buffer between an engine's thread and a stream's consumer."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np

from makima.errors import MakimaError, SynthesisFailed
from makima.events import AudioChunk, EndReason, Samples, SpeechEnd, SpeechEvent, SpokenWord

CAPACITY_S = 10.0
"""Audio that may wait for a slow listener before its engine slot is held back."""


NOT_NUMBERS = "The audio that was made is not made of numbers: the model's weights may be damaged."

SHORT_S = 4.0
"""Utterances up to this length are not held up by longer ones."""

Turn: TypeAlias = tuple[int, float]
FIRST_TURN, LAST_TURN = 0, 2


class StreamBuffer:
    """Half of every engine's stream: what the engine puts in, the consumer polls out.

    Thread-safe. The producer calls `put` and `finish`; the consumer `poll`, `subscribe`, or iterates. `cancel` drops
    what waits and ends the stream at once; later `put`s answer False.
    """

    def __init__(self, sample_rate_hz: int, capacity_s: float = CAPACITY_S) -> None:
        self.sample_rate_hz = sample_rate_hz
        self._capacity_samples = int(capacity_s * sample_rate_hz)
        self._changed = threading.Condition()
        self._events: deque[SpeechEvent] = deque()
        self._waiting_samples = 0
        self._total_samples = 0
        self._begun_s: float | None = None
        self.onset_sample: int | None = None  # set by a producer that listens for it
        self.ended = False
        """Whether the stream's last event is in: nothing more is wanted of the producer. Set here alone; an attribute,
        as engines look at it many times in a round."""
        self._notify: Callable[[], None] | None = None

    @property
    def full(self) -> bool:
        """Whether the listener is behind by more than the capacity."""
        return self._waiting_samples >= self._capacity_samples

    @property
    def turn(self) -> Turn:
        """What streams that wait for the same thing are ordered by: the lowest comes first.

        First those that are silent until now, then those that have little audio yet, then the others; among these,
        those whose listeners, who began with the first of it, are closest to waiting.
        """
        if self._begun_s is None:
            return FIRST_TURN, 0.0
        made_s = self._total_samples / self.sample_rate_hz
        return (1 if made_s < SHORT_S else LAST_TURN), made_s - (time.monotonic() - self._begun_s)

    @property
    def total_samples(self) -> int:
        """How many samples were put in, less those that a cancel dropped."""
        return self._total_samples

    def put(self, samples: Samples, words: tuple[SpokenWord, ...] = ()) -> bool:
        """Add audio, whatever the fill, and the words that begin in it. False once the stream has ended.

        Audio that is not made of numbers, as of a model whose weights are damaged, ends it with an error.
        """
        if not np.isfinite(samples).all():
            self.finish("failed", SynthesisFailed(NOT_NUMBERS))
            return False
        with self._changed:
            if self.ended:
                return False
            if len(samples):
                if self._begun_s is None:
                    self._begun_s = time.monotonic()
                self._events.append(AudioChunk(samples, self._total_samples, words))
                self._total_samples += len(samples)
                self._waiting_samples += len(samples)
            notify = self._announce()
        if notify:
            notify()
        return True

    def wait_for_room(self) -> bool:
        """Block until the buffer is no longer full. False once the stream has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self.ended or not self.full)
            return not self.ended

    def finish(self, reason: EndReason, error: MakimaError | None = None) -> None:
        """Add the stream's last event. Idempotent."""
        self._end(reason, error, drop=False)

    def cancel(self) -> None:
        """Drop what waits and end as `cancelled`. Idempotent; without effect once the last event was polled."""
        self._end("cancelled", None, drop=True)

    def poll(self) -> SpeechEvent | None:
        with self._changed:
            if not self._events:
                return None
            event = self._events.popleft()
            was_full = self.full
            if isinstance(event, AudioChunk):
                self._waiting_samples -= len(event.samples)
                self._changed.notify_all()
            else:
                self._notify = None  # nothing more comes, and neither should keep the other in memory
        if was_full and not self.full:
            self.drained()
        return event

    def drained(self) -> None:
        """Called when the listener has caught up after the buffer was full, for engines that do not wait in `put`."""

    def subscribe(self, notify: Callable[[], None]) -> None:
        with self._changed:
            self._notify = notify
            waiting = bool(self._events)
        if waiting:
            notify()

    def __iter__(self) -> Iterator[SpeechEvent]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._events))
            event = self.poll()
            if event is not None:
                yield event
            if isinstance(event, SpeechEnd):
                return

    def _end(self, reason: EndReason, error: MakimaError | None, *, drop: bool) -> None:
        with self._changed:
            # Engines run ahead of their listeners, so that much of what is cancelled has been made to its end already.
            if self.ended and not (drop and self._events):
                return
            self.ended = True
            if drop:
                self._events.clear()
                self._total_samples -= self._waiting_samples
                self._waiting_samples = 0
            self._events.append(SpeechEnd(reason, self._total_samples, error, self.onset_sample))
            notify = self._announce()
        if notify:
            notify()

    def _announce(self) -> Callable[[], None] | None:
        self._changed.notify_all()
        return self._notify
