"""One utterance: text cut into sentences and pieces, which the engine's thread takes one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from makima.engines.espeak.words import SentenceWords
from makima.engines.kokoro.clauses import Boundaries, ClauseCutter, Piece
from makima.engines.kokoro.voices import Speaker
from makima.engines.protocol import SpeechRequest
from makima.engines.scheduler import Place
from makima.engines.sentences import SentenceStream
from makima.events import SpokenWord
from makima.models.kokoro.model import Stop
from makima.text.language import AUTO, guess
from makima.text.segmenter import Segmenter
from makima.text.speakable import is_speakable

FIRST_CLAUSE_CHARACTERS = 24
"""While a text is still being written, its first clause of this length is spoken before the sentence is complete."""


class KokoroStream(SentenceStream):
    """A `SpeechStream`. What its consumer calls only notes things down, and wakes the engine's thread."""

    def __init__(
        self,
        request: SpeechRequest,
        speaker: Speaker,
        sample_rate_hz: int,
        wake: Callable[[], None],
        boundaries: Boundaries,
        first_s: float,
    ) -> None:
        segmenter = Segmenter(first_clause_characters=FIRST_CLAUSE_CHARACTERS, given=request.sentences)
        super().__init__(request, sample_rate_hz, segmenter, wake)
        self.speaker = speaker
        self.place = Place(request.priority)
        self.stop = Stop()
        self.pause_s = 0.0  # before the next piece, as the last one asks for
        self._cutter = ClauseCutter(request.speed, boundaries, first_s)
        self._pieces: deque[tuple[Piece, str, SentenceWords]] = deque()
        self._spoken: tuple[Piece, SentenceWords] | None = None  # what was taken last

    def cancel(self) -> None:
        super().cancel()
        self.stop.stop()

    # For the engine's thread:

    @property
    def ready(self) -> bool:
        """Whether there is something to do for this stream now."""
        with self._lock:
            return not self.ended and not self.full and (bool(self._pieces) or self._text_ended)

    def next_piece(self) -> tuple[Piece, str] | None:
        """The next piece and its language; None where all have been spoken."""
        with self._lock:
            if not self._pieces:
                return None
            piece, language, sentence = self._pieces.popleft()
            self._spoken = piece, sentence
            return piece, language

    def placed(self, words: Iterable[SpokenWord], start_sample: int) -> tuple[SpokenWord, ...]:
        """The words of the piece that was taken last, whose sound begins there, with their places in the utterance."""
        if self._spoken is None:
            return ()
        piece, sentence = self._spoken
        return tuple(sentence.placed(word, piece.start, start_sample) for word in words)

    def _add(self, sentences: list[str]) -> None:
        for sentence in sentences:
            words = SentenceWords(sentence, self._places.place(sentence))
            text = words.spoken
            if is_speakable(text):
                language = guess(text) if self.request.language == AUTO else self.request.language
                pieces = self._cutter.cut(text, language)
                self._pieces.extend((piece, language, words) for piece in pieces if is_speakable(piece.text))
