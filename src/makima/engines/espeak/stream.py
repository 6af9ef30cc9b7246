"""One utterance of the embedded voice: text is cut into sentences, which are spoken one after the other."""

from __future__ import annotations

import threading
from collections import deque

import numpy as np

from makima.engines.buffer import StreamBuffer
from makima.engines.espeak.pool import Sentence, WorkerPool
from makima.engines.espeak.voices import espeak_voice
from makima.engines.espeak.words import HeldWord, SentenceWords
from makima.engines.espeak.worker_process import Piece
from makima.engines.protocol import SpeechRequest
from makima.engines.scheduler import Wait
from makima.engines.sentences import Places
from makima.errors import MakimaError
from makima.events import Samples, SpokenWord
from makima.text.language import AUTO, guess
from makima.text.segmenter import Segmenter
from makima.text.speakable import is_speakable

FIRST_CLAUSE_CHARACTERS = 24
"""The first clause of this length is spoken by itself: of many utterances that begin together, each waits less."""

CAPACITY_S = 2.0
"""Made ahead of the listener: a sentence takes milliseconds, and what is made ahead for some, others wait for."""

# espeak-ng pauses between the clauses of one request. Each clause is a request of its own here, so the pause is added
# here too. Measured on espeak-ng as the length of two clauses together less that of each alone.
_CLAUSE_PAUSE_S = {",": 0.100, "，": 0.100, "、": 0.100, ";": 0.175, "；": 0.175, ":": 0.175, "：": 0.175}
_SENTENCE_PAUSE_S = 0.250


class EspeakStream(StreamBuffer):
    """A `SpeechStream`; its consumer's half is `StreamBuffer`."""

    def __init__(self, request: SpeechRequest, pool: WorkerPool, sample_rate_hz: int) -> None:
        super().__init__(sample_rate_hz, CAPACITY_S)
        self._request = request
        self._pool = pool
        self._wait = Wait(request.on_begun)
        self._segmenter = Segmenter(first_clause_characters=FIRST_CLAUSE_CHARACTERS, given=request.sentences)
        self._places = Places()
        self._held = HeldWord() if request.word_times else None
        self._pause_s = 0.0
        self._words: SentenceWords | None = None  # of the sentence that is being spoken
        self._sentence_start_sample = 0
        self._spoken_samples = 0  # of that sentence
        self._untold: tuple[SpokenWord, ...] = ()
        self._lock = threading.Lock()
        self._sentences: deque[tuple[str, int]] = deque()  # with the place of each in the text
        self._current: Sentence | None = None
        self._text_ended = False

    def feed(self, text: str) -> None:
        with self._lock:
            if not self._text_ended:
                self._places.feed(text)
                self._add(self._segmenter.feed(text))
        self._advance()

    def end_text(self) -> None:
        with self._lock:
            if not self._text_ended:
                self._text_ended = True
                self._add(self._segmenter.flush())
        self._advance()

    def cancel(self) -> None:
        super().cancel()
        with self._lock:
            self._sentences.clear()
            current = self._current
        if current is not None:
            self._pool.cancel(current)

    def drained(self) -> None:
        self._advance()

    # Called by the pool, as its Receiver:

    def begun(self) -> None:
        self._wait.begun()

    def audio(self, piece: Piece) -> bool:
        samples = np.frombuffer(piece.pcm16, "<i2").astype(np.float32) / np.float32(32768.0)
        assert self._words is not None
        words = self._words.times(piece.words, self._sentence_start_sample)
        if self._held is None:
            return self.put(samples, words)
        start_sample = self._sentence_start_sample + self._spoken_samples
        self._spoken_samples += len(samples)
        return self._put_held(*self._held.push(samples, start_sample, words))

    def _put_held(self, samples: Samples, words: tuple[SpokenWord, ...]) -> bool:
        """Words that are told without sound wait for the next."""
        told = (*self._untold, *words)
        self._untold = () if len(samples) else told
        return self.put(samples, told)

    def done(self, error: MakimaError | None) -> None:
        if self._held is not None and error is None:
            self._put_held(*self._held.flush())
        with self._lock:
            self._current = None
        if error is not None:
            self.finish("failed", error)
        self._advance()

    def _add(self, sentences: list[str]) -> None:
        self._sentences.extend((text, self._places.place(text)) for text in sentences)

    def _advance(self) -> None:
        """Hand the next sentence to the pool, or end the stream, if the last one is done."""
        with self._lock:
            if self._current is not None or self.ended or self.full:
                return  # `done` comes again, or `drained`
            sentence = self._next_sentence()
            self._current = sentence
            finished = sentence is None and self._text_ended
            pause_s = self._pause_s
            if sentence is not None:  # else the pause is still to come, before what is not written yet
                self._pause_s = _pause_after(sentence.text)
        if sentence is not None:
            self.put(np.zeros(round(pause_s / self._request.speed * self.sample_rate_hz), np.float32))
            self._sentence_start_sample = self.total_samples
            self._spoken_samples = 0
            self._wait.ready()
            self._pool.submit(sentence)
            if self.ended:  # cancelled between the two steps, when there was nothing in the pool to cancel yet
                self._pool.cancel(sentence)
        elif finished:
            self.finish("end")

    def _next_sentence(self) -> Sentence | None:
        while self._sentences:
            text, start = self._sentences.popleft()
            if is_speakable(text):
                language = guess(text) if self._request.language == AUTO else self._request.language
                self._words = SentenceWords(text, start)
                return Sentence(
                    self._words.spoken, espeak_voice(self._request.voice, language), self, self._request.speed
                )
        return None


def _pause_after(text: str) -> float:
    return _CLAUSE_PAUSE_S.get(text.rstrip("\"'”’»)]}」』）")[-1:], _SENTENCE_PAUSE_S)
