"""What stands for an engine whose files are damaged, so that its server stays and tells what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from makima.engines.protocol import Capabilities, SpeechRequest, SpeechStream
from makima.errors import AssetError
from makima.events import OnLoading
from makima.text.language import LANGUAGES
from makima.voices.catalog import Voice

SAMPLE_RATE_HZ = 24_000


class BrokenEngine:
    """An engine that does not load."""

    loaded = False
    # As what comes with the package is loaded at start, `/ready` tells of the error from the beginning.
    capabilities = Capabilities(LANGUAGES, SAMPLE_RATE_HZ, cloning=False, text_streaming=True, model="", embedded=True)

    def __init__(self, name: str, error: AssetError, default_voice: str) -> None:
        self.name = name
        self._error = error
        self._voice = Voice(default_voice, default_voice, "English", "The engine does not load", name)

    def load(self, on_loading: OnLoading) -> None:
        """Raises: AssetError"""
        raise self._error

    def voices(self) -> Sequence[Voice]:
        return (self._voice,)

    def open(self, request: SpeechRequest) -> SpeechStream:
        """Raises: AssetError"""
        raise self._error

    def close(self) -> None:
        pass
