"""An engine without threads: what it is fed is audio at once, 40 ms of silence a character."""

from __future__ import annotations

from typing import Any

import numpy as np

from makima.engines.buffer import StreamBuffer
from makima.engines.fake import CHARACTER_SAMPLES, SAMPLE_RATE_HZ, FakeEngine
from makima.engines.protocol import SpeechRequest
from makima.errors import SynthesisFailed

BREAK = "break the engine"
"""A piece of text with this in it ends its stream as failed."""


class PromptStream(StreamBuffer):
    """Makes its audio the moment it is fed."""

    def __init__(self) -> None:
        super().__init__(SAMPLE_RATE_HZ)

    def feed(self, text: str) -> None:
        if BREAK in text:
            self.finish("failed", SynthesisFailed("As told."))
        self.put(np.zeros(len(text) * CHARACTER_SAMPLES, np.float32))

    def end_text(self) -> None:
        self.finish("end")


class PromptEngine(FakeEngine):
    loaded = True

    def open(self, request: SpeechRequest) -> Any:
        return PromptStream()

    def close(self) -> None:
        pass
