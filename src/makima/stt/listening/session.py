"""A listening session: one thread finds the utterances in its audio, a second one recognises them.

With two threads, the start of speech is reported at once even while the recogniser works on an earlier utterance. The
queues between them are bounded in seconds of audio; where one is full, the thread or the client before it waits.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterator

from makima.errors import MakimaError, RecognitionFailed
from makima.events import Samples
from makima.stt.listening.diarize import VoiceClusters
from makima.stt.listening.endpoint import EndpointRules
from makima.stt.listening.utterance_detector import Closed, Opened, Sound, Speech, UtteranceDetector
from makima.stt.listening.utterance_recognizer import UtteranceRecognizer
from makima.stt.listening.vad import SileroDetector, SpeechDetector
from makima.stt.protocol import (
    RATE_HZ,
    Diarizer,
    ListenEnd,
    ListenEvent,
    ListenRequest,
    Partial,
    Recognizer,
    SpeechEnded,
    SpeechStarted,
    TurnDetector,
)

log = logging.getLogger(__name__)

INBOX_S = 10.0
"""Audio that may wait for the detector before the caller is asked to pause."""
UNRECOGNIZED_S = 60.0
"""Audio of utterances that may wait for the recogniser before the detector waits: two of the longest utterances."""
GAP_S = 1.5
"""An open utterance is closed when no audio arrives for this long: its silence cannot be measured."""


class Listener:
    """Opens listening sessions over one recogniser."""

    def __init__(
        self,
        recognizer: Recognizer,
        rules: EndpointRules | None = None,
        *,
        turns: TurnDetector | None = None,
        make_detector: Callable[[], SpeechDetector] = SileroDetector,
        make_diarizer: Callable[[], Diarizer] = VoiceClusters,
        gap_s: float = GAP_S,
    ) -> None:
        self.recognizer = recognizer
        self.rules = rules or EndpointRules()
        self._turns = turns
        self._make_detector = make_detector
        self._make_diarizer = make_diarizer
        self._gap_s = gap_s

    def tuned(self, rules: EndpointRules, *, ask_turns: bool) -> Listener:
        """The same with other rules. `ask_turns` keeps the turn detector, if there is one."""
        return Listener(
            self.recognizer,
            rules,
            turns=self._turns if ask_turns else None,
            make_detector=self._make_detector,
            make_diarizer=self._make_diarizer,
            gap_s=self._gap_s,
        )

    def utterance_detector(self, sample_rate_hz: int) -> UtteranceDetector:
        """A detector for one stream of audio.

        Raises: AssetError where the voice activity detector does not load
        """
        return UtteranceDetector(sample_rate_hz, self._make_detector(), self.rules, self._turns)

    def open(self, request: ListenRequest) -> Listening:
        """Begin a session.

        Raises: AssetError
        """
        diarizer = self._make_diarizer() if request.diarize else None
        return Listening(request, self.utterance_detector(request.sample_rate_hz), self.recognizer, diarizer)


class Listening:
    """A `ListenStream`: audio in, events out."""

    def __init__(
        self,
        request: ListenRequest,
        detector: UtteranceDetector,
        recognizer: Recognizer,
        diarizer: Diarizer | None = None,
        gap_s: float = GAP_S,
    ) -> None:
        self._request = request
        self._gap_s = gap_s
        self._detector = detector
        self._recognizer = UtteranceRecognizer(recognizer, request.language, diarizer)
        self._changed = threading.Condition()
        self._inbox: deque[Samples] = deque()
        self._inbox_samples = 0
        self._audio_ended = False
        self._unrecognized: deque[Sound | None] = deque()  # None: the audio has ended
        self._unrecognized_samples = 0
        self._events: deque[ListenEvent] = deque()
        self._over = 0  # the latest utterance whose end was reported
        self._ended = False
        self._notify: Callable[[], None] = _ignore
        threading.Thread(target=self._run, args=(self._detect,), name="stt-detector", daemon=True).start()
        threading.Thread(target=self._run, args=(self._recognize,), name="stt-recognizer", daemon=True).start()

    @property
    def full(self) -> bool:
        return self._inbox_samples >= INBOX_S * self._request.sample_rate_hz

    @property
    def waiting_s(self) -> float:
        """The audio that waits in both queues, in seconds."""
        return self._inbox_samples / self._request.sample_rate_hz + self._unrecognized_samples / RATE_HZ

    def feed(self, samples: Samples) -> None:
        with self._changed:
            if self._ended or self._audio_ended or not len(samples):
                return
            self._inbox.append(samples)
            self._inbox_samples += len(samples)
            self._changed.notify_all()

    def end_audio(self) -> None:
        with self._changed:
            self._audio_ended = True
            self._changed.notify_all()

    def guard(self, on: bool) -> None:
        self._detector.guard(on)

    def cancel(self) -> None:
        self._end(ListenEnd("cancelled"), drop=True)
        with self._changed:
            self._notify = _ignore

    def poll(self) -> ListenEvent | None:
        with self._changed:
            event = self._events.popleft() if self._events else None
            if isinstance(event, ListenEnd):
                self._notify = _ignore  # nothing more comes, and neither should keep the other in memory
            return event

    def subscribe(self, notify: Callable[[], None]) -> None:
        with self._changed:
            self._notify = notify
            waiting = bool(self._events)
        if waiting:
            notify()

    def __iter__(self) -> Iterator[ListenEvent]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: bool(self._events))
                event = self._events.popleft()
            yield event
            if isinstance(event, ListenEnd):
                return

    # The thread of the detector:

    def _detect(self) -> None:
        utterance = 0
        for sound in self._sounds():
            if isinstance(sound, Opened):
                utterance += 1
                self._emit(SpeechStarted(utterance, sound.at_ms))
            elif isinstance(sound, Closed):
                self._emit(SpeechEnded(utterance, sound.at_ms))
            self._pass_on(sound)
        self._pass_on(None)

    def _sounds(self) -> Iterator[Sound]:
        """The output of the detector for audio and for gaps in it, up to the end of the stream."""
        while True:
            with self._changed:
                came = self._changed.wait_for(
                    lambda: self._inbox or self._audio_ended or self._ended,
                    self._gap_s if self._detector.open else None,
                )
                if self._ended:
                    return
                samples = self._take() if self._inbox else None
            if samples is not None:
                yield from self._detector.push(samples)
            elif came:
                yield from self._detector.flush()
                return
            else:
                yield from self._detector.pause()

    def _take(self) -> Samples:
        was_full = self.full
        samples = self._inbox.popleft()
        self._inbox_samples -= len(samples)
        if was_full and not self.full:
            self._notify()
        return samples

    def _pass_on(self, sound: Sound | None) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._unrecognized_samples < UNRECOGNIZED_S * RATE_HZ)
            if self._ended:
                return
            self._unrecognized.append(sound)
            if isinstance(sound, Speech):
                self._unrecognized_samples += len(sound.samples)
            self._changed.notify_all()

    # The thread of the recogniser:

    def _recognize(self) -> None:
        try:
            while (sound := self._next_unrecognized()) is not None:
                for event in self._recognizer.push(sound, behind=bool(self._unrecognized)):
                    self._emit(event)
        finally:
            self._recognizer.close()
        self._end(ListenEnd("end"))

    def _next_unrecognized(self) -> Sound | None:
        with self._changed:
            self._changed.wait_for(lambda: self._unrecognized or self._ended)
            if self._ended:
                return None
            sound = self._unrecognized.popleft()
            if isinstance(sound, Speech):
                self._unrecognized_samples -= len(sound.samples)
            self._changed.notify_all()
            return sound

    # Both threads:

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except MakimaError as exc:
            self._end(ListenEnd("failed", exc))
        except Exception as exc:
            log.exception("listening failed")
            self._end(ListenEnd("failed", RecognitionFailed(f"Listening failed: {exc}.")))

    def _emit(self, event: ListenEvent) -> None:
        with self._changed:
            if self._ended:
                return
            if isinstance(event, SpeechEnded):
                self._over = event.utterance
            if isinstance(event, Partial):
                if event.utterance <= self._over:
                    return  # its end was found while this was computed; the final follows
                last = self._events[-1] if self._events else None
                if isinstance(last, Partial) and last.utterance == event.utterance:
                    self._events.pop()  # the newer one contains all of its words
            self._events.append(event)
            self._changed.notify_all()
            notify = self._notify
        notify()

    def _end(self, end: ListenEnd, *, drop: bool = False) -> None:
        with self._changed:
            if self._ended:
                return
            self._ended = True
            self._inbox.clear()
            self._unrecognized.clear()
            self._inbox_samples = self._unrecognized_samples = 0
            if drop:
                self._events.clear()
            self._events.append(end)
            self._changed.notify_all()
            notify = self._notify
        notify()


def _ignore() -> None:
    pass
