"""Transcribes whole recordings."""

from __future__ import annotations

from collections.abc import Iterator

from makima.events import Samples
from makima.stt.listening.session import Listener
from makima.stt.listening.utterance_recognizer import UtteranceRecognizer
from makima.stt.protocol import Final, Missed

_PIECE_S = 1.0


class Transcriber:
    """Recognises recordings, one utterance after the other; blocks, from any thread."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def utterances(self, samples: Samples, rate_hz: int, language: str) -> Iterator[Final]:
        """The utterances in `samples` [S] that have words in them.

        Raises: AssetError where the recogniser does not load; RecognitionFailed
        """
        recognizer = self._listener.recognizer
        recognizer.load(lambda _: None)
        detector = self._listener.utterance_detector(rate_hz)
        utterances = UtteranceRecognizer(recognizer, language)
        piece = int(_PIECE_S * rate_hz)
        try:
            for start in range(0, len(samples) + piece, piece):
                sounds = detector.push(samples[start : start + piece]) if start < len(samples) else detector.flush()
                for sound in sounds:
                    for event in utterances.push(sound, behind=True):
                        if isinstance(event, Missed):
                            raise event.error
                        if isinstance(event, Final) and event.text:
                            yield event
        finally:
            utterances.close()

    def transcribe(self, samples: Samples, rate_hz: int, language: str) -> str:
        """The words in `samples` [S], or nothing where there are none.

        Raises: as `utterances`
        """
        return " ".join(utterance.text for utterance in self.utterances(samples, rate_hz, language))
