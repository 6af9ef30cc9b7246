"""One utterance: its text is cut into sentences, which the engine's thread takes one by one."""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable

import numpy as np

from makima.engines.protocol import SpeechRequest
from makima.engines.sentences import SentenceStream
from makima.models.chatterbox.model import VoicePrompt
from makima.text.segmenter import Segmenter
from makima.text.speakable import is_speakable, without_emoji


class ChatterboxStream(SentenceStream):
    """A `SpeechStream`. The consumer's methods only store their arguments and wake the engine's thread."""

    def __init__(self, request: SpeechRequest, sample_rate_hz: int, wake: Callable[[], None]) -> None:
        segmenter = Segmenter(given=request.sentences)
        super().__init__(request, sample_rate_hz, segmenter, wake)
        self.cut = False  # a sentence was ended by its cap
        self.prompt: VoicePrompt | None = None  # kept, since the voice may be deleted while it speaks
        self._seed = secrets.randbits(62) if request.seed is None else request.seed
        self._sentences: deque[str] = deque()
        self._taken = 0

    # For the engine's thread:

    @property
    def ready(self) -> bool:
        """Whether the engine's thread can do something for this stream now."""
        with self._lock:
            return not self.full and (bool(self._sentences) or self._text_ended)

    def next_sentence(self) -> tuple[str, np.random.Generator] | None:
        """The next sentence, and the generator its tokens are sampled with; None where all have been spoken."""
        with self._lock:
            if not self._sentences:
                return None
            self._taken += 1
            return self._sentences.popleft(), np.random.default_rng((self._seed, self._taken))

    def _add(self, sentences: list[str]) -> None:
        self._sentences.extend(without_emoji(text) for text in sentences if is_speakable(text))
