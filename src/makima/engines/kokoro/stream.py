"""One utterance: text cut into sentences and pieces, which the engine's thread takes one by one."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from makima.engines.kokoro.clauses import Boundaries, ClauseCutter, Piece
from makima.engines.kokoro.voices import Speaker
from makima.engines.protocol import SpeechRequest
from makima.engines.scheduler import Place
from makima.engines.sentences import SentenceStream
from makima.models.kokoro.model import Stop
from makima.text.language import AUTO, guess
from makima.text.segmenter import Segmenter
from makima.text.speakable import is_speakable, without_emoji

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
        super().__init__(sample_rate_hz, segmenter, wake)
        self.request = request
        self.speaker = speaker
        self.place = Place(request.priority)
        self.stop = Stop()
        self.pause_s = 0.0  # before the next piece, as the last one asks for
        self._cutter = ClauseCutter(request.speed, boundaries, first_s)
        self._pieces: deque[tuple[Piece, str]] = deque()

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
            return self._pieces.popleft() if self._pieces else None

    def _add(self, sentences: list[str]) -> None:
        for sentence in sentences:
            text = without_emoji(sentence)
            if is_speakable(text):
                language = guess(text) if self.request.language == AUTO else self.request.language
                pieces = self._cutter.cut(text, language)
                self._pieces.extend((piece, language) for piece in pieces if is_speakable(piece.text))
